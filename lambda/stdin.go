package lambda

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"sshell/pipes"
	"sshell/remote"
)

// inlineWait is how long the end of standard input is waited for before it becomes a stream: most small inputs are
// written by a command that starts with us and is done in a few milliseconds.
const inlineWait = 20 * time.Millisecond

// blockSize is how much is copied at a time: a kernel pipe's worth.
const blockSize = 64 << 10

// stdin is the standard input of a call, as a stream of the transport.
type stdin struct {
	from *os.File
	head []byte // was read before
	name string

	woken, wake *os.File // a pipe that ends a wait for from
	drop        context.CancelFunc
	done        chan struct{}
	err         error // set before done is closed
}

// openStdin reads what there is. All of it becomes part of the task, or c.stdin sends it.
func (c *call) openStdin(ctx context.Context, f *os.File, t *remote.Task, req *Request) error {
	if f == nil || isTerminal(f) {
		t.Input = remote.Input{}
		return nil
	}
	in := &stdin{from: f, name: c.stream(0), done: make(chan struct{})}
	var err error
	if in.woken, in.wake, err = os.Pipe(); err != nil {
		return err
	}
	all, err := in.peek(ctx)
	if all || err != nil {
		in.close()
		t.Input = remote.Input{Kind: remote.InlineInput, Inline: in.head, File: t.Input.File}
		c.given = &t.Input
		return err
	}
	c.stdin, req.Stdin = in, in.name
	return nil
}

// isTerminal reports whether a file is a terminal: only those have a size in characters.
func isTerminal(f *os.File) bool {
	conn, err := f.SyscallConn()
	if err != nil {
		return false
	}
	is := false
	err = conn.Control(func(fd uintptr) {
		_, err := unix.IoctlGetWinsize(int(fd), unix.TIOCGWINSZ)
		is = err == nil
	})
	return err == nil && is
}

// peek reads up to InlineMax bytes for a short time, and reports whether they are all.
func (in *stdin) peek(ctx context.Context) (all bool, err error) {
	buf := make([]byte, InlineMax+1)
	n, end := 0, time.Now().Add(inlineWait)
	for n < len(buf) && ctx.Err() == nil {
		ready, err := in.wait(max(0, time.Until(end)))
		if err != nil {
			return false, err
		}
		if !ready {
			break
		}
		m, err := in.from.Read(buf[n:])
		n += m
		in.head = buf[:n]
		if err == io.EOF && n <= InlineMax {
			return true, nil
		}
		if err != nil && err != io.EOF {
			return false, err
		}
	}
	in.head = buf[:n]
	return false, nil
}

// wait waits until there is something to read; a negative time is for ever. It reports false when the time is up or
// stop was called.
func (in *stdin) wait(d time.Duration) (bool, error) {
	from, err := fdOf(in.from)
	if err != nil {
		return false, err
	}
	woken, err := fdOf(in.woken)
	if err != nil {
		return false, err
	}
	ms := -1
	if d >= 0 {
		ms = int((d + time.Millisecond - 1) / time.Millisecond)
	}
	fds := []unix.PollFd{{Fd: from, Events: unix.POLLIN}, {Fd: woken, Events: unix.POLLIN}}
	for {
		_, err := unix.Poll(fds, ms)
		if err == unix.EINTR {
			continue
		}
		return err == nil && fds[0].Revents != 0 && fds[1].Revents == 0, err
	}
}

// fdOf gives the number of a file's descriptor, leaving it as it is: Fd would make it block.
func fdOf(f *os.File) (int32, error) {
	conn, err := f.SyscallConn()
	if err != nil {
		return 0, err
	}
	var n int32
	err = conn.Control(func(fd uintptr) { n = int32(fd) })
	return n, err
}

// start sends the input beside the invocation.
func (in *stdin) start(ctx context.Context, t pipes.Transport) {
	ctx, in.drop = context.WithCancel(ctx)
	go func() {
		defer close(in.done)
		in.err = in.send(ctx, t)
	}()
}

// send copies the input to the stream. A reader that left is no error.
func (in *stdin) send(ctx context.Context, t pipes.Transport) error {
	w, err := t.Create(ctx, in.name)
	if err != nil {
		return in.unlessLeft(ctx, err)
	}
	defer w.Break(&pipes.Broken{Cause: "standard input was not sent to its end"})
	if _, err := w.Write(in.head); err != nil {
		return in.unlessLeft(ctx, err)
	}
	for buf := make([]byte, blockSize); ; {
		ready, err := in.wait(-1)
		if err != nil || !ready {
			return err
		}
		n, err := in.from.Read(buf)
		if n > 0 {
			if _, err := w.Write(buf[:n]); err != nil {
				return in.unlessLeft(ctx, err)
			}
		}
		if err == io.EOF {
			return in.unlessLeft(ctx, w.End(0))
		}
		if err != nil {
			w.Break(&pipes.Broken{Cause: "read standard input: " + err.Error()})
			return err
		}
	}
}

// unlessLeft is err, or nil when it only says that nobody reads any more.
func (in *stdin) unlessLeft(ctx context.Context, err error) error {
	if errors.Is(err, pipes.ErrReaderGone) || ctx.Err() != nil {
		return nil
	}
	return err
}

// stop ends the sending.
func (in *stdin) stop() {
	in.drop()
	in.wake.Close()
	<-in.done
	in.close()
}

func (in *stdin) close() {
	in.wake.Close()
	in.woken.Close()
}
