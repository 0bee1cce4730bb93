// Package ospipe is the transport within one tree of processes: a stream is a pipe of the kernel, whose ends can be handed
// to child processes. Nothing is copied and nothing is counted but bytes.
//
// A kernel's pipe ends in one way only: its reader sees an end of file when the last descriptor that writes is closed,
// whether the writer was done or died. So the transport holds a descriptor of its own for writing until it knows the ending,
// and says in memory which it is:
//
//   - End notes the status and closes that descriptor; the reader reads on to the kernel's end of file.
//   - Break notes the cause and leaves the descriptor open until the reader is closed, so that a process that reads never
//     sees an end of file. A Read or Write that waits in this process is woken by a deadline.
//   - A reader that is closed, or whose process died, is what the kernel tells writers by itself, with EPIPE or SIGPIPE.
//
// A stream takes two descriptors from the first Create or Open on, until both ends are closed or it is removed.
package ospipe

import (
	"context"
	"fmt"
	"io/fs"
	"sync"

	"sshell/pipes"
)

// Transport implements pipes.Transport. The zero Transport has no streams.
type Transport struct {
	mu      sync.Mutex
	streams map[string]*stream
}

// stream gives the stream of a name, for one end of it.
func (t *Transport) stream(ctx context.Context, name string) (*stream, error) {
	if err := pipes.CheckName(name); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.streams == nil {
		t.streams = map[string]*stream{}
	}
	if t.streams[name] == nil {
		t.streams[name] = newStream()
	}
	return t.streams[name], nil
}

// Create implements pipes.Transport. The Writer is a pipes.FileEnd.
func (t *Transport) Create(ctx context.Context, name string) (pipes.Writer, error) {
	s, err := t.stream(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("create stream: %w", err)
	}
	if err := s.begin(&s.created); err != nil {
		return nil, fmt.Errorf("create stream %q: %w", name, err)
	}
	w := &writer{s: s, ctx: ctx}
	w.stop = context.AfterFunc(ctx, func() { s.breakOff(&pipes.Broken{Cause: context.Cause(ctx).Error()}) })
	return w, nil
}

// Open implements pipes.Transport. The Reader is a pipes.FileEnd.
func (t *Transport) Open(ctx context.Context, name string) (pipes.Reader, error) {
	s, err := t.stream(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("open stream: %w", err)
	}
	if err := s.begin(&s.opened); err != nil {
		return nil, fmt.Errorf("open stream %q: %w", name, err)
	}
	r := &reader{s: s, ctx: ctx}
	r.stop = context.AfterFunc(ctx, s.wakeReader)
	return r, nil
}

// Break implements pipes.Transport.
func (t *Transport) Break(ctx context.Context, name string, cause *pipes.Broken) error {
	s, err := t.stream(ctx, name)
	if err != nil {
		return fmt.Errorf("break stream: %w", err)
	}
	s.breakOff(cause)
	return nil
}

// Remove implements pipes.Transport.
func (t *Transport) Remove(_ context.Context, name string) error {
	if err := pipes.CheckName(name); err != nil {
		return fmt.Errorf("remove stream: %w", err)
	}
	t.mu.Lock()
	s := t.streams[name]
	delete(t.streams, name)
	t.mu.Unlock()
	if s != nil {
		s.remove()
	}
	return nil
}

var errTaken = fmt.Errorf("this end was taken: %w", fs.ErrExist)
