package retry

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"io/fs"
	"time"

	"sshell/pipes/objstore"
)

// body is what Get returns: it goes on where it was cut.
type body struct {
	ctx    context.Context // Get's, for the body's life
	policy Policy
	key    string
	open   func() (io.ReadCloser, error) // from the beginning
	in     io.ReadCloser
	seen   hash.Hash // of the n bytes that were given
	n      int64
	tries  int // that failed since the last byte
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	for {
		n, err := b.in.Read(p)
		if n > 0 {
			b.take(p[:n])
			if err != io.EOF {
				err = nil // an error comes again
			}
			return n, err
		}
		if err == nil || err == io.EOF {
			return 0, err
		}
		for {
			b.tries++
			if !b.policy.wait(b.ctx, b.tries, err) {
				return 0, ended(b.ctx, err)
			}
			if err = b.reopen(); err == nil {
				break
			}
		}
	}
}

func (b *body) take(p []byte) {
	if b.seen == nil {
		b.seen = sha256.New()
	}
	b.seen.Write(p)
	b.n += int64(len(p))
	b.tries = 0
}

// reopen reads the object again up to where the reader stands.
func (b *body) reopen() error {
	in, err := b.open()
	if err != nil {
		return err
	}
	b.in.Close()
	b.in = in
	if b.n == 0 {
		return nil
	}
	again := sha256.New()
	n, err := io.CopyN(again, in, b.n)
	if err != nil && err != io.EOF {
		return err
	}
	if n < b.n || !bytes.Equal(again.Sum(nil), b.seen.Sum(nil)) {
		return objstore.KeyError("read", b.key, objstore.ErrChanged)
	}
	return nil
}

// Close implements io.Closer.
func (b *body) Close() error { return b.in.Close() }

// Put implements objstore.Store.
func (s *retrying) Put(ctx context.Context, key string, in io.Reader, size int64, create bool) error {
	if d, ok := in.(interface{ SetReadDeadline(time.Time) error }); ok {
		stop := context.AfterFunc(ctx, func() {
			_ = d.SetReadDeadline(time.Unix(1, 0)) // where it is not supported Read does not block for long either
		})
		defer stop()
	}
	from := &replay{in: in}
	maybe := false // it may have happened
	for n := 1; ; n++ {
		from.at = 0
		err := s.under.Put(ctx, key, from, size, create)
		if maybe && errors.Is(err, fs.ErrExist) {
			same, readErr := s.holds(ctx, key, from, size)
			if readErr != nil {
				return readErr
			}
			if same {
				return nil
			}
		}
		if from.failed != nil || from.spilt || !s.policy.wait(ctx, n, err) {
			return ended(ctx, err)
		}
		maybe = maybe || !refused(err)
	}
}

// holds reports whether the object has the bytes of a Put's body.
func (s *retrying) holds(ctx context.Context, key string, from *replay, size int64) (bool, error) {
	there, err := s.Get(ctx, key, 0, -1)
	if err != nil {
		return false, err
	}
	defer there.Close()
	from.at = 0
	ours := io.Reader(from)
	if size >= 0 {
		ours = io.LimitReader(from, size)
	}
	return sameBytes(there, ours)
}

// compareStep is how many bytes are compared at a time: few enough for a buffer, enough for a request's worth of each.
const compareStep = 64 << 10

func sameBytes(a, b io.Reader) (bool, error) {
	bufA, bufB := make([]byte, compareStep), make([]byte, compareStep)
	for {
		n, errA := io.ReadFull(a, bufA)
		m, errB := io.ReadFull(b, bufB)
		endA, endB := atEnd(errA), atEnd(errB)
		switch {
		case errA != nil && !endA:
			return false, errA
		case errB != nil && !endB:
			return false, errB
		case !bytes.Equal(bufA[:n], bufB[:m]) || endA != endB:
			return false, nil
		case endA:
			return true, nil
		}
	}
}

func atEnd(err error) bool { return err == io.EOF || err == io.ErrUnexpectedEOF }

// replay is a Put's body that can be read again from its beginning, until more than MaxReplay bytes were read.
type replay struct {
	in     io.Reader
	kept   []byte
	at     int
	spilt  bool  // more was read than is kept
	failed error // of in: what failed is the caller's
}

// Read implements io.Reader.
func (r *replay) Read(p []byte) (int, error) {
	if r.at < len(r.kept) {
		n := copy(p, r.kept[r.at:])
		r.at += n
		return n, nil
	}
	n, err := r.in.Read(p)
	if err != nil && err != io.EOF {
		r.failed = err
	}
	if r.spilt = r.spilt || len(r.kept)+n > MaxReplay; r.spilt {
		r.kept, r.at = nil, 0
	} else {
		r.kept = append(r.kept, p[:n]...)
		r.at = len(r.kept)
	}
	return n, err
}
