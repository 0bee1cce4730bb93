package lambda

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"syscall"

	"sshell/pipes"
	"sshell/remote"
)

// output is one output of a call, on its way to a descriptor. It comes with the response, until that says that the rest is a
// stream.
type output struct {
	name  string
	to    *os.File // nil for one that nobody wants
	know  sync.Once
	over  atomic.Bool // nobody takes any more
	heard atomic.Bool // something came

	drop     context.CancelFunc
	answered chan struct{} // closed when it is known whether there is a stream
	done     chan struct{}
	err      error // set before done is closed
	left     bool  // the reader has left, before there was a stream
	failed   error // of what came with the response; take's until that has ended
}

func newOutput(name string, to *os.File) *output {
	return &output{name: name, to: to, answered: make(chan struct{}), done: make(chan struct{})}
}

// sameFile reports whether two outputs go to one place, where only one stream keeps their order.
func sameFile(a, b *os.File) bool {
	if a == nil || b == nil {
		return a == b
	}
	x, err1 := a.Stat()
	y, err2 := b.Stat()
	return a == b || err1 == nil && err2 == nil && os.SameFile(x, y)
}

// start reads the stream when there is one, and hear has told the function so.
func (o *output) start(ctx context.Context, t pipes.Transport, hear func(context.Context) error) {
	ctx, o.drop = context.WithCancel(ctx)
	go func() {
		defer close(o.done)
		<-o.answered
		if ctx.Err() != nil {
			return
		}
		if o.err = hear(ctx); o.err == nil {
			o.err = o.receive(ctx, t)
		}
	}()
}

// expect says that it is known whether there is a stream.
func (o *output) expect() { o.know.Do(func() { close(o.answered) }) }

// receive copies the stream to the descriptor.
func (o *output) receive(ctx context.Context, t pipes.Transport) error {
	r, err := t.Open(ctx, o.name)
	if err != nil {
		return fmt.Errorf("read output: %w: %w", err, remote.ErrLost)
	}
	for buf := make([]byte, blockSize); ; {
		n, err := r.Read(buf)
		if n > 0 {
			if werr := o.write(buf[:n]); werr != nil {
				return errors.Join(hide(werr), r.Close())
			}
		}
		switch {
		case err == io.EOF:
			return r.Close()
		case ctx.Err() != nil:
			return nil // not closed: nobody is told that the stream is unwanted
		case err != nil:
			return errors.Join(fmt.Errorf("read output: %w: %w", err, remote.ErrLost), r.Close())
		}
	}
}

func (o *output) write(p []byte) error {
	o.heard.Store(true)
	if o.to == nil {
		return nil
	}
	if _, err := o.to.Write(p); err != nil {
		return fmt.Errorf("write output: %w", err)
	}
	return nil
}

// hide is err, or nil when it says that a reader has left: the command learns that by its own write.
func hide(err error) error {
	if errors.Is(err, syscall.EPIPE) {
		return nil
	}
	return err
}

// finish completes the output. Without an answer there is no more to come.
func (o *output) finish(answered bool, out Output) error {
	o.over.Store(!answered)
	if answered && out.Streamed {
		o.expect()
		<-o.done
		o.drop()
		return o.err
	}
	o.drop()
	o.expect()
	<-o.done
	return o.failed
}

// take passes on what comes with the response. It reports when nobody reads any more; what comes after that, or after
// another error, is dropped.
func (o *output) take(p []byte) (left bool) {
	if o.over.Load() || o.left || o.failed != nil {
		return false
	}
	err := o.write(p)
	o.left, o.failed = errors.Is(err, syscall.EPIPE), hide(err)
	return o.left
}
