package agent

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"sshell/interp/plan"
)

// reply is what a call hears: the agent's answer, or why there is none.
type reply struct {
	*answer
	err error
}

// link is one agent, from before its start to after its end.
type link struct {
	settings string
	stopTime time.Duration
	stuck    atomic.Bool   // it did not stop a segment in stopTime
	ready    chan struct{} // closed when it takes segments, or is known never to
	gone     chan struct{} // closed when its process has ended and every call has its reply

	mu      sync.Mutex
	socket  *conn // nil before ready
	err     error // why there will be no more answers
	calls   map[uint64]chan reply
	last    uint64
	retired bool
}

func newLink(settings string, stopTime time.Duration) *link {
	return &link{settings: settings, stopTime: stopTime, ready: make(chan struct{}), gone: make(chan struct{}), calls: make(map[uint64]chan reply)}
}

// begin registers a call, which will hear a reply; nil if the agent takes no more.
func (l *link) begin() (id uint64, heard <-chan reply) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil || l.retired {
		return 0, nil
	}
	l.last++
	c := make(chan reply, 1)
	l.calls[l.last] = c
	return l.last, c
}

// end takes a call out, and hangs up if it was a retired agent's last.
func (l *link) end(id uint64) chan reply {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.calls[id]
	delete(l.calls, id)
	l.leave()
	return c
}

// retire gives the agent no more calls: it ends after those that it has.
func (l *link) retire() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.retired = true
	l.leave()
}

// leave hangs up if nobody needs the agent any more. One that is not ready yet is left to greet.
func (l *link) leave() {
	if l.retired && len(l.calls) == 0 && l.socket != nil {
		l.socket.hangUp()
	}
}

// fail ends the link: every call hears err, but for those that have an answer. The first error counts.
func (l *link) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return
	}
	l.err = err
	for id, c := range l.calls {
		c <- reply{err: err}
		delete(l.calls, id)
	}
	if l.socket == nil {
		close(l.ready)
	}
}

// call sends what a call is about and waits for its reply. An error that wraps errCut says that the agent did not get it.
func (l *link) call(ctx context.Context, k kind, id uint64, heard <-chan reply, body []byte, files []*os.File) (*answer, error) {
	select {
	case <-l.ready:
	case r := <-heard:
		return r.answer, r.err
	case <-ctx.Done():
		l.end(id)
		return nil, ctx.Err()
	}
	l.mu.Lock()
	socket, err := l.socket, l.err
	l.mu.Unlock()
	if socket == nil {
		return nil, err
	}
	if err := socket.send(k, id, body, files); err != nil {
		l.end(id)
		if errors.Is(err, errCut) {
			l.retire()
		}
		return nil, fmt.Errorf("agent: send segment: %w", err)
	}
	select {
	case r := <-heard:
		return r.answer, r.err
	case <-ctx.Done():
	}
	// An error means that the agent has gone, which the call hears too.
	_ = socket.send(kindCancel, id, nil, nil)
	patience := time.AfterFunc(l.stopTime, func() {
		l.stuck.Store(true)
		socket.hangUp()
	})
	defer patience.Stop()
	r := <-heard
	return r.answer, r.err
}

// live starts the agent and stays with it until it has ended. The kernel tells the agent of the end of the thread that
// started it, so this one must live as long.
func (l *link) live(cfg *Config, env []string, dir string) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(l.gone)
	p, err := cfg.start(env, dir)
	if err != nil {
		l.fail(err)
		return
	}
	defer p.socket.close()
	said := make(chan string, 1)
	go func() { said <- lastWords(p.stderr) }()
	heard := make(chan error, 1)
	go func() {
		err := l.hear(cfg, p)
		p.socket.hangUp()
		after := time.Duration(killAfter)
		if errors.Is(err, errRefused) || l.stuck.Load() {
			after = 0
		}
		late := time.AfterFunc(after, func() { _ = p.process.Kill() }) // it fails for one that has ended
		defer late.Stop()
		heard <- err
		<-l.gone
	}()
	state, err := p.process.Wait()
	how := ""
	if err == nil {
		how = state.String()
	} else {
		how = err.Error()
	}
	p.socket.hearOnly(hearGrace)
	_ = p.stderr.SetReadDeadline(time.Now().Add(hearGrace))
	l.fail(p.obituary(<-heard, l.greeted(), how, <-said))
}

// greeted reports whether the agent said hello as it should.
func (l *link) greeted() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.socket != nil
}

const (
	// killAfter is how long an agent may go on after either end has hung up: it gives its segments partingTime.
	killAfter = partingTime + 5*time.Second
	// hearGrace is how long, after the agent has ended, its last words may take to arrive. They are there: only a process
	// that it left behind with its standard error could hold them up.
	hearGrace = time.Second
)

// hear greets the agent and takes its answers until the connection ends.
func (l *link) hear(cfg *Config, p *program) error {
	if err := p.greet(cfg); err != nil {
		if errors.Is(err, errRefused) {
			l.fail(err)
		}
		return err
	}
	l.mu.Lock()
	if l.err == nil {
		l.socket = p.socket
		close(l.ready)
	}
	l.leave()
	l.mu.Unlock()
	for {
		f, err := readFrame(p.socket)
		if err != nil {
			return err
		}
		f.close()
		a := new(answer)
		if f.kind != kindAnswer {
			return errFrame
		}
		if err := plan.Unmarshal(f.body, a); err != nil {
			return fmt.Errorf("read answer: %w", err)
		}
		if c := l.end(f.call); c != nil {
			c <- reply{answer: a}
		}
	}
}
