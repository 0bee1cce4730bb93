package objpipe

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"sync"
	"time"

	"sshell/pipes"
)

type reader struct {
	*requests
	t    *Transport
	name string
	ctx  context.Context // as pipes.Transport.Open says, for its life

	asking context.Context // of requests for blocks
	stop   context.CancelFunc
	unhook func() bool

	mu      sync.Mutex
	changed sync.Cond
	closed  bool
	atEnd   bool  // Read has returned io.EOF
	err     error // what Read returns instead of more, for good

	current *block // that Read gives out
	rest    []byte // of its payload
	next    uint64 // number of the block after it

	writer uint64 // the token of the last block that came, or of the writer's mark before there was one; 0 for neither
	ready  map[uint64]*block
	asked  map[uint64]bool
	timer  *time.Timer // until which nothing is asked for; nil for none
	busy   int         // requests under way
	arrival
}

// Open implements pipes.Transport.
func (t *Transport) Open(ctx context.Context, name string) (pipes.Reader, error) {
	q, err := t.begin(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("open stream: %w", err)
	}
	r := &reader{requests: q, t: t, name: name, ctx: ctx, ready: map[uint64]*block{}, asked: map[uint64]bool{}}
	r.changed.L = &r.mu
	r.asking, r.stop = context.WithCancel(ctx)
	t.join(name, func(e *ends) { e.readers[r] = true })
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unhook = context.AfterFunc(ctx, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.finish()
	})
	r.ask()
	return r, nil
}

// Expect implements pipes.Expecter.
func (r *reader) Expect(within time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.begun = time.Now().Add(within)
}

// Read implements pipes.Reader.
func (r *reader) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		switch {
		case r.atEnd:
			return 0, io.EOF
		case r.closed:
			return 0, fs.ErrClosed
		case r.ctx.Err() != nil:
			return 0, r.ctx.Err()
		case r.err != nil:
			return 0, r.err
		}
		if len(r.rest) > 0 {
			n := copy(p, r.rest)
			r.rest = r.rest[n:]
			r.bytes.Add(int64(n))
			return n, nil
		}
		if last := r.current; last != nil && last.flags&flagLast != 0 && len(p) > 0 {
			r.atEnd = true
			r.finish()
			continue
		}
		if r.take() {
			continue
		}
		if len(p) == 0 {
			return 0, nil
		}
		r.changed.Wait()
	}
}

// take begins the next block if it is here, or the ending that it is.
func (r *reader) take() bool {
	b := r.ready[r.next]
	if b == nil {
		return false
	}
	delete(r.ready, r.next)
	if r.current != nil {
		r.current.recycle()
	}
	r.current, r.rest = b, b.payload
	r.next++
	if broken := b.broken(); broken != nil {
		r.err, r.rest = broken, nil
		r.finish()
		return true
	}
	r.ask()
	return true
}

// fail breaks the stream for this reader only.
func (r *reader) fail(cause *pipes.Broken) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil && !r.atEnd {
		r.err = cause
		r.finish()
	}
	for r.busy > 0 {
		r.changed.Wait()
	}
}

// finish ends all that is under way.
func (r *reader) finish() {
	r.stop()
	r.unhook()
	r.t.leave(r.name, nil, r)
	if r.timer != nil {
		r.timer.Stop()
		r.timer = nil
	}
	r.changed.Broadcast()
}

// Close implements pipes.Reader. Unless the stream's ending has come it costs a request that stores the mark.
func (r *reader) Close() error {
	if !r.close() {
		return nil
	}
	mark := make([]byte, headerSize)
	setHeader(mark, 0, 0, r.token, 0)
	if w := r.t.writerHere(r.name); w != nil {
		w.readerGone()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.ctx), lastWord)
	defer cancel()
	if err := r.put(ctx, goneMark, mark, false); err != nil {
		return fmt.Errorf("close stream %q: tell its writer: %w", r.name, err)
	}
	return nil
}

// close reports whether the writer is to be told.
func (r *reader) close() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false
	}
	r.closed = true
	r.finish()
	for r.busy > 0 {
		r.changed.Wait()
	}
	tell := r.err == nil && !r.endHere()
	for _, b := range r.ready {
		b.recycle()
	}
	clear(r.ready)
	if r.current != nil && !r.atEnd && r.current.flags == 0 {
		r.current.recycle()
	}
	r.rest = nil
	return tell
}

// endHere reports whether the stream's ending has come, read or not.
func (r *reader) endHere() bool {
	if r.current != nil && r.current.ends() {
		return true
	}
	for n := r.next; r.ready[n] != nil; n++ {
		if r.ready[n].ends() {
			return true
		}
	}
	return false
}

// Status implements pipes.Reader.
func (r *reader) Status() (int, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.atEnd {
		return 0, false
	}
	return int(r.current.status), true
}
