package flow

import (
	"context"
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// drain is where a pump moves bytes to.
type drain interface {
	// take moves what there is in the pipe from, which does not block, and returns how much. 0 is the pipe's end;
	// EAGAIN says that it is empty for now.
	take(from int) (int64, error)
}

// pump moves what the processes of an attempt write to a pipe. It ends when the last of them has closed the pipe, as any
// reader of a pipe does.
type pump struct {
	w    *os.File // the processes' end
	r    *os.File
	to   drain
	n    int64 // bytes that were moved
	err  error // of the drain
	done chan struct{}
}

// startPump makes a pipe and starts to move what is written to it.
func startPump(to drain) (*pump, error) {
	r, w, err := newPipe()
	if err != nil {
		return nil, err
	}
	p := &pump{w: w, r: r, to: to, done: make(chan struct{})}
	go p.run()
	return p, nil
}

func (p *pump) run() {
	defer close(p.done)
	conn, err := p.r.SyscallConn()
	if err != nil {
		p.err = err
		return
	}
	err = conn.Read(func(fd uintptr) bool {
		for {
			n, err := p.to.take(int(fd))
			p.n += n
			switch {
			case err == unix.EAGAIN:
				return false
			case err != nil || n == 0:
				p.err = err
				return true
			}
		}
	})
	if p.err == nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		p.err = err
	}
}

// end waits for the end of what is written and returns the drain's error. Processes that were stopped may have left
// others that hold the pipe: then only what is there already counts.
func (p *pump) end(ctx context.Context, stopped bool) error {
	p.w.Close()
	if !stopped {
		select {
		case <-p.done:
		case <-ctx.Done():
			stopped = true
		}
	}
	if stopped {
		p.r.SetReadDeadline(time.Unix(1, 0))
	}
	<-p.done
	p.r.Close()
	if lines, ok := p.to.(*lineDrain); ok && p.err == nil {
		return lines.flush()
	}
	return p.err
}
