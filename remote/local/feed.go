package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"syscall"

	"sshell/remote"
	"sshell/remote/worker"
)

// maxPipe is how much a pipe to a task may hold: what Linux lets anybody have (fs.pipe-max-size), and enough for a
// task to read on while its feeder waits for a processor.
const maxPipe = 1 << 20

// pipeInput is the part that inputs through a pipe share.
type pipeInput struct {
	r, w *os.File
	size int64        // bytes to hand over
	at   int64        // bytes handed over; Feed's while it runs
	done atomic.Bool  // Stop was called
	next func() error // hands over some bytes, advancing at
}

// newPipeInput makes the pipe. The writing end does not block; the reading end does, as programs expect.
func newPipeInput(size int64) (*pipeInput, error) {
	r, w, err := feedPipe()
	if err != nil {
		return nil, fmt.Errorf("make pipe: %w", err)
	}
	if size > smallPipe {
		growPipe(w, min(size, maxPipe))
	}
	return &pipeInput{r: r, w: w, size: size}, nil
}

// smallPipe is what a new pipe holds, at least: on other systems than Linux it may be less.
const smallPipe = 64 << 10

func (p *pipeInput) File() *os.File { return p.r }

// Feed hands over bytes until all are with the task. A task that no longer reads is no error.
func (p *pipeInput) Feed() error {
	var err error
	for p.at < p.size && err == nil {
		err = p.next()
	}
	switch {
	case err == nil:
		return p.w.Close()
	case errors.Is(err, syscall.EPIPE), p.done.Load():
		return nil
	}
	return err
}

// Stop makes Feed return.
func (p *pipeInput) Stop() {
	p.done.Store(true)
	p.w.Close()
}

// End says how much was handed over.
func (p *pipeInput) End() (int64, error) { return p.at, nil }

// newInline gives a task bytes that came with it.
func newInline(data []byte) (worker.Input, error) {
	p, err := newPipeInput(int64(len(data)))
	if err != nil {
		return nil, err
	}
	p.next = func() error {
		n, err := p.w.Write(data[p.at:])
		p.at += int64(n)
		return err
	}
	return p, nil
}

// chunk is a byte range of an object as a task's input.
type chunk struct {
	*pipeInput
	objects *objects
	object  *object
	start   int64
	copying bool // the system cannot move pages from this file to a pipe
	buf     []byte
}

// openChunk opens the range that a task reads.
func (r *Runner) openChunk(ctx context.Context, t *remote.Task) (worker.Input, error) {
	in := t.Input
	if in.Start < 0 || in.End < in.Start {
		return nil, fmt.Errorf("no range: [%d, %d)", in.Start, in.End)
	}
	if far, ok, err := r.openRange(ctx, in); ok || err != nil {
		return far, err
	}
	b, err := r.objects.get(ctx, t)
	if err != nil {
		return nil, err
	}
	if in.Start == 0 {
		if f, ok := reopen(b.file, in.End); ok {
			return &whole{objects: r.objects, object: b, file: f, size: in.End}, nil
		}
	}
	p, err := newPipeInput(in.End - in.Start)
	if err != nil {
		r.objects.put(b)
		return nil, err
	}
	c := &chunk{pipeInput: p, objects: r.objects, object: b, start: in.Start}
	p.next = c.next
	return c, nil
}

// copyBlock is how much is copied at a time where pages cannot be moved.
const copyBlock = 128 << 10

// next moves some of the range into the pipe.
func (c *chunk) next() error {
	from, n := c.start+c.at, c.size-c.at
	if !c.copying {
		moved, err := splice(c.w, c.object.file, from, min(n, maxPipe))
		if err != errNoSplice {
			c.at += moved
			return c.short(moved, err)
		}
		c.copying, c.buf = true, make([]byte, copyBlock)
	}
	got, err := c.object.file.ReadAt(c.buf[:min(n, copyBlock)], from)
	if got == 0 {
		if err == io.EOF {
			err = nil
		}
		return c.short(0, bare(err))
	}
	put, err := c.w.Write(c.buf[:got])
	c.at += int64(put)
	return err
}

// short turns the end of a file that should go on into an error.
func (c *chunk) short(n int64, err error) error {
	if n > 0 || errors.Is(err, syscall.EPIPE) {
		return err
	}
	if err == nil {
		err = fmt.Errorf("ends at byte %d, before %d: it was cut short while it was read", c.start+c.at, c.start+c.size)
	}
	return fmt.Errorf("read %s: %w", c.object.key.name, err)
}

// End gives the object back.
func (c *chunk) End() (int64, error) {
	c.objects.put(c.object)
	return c.at, nil
}

// whole is a chunk that is all of a file: the task gets the file itself, and may seek in it.
type whole struct {
	objects *objects
	object  *object
	file    *os.File
	size    int64
}

func (w *whole) File() *os.File { return w.file }
func (w *whole) Feed() error    { return nil }
func (w *whole) Stop()          {}

// End looks whether the file was whole to the end.
func (w *whole) End() (int64, error) {
	defer w.objects.put(w.object)
	st, err := w.object.file.Stat()
	if err == nil && st.Size() < w.size {
		err = fmt.Errorf("ends at byte %d, before %d: it was cut short while it was read", st.Size(), w.size)
	}
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", w.object.key.name, bare(err))
	}
	return w.size, nil
}
