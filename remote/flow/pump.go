package flow

import (
	"context"
	"errors"
	"os"
	"sync"
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
//
// A goroutine that waits for the pipe costs the turns of two threads. So a pump has none at first: what a process writes that
// ends soon, and it mostly fits into the pipe, is moved when it has ended.
type pump struct {
	w   *os.File // the processes' end
	fd  int      // the other
	to  drain
	n   int64 // bytes that were moved
	err error // of the drain

	mu   sync.Mutex
	r    *os.File      // fd, once run has begun
	done chan struct{} // nil before; closed when run has ended
}

// soon is how long a pump waits for the end of a process before it begins to move what that writes. Output is no later than
// that, and a command that fills its pipe at once stands still so long, once.
const soon = 5 * time.Millisecond

// newPump makes a pipe and begins to move what is written to it, soon or at once.
func newPump(to drain, atOnce bool) (*pump, error) {
	fd, w, err := newPipe()
	if err != nil {
		return nil, err
	}
	p := &pump{w: w, fd: fd, to: to}
	if atOnce {
		p.run()
	} else {
		lateness.add(p)
	}
	return p, nil
}

// run moves what comes, in a goroutine of its own.
func (p *pump) run() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.done != nil || p.fd < 0 {
		return
	}
	p.r, p.done = os.NewFile(uintptr(p.fd), "pipe"), make(chan struct{})
	go p.move()
}

func (p *pump) move() {
	defer close(p.done)
	conn, err := p.r.SyscallConn()
	if err != nil {
		p.err = err
		return
	}
	err = conn.Read(func(fd uintptr) bool { return p.takeAll(int(fd)) })
	if p.err == nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		p.err = err
	}
	if p.err != nil {
		p.r.Close() // so that who still writes learns that nobody reads, and does not wait
	}
}

// takeAll moves what is there, and reports whether that was all that will ever come.
func (p *pump) takeAll(fd int) bool {
	for {
		n, err := p.to.take(fd)
		p.n += n
		switch {
		case err == unix.EAGAIN:
			return false
		case err != nil || n == 0:
			p.err = err
			return true
		}
	}
}

// end waits for the end of what is written and returns the drain's error. Processes that were stopped may have left
// others that hold the pipe: then only what is there already counts.
func (p *pump) end(ctx context.Context, stopped bool) error {
	p.w.Close()
	if !p.endSoon() {
		p.await(ctx, stopped)
	}
	if lines, ok := p.to.(*lineDrain); ok && p.err == nil {
		return lines.flush()
	}
	return p.err
}

// endSoon moves what was written, unless that has begun already. It reports whether that was all.
func (p *pump) endSoon() bool {
	if !lateness.remove(p) {
		p.run() // that call may be under way
		return false
	}
	if !p.takeAll(p.fd) {
		p.run()
		return false
	}
	unix.Close(p.fd)
	p.fd = -1
	return true
}

// await waits for the goroutine.
func (p *pump) await(ctx context.Context, stopped bool) {
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
}
