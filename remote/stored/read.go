package stored

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"sync"

	"sshell/pipes/objstore"
	"sshell/remote"
)

const (
	// smallPiece is how large a piece is at most, in bytes, that is read before its turn: below it the request takes longer
	// than the bytes, which come with 100 MB/s from S3 after 10 to 20 ms.
	smallPiece = 1 << 20
	// aheadMax is how many of them are, or wait: with 16 the requests hide behind each other and hold 16 MiB.
	aheadMax = 16
)

// reader gives the bytes of pieces.
type reader struct {
	ctx     context.Context
	stop    context.CancelFunc
	buckets objstore.Buckets
	queue   chan *turn
	fetches sync.WaitGroup

	body io.ReadCloser // of the piece whose turn it is, nil between two
	now  *turn
	left int64 // bytes that must follow of it, negative where nobody knows
	err  error
}

// turn is one piece, whose bytes may be here already.
type turn struct {
	remote.Piece
	ready chan struct{} // closed when data and err are there; nil for a piece that is opened in its turn
	data  []byte
	err   error
}

// Open returns the bytes of the pieces that next gives, one after the other, up to io.EOF; an object that is shorter than its
// piece is an error. next is called by one goroutine, ahead of the bytes that are read, and must return when ctx ends or
// soon after Close.
func Open(ctx context.Context, b objstore.Buckets, next func() (remote.Piece, error)) io.ReadCloser {
	ctx, stop := context.WithCancel(ctx)
	r := &reader{ctx: ctx, stop: stop, buckets: b, queue: make(chan *turn, aheadMax)}
	r.fetches.Go(func() { r.plan(next) })
	return r
}

// Each gives pieces as Open takes them.
func Each(pieces []remote.Piece) func() (remote.Piece, error) {
	return func() (remote.Piece, error) {
		if len(pieces) == 0 {
			return remote.Piece{}, io.EOF
		}
		p := pieces[0]
		pieces = pieces[1:]
		return p, nil
	}
}

// plan queues pieces, and begins to fetch the small ones.
func (r *reader) plan(next func() (remote.Piece, error)) {
	defer close(r.queue)
	for {
		p, err := next()
		if err == io.EOF {
			return
		}
		t := &turn{Piece: p, err: err}
		if n := p.End - p.Start; err == nil && p.End >= 0 && n <= smallPiece {
			t.ready = make(chan struct{})
			r.fetches.Go(func() {
				defer close(t.ready)
				t.data, t.err = r.fetch(t)
			})
		}
		select {
		case r.queue <- t:
		case <-r.ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

func (r *reader) open(t *turn) (io.ReadCloser, error) {
	s, key, err := find(r.ctx, r.buckets, t.Object)
	if err != nil {
		return nil, err
	}
	n := int64(-1)
	if t.End >= 0 {
		n = t.End - t.Start
	}
	body, err := s.Get(r.ctx, key, t.Start, n)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.Object, err)
	}
	return body, nil
}

func (r *reader) fetch(t *turn) ([]byte, error) {
	body, err := r.open(t)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	data := bytes.NewBuffer(make([]byte, 0, t.End-t.Start))
	if _, err := io.Copy(data, body); err != nil {
		return nil, fmt.Errorf("%s: %w", t.Object, err)
	}
	return data.Bytes(), nil
}

// Read implements io.Reader.
func (r *reader) Read(p []byte) (int, error) {
	for r.err == nil {
		if r.body == nil {
			r.err = r.begin()
			continue
		}
		n, err := r.body.Read(p)
		if r.left >= 0 {
			r.left -= int64(n)
		}
		switch {
		case err == io.EOF && r.left > 0:
			r.err = fmt.Errorf("%s: ends %d bytes early: %w", r.now.Object, r.left, io.ErrUnexpectedEOF)
		case err == io.EOF:
			r.body.Close()
			r.body = nil
		case err != nil:
			r.err = fmt.Errorf("%s: %w", r.now.Object, err)
		}
		if n > 0 {
			return n, nil
		}
	}
	return 0, r.err
}

// begin goes on to the next piece.
func (r *reader) begin() error {
	var t *turn
	select {
	case t = <-r.queue:
	case <-r.ctx.Done():
		return r.ctx.Err()
	}
	if t == nil && r.ctx.Err() != nil {
		return r.ctx.Err()
	}
	if t == nil {
		return io.EOF
	}
	r.now, r.left = t, -1
	if t.End >= 0 {
		r.left = t.End - t.Start
	}
	if t.ready == nil {
		if t.err != nil {
			return t.err
		}
		var err error
		r.body, err = r.open(t)
		return err
	}
	<-t.ready
	r.body = io.NopCloser(bytes.NewReader(t.data))
	return t.err
}

// Close implements io.Closer. It may be called beside Read, which fails then.
func (r *reader) Close() error {
	r.stop()
	return nil
}

// Wait returns when a closed reader does nothing any more.
func (r *reader) Wait() { r.fetches.Wait() }
