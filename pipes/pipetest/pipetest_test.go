package pipetest

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"sync"
	"testing"

	"sshell/pipes"
)

// stored is the simplest transport that keeps its streams, so that the suite's cases for those, and its bubble, run too. As
// over an object store a writer never waits.
type stored struct {
	mu      sync.Mutex
	streams map[string]*stream
}

type stream struct {
	mu      sync.Mutex
	changed chan struct{} // closed and made again at each change
	created bool
	data    []byte
	ended   bool
	status  int
	broken  *pipes.Broken
	gone    bool
}

func (t *stored) stream(ctx context.Context, name string) (*stream, error) {
	if err := pipes.CheckName(name); err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.streams == nil {
		t.streams = map[string]*stream{}
	}
	if t.streams[name] == nil {
		t.streams[name] = &stream{changed: make(chan struct{})}
	}
	return t.streams[name], ctx.Err()
}

// change does f with the stream locked and tells all who wait.
func (s *stream) change(f func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() {
		close(s.changed)
		s.changed = make(chan struct{})
	}()
	return f()
}

func (s *stream) breakOff(cause *pipes.Broken, evenEnded bool) {
	s.change(func() error {
		if s.broken == nil && (!s.ended || evenEnded) {
			s.broken = cause
		}
		return nil
	})
}

func (t *stored) Replays() {}

func (t *stored) Create(ctx context.Context, name string) (pipes.Writer, error) {
	s, err := t.stream(ctx, name)
	if err != nil {
		return nil, err
	}
	err = s.change(func() error {
		if s.created {
			return fmt.Errorf("create %q: %w", name, fs.ErrExist)
		}
		s.created = true
		return nil
	})
	return &writer{s: s, ctx: ctx}, err
}

func (t *stored) Open(ctx context.Context, name string) (pipes.Reader, error) {
	s, err := t.stream(ctx, name)
	return &reader{s: s, ctx: ctx}, err
}

func (t *stored) Break(ctx context.Context, name string, cause *pipes.Broken) error {
	s, err := t.stream(ctx, name)
	if err == nil {
		s.breakOff(cause, false)
	}
	return err
}

func (t *stored) Remove(ctx context.Context, name string) error {
	s, err := t.stream(ctx, name)
	if err == nil {
		s.breakOff(&pipes.Broken{Cause: "removed"}, true)
		t.mu.Lock()
		delete(t.streams, name)
		t.mu.Unlock()
	}
	return err
}

type writer struct {
	s     *stream
	ctx   context.Context
	bytes int64
}

func (w *writer) Write(p []byte) (n int, err error) {
	err = w.s.change(func() error {
		switch {
		case w.s.ended:
			return fs.ErrClosed
		case w.ctx.Err() != nil:
			return w.ctx.Err()
		case w.s.broken != nil:
			return w.s.broken
		case w.s.gone:
			return pipes.ErrReaderGone
		}
		w.s.data = append(w.s.data, p...)
		n = len(p)
		return nil
	})
	w.bytes += int64(n)
	return n, err
}

func (w *writer) End(status int) error {
	return w.s.change(func() error {
		if err := w.ctx.Err(); err != nil && !w.s.ended && w.s.broken == nil {
			w.s.broken = &pipes.Broken{Cause: err.Error()}
		}
		switch {
		case w.s.ended:
			return nil
		case w.s.broken != nil:
			return w.s.broken
		}
		w.s.ended, w.s.status = true, status
		return nil
	})
}

func (w *writer) Break(cause *pipes.Broken) { w.s.breakOff(cause, false) }
func (w *writer) Stats() pipes.Stats        { return pipes.Stats{Bytes: w.bytes} }

type reader struct {
	s      *stream
	ctx    context.Context
	at     int
	closed bool
	atEnd  bool
}

func (r *reader) Read(p []byte) (int, error) {
	for {
		r.s.mu.Lock()
		n, err := r.take(p)
		changed := r.s.changed
		r.s.mu.Unlock()
		if n > 0 || err != nil || len(p) == 0 {
			return n, err
		}
		select {
		case <-changed:
		case <-r.ctx.Done():
		}
	}
}

func (r *reader) take(p []byte) (int, error) {
	switch {
	case r.atEnd:
		return 0, io.EOF
	case r.closed:
		return 0, fs.ErrClosed
	case r.ctx.Err() != nil:
		return 0, r.ctx.Err()
	case r.s.broken != nil:
		return 0, r.s.broken
	case r.s.ended && r.at == len(r.s.data):
		r.atEnd = true
		return 0, io.EOF
	}
	n := copy(p, r.s.data[r.at:])
	r.at += n
	return n, nil
}

func (r *reader) Close() error {
	return r.s.change(func() error {
		r.closed = true
		r.s.gone = r.s.gone || !r.atEnd
		return nil
	})
}

func (r *reader) Status() (int, bool) {
	if !r.atEnd {
		return 0, false
	}
	return r.s.status, true
}

func (r *reader) Stats() pipes.Stats { return pipes.Stats{Bytes: int64(r.at)} }

func TestStored(t *testing.T) {
	Run(t, Config{Virtual: true, Open: func(*testing.T) pipes.Transport { return new(stored) }})
}

func TestStoredInRealTime(t *testing.T) {
	Run(t, Config{Open: func(*testing.T) pipes.Transport { return new(stored) }})
}
