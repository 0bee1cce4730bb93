package interp

import (
	"context"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	"mvdan.cc/sh/v3/syntax"
)

// process is what all shells of one process share.
type process struct {
	thread *thread // the process's own working directory and umask
	// pending has a bit for each signal that arrived and whose trap has not run.
	pending atomic.Uint64
	woken   chan struct{}                // gets a token when a signal arrives
	cancels map[*context.CancelFunc]bool // ended when a signal arrives that ends commands

	mu      sync.Mutex
	channel chan os.Signal
	caught  map[unix.Signal]bool
	arrived map[unix.Signal]int
	news    *sync.Cond           // arrived changed
	ignored map[unix.Signal]bool // what ignoredAtStart found
	watched bool                 // watchInterrupt has looked

	functionsChanged atomic.Int64
	scans            sync.Map // *syntax.Stmt → scan
}

// scan remembers whether a command needs a process, as of one state of the function table.
type scan struct {
	generation int64
	needs      bool
}

func newProcess() *process {
	p := &process{
		arrived: make(map[unix.Signal]int),
		thread:  &thread{from: -1},
		woken:   make(chan struct{}, 1),
		caught:  make(map[unix.Signal]bool),
	}
	p.news = sync.NewCond(&p.mu)
	return p
}

func (p *process) scanned(st *syntax.Stmt) (needs, ok bool) {
	v, ok := p.scans.Load(st)
	if !ok || v.(scan).generation != p.functionsChanged.Load() {
		return false, false
	}
	return v.(scan).needs, true
}

func (p *process) rememberScan(st *syntax.Stmt, needs bool) {
	p.scans.Store(st, scan{p.functionsChanged.Load(), needs})
}

// catch makes a signal's arrival known through pending instead of ending the process.
func (p *process) catch(s unix.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.channel == nil {
		p.channel = make(chan os.Signal, 64) // signals of one kind merge in pending anyway
		go p.collect()
	}
	p.caught[s] = true
	signal.Notify(p.channel, s)
}

// collect notes the signals that arrive. It lives as long as the process.
func (p *process) collect() {
	for s := range p.channel {
		if n, ok := s.(syscall.Signal); ok {
			p.raise(n)
		}
	}
}

// raise notes a signal as arrived.
func (p *process) raise(s unix.Signal) {
	for {
		old := p.pending.Load()
		if p.pending.CompareAndSwap(old, old|1<<uint(s)) {
			break
		}
	}
	select {
	case p.woken <- struct{}{}:
	default:
	}
	p.cancelFor(s)
	p.mu.Lock()
	p.arrived[s]++
	p.news.Broadcast()
	p.mu.Unlock()
}

// settleTime bounds the wait for a signal that the process sent to itself: the kernel delivers it at once, and the
// runtime hands it on within microseconds.
const settleTime = time.Second

// settle waits until a signal that this process sent to itself has arrived, so that its trap runs before the
// next command. seen is what sent gave before.
func (p *process) settle(s unix.Signal, seen int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.caught[s] {
		return
	}
	late := false
	timer := time.AfterFunc(settleTime, func() {
		p.mu.Lock()
		late = true
		p.news.Broadcast()
		p.mu.Unlock()
	})
	defer timer.Stop()
	for p.arrived[s] == seen && !late {
		p.news.Wait()
	}
}

// received gives how often a signal has arrived.
func (p *process) received(s unix.Signal) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.arrived[s]
}

// untilSignal gives a context that ends when an interrupt, hang-up or termination arrives, which it makes
// pending instead of the end of the process. stop releases it.
func (p *process) untilSignal(parent context.Context) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(parent)
	for _, s := range []unix.Signal{unix.SIGINT, unix.SIGTERM, unix.SIGHUP} {
		p.mu.Lock()
		known := p.caught[s]
		p.mu.Unlock()
		if !known && !signal.Ignored(s) {
			p.catch(s)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cancels == nil {
		p.cancels = make(map[*context.CancelFunc]bool)
	}
	p.cancels[&cancel] = true
	return ctx, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.cancels, &cancel)
		cancel()
	}
}

// cancelFor ends the contexts of untilSignal.
func (p *process) cancelFor(s unix.Signal) {
	if s != unix.SIGINT && s != unix.SIGTERM && s != unix.SIGHUP {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for cancel := range p.cancels {
		(*cancel)()
	}
}

// take gives the lowest signal that is pending, 0 for none, and clears it.
func (p *process) take() unix.Signal {
	for {
		old := p.pending.Load()
		if old == 0 {
			return 0
		}
		for s := uint(1); s < 64; s++ {
			if old&(1<<s) != 0 {
				if p.pending.CompareAndSwap(old, old&^(1<<s)) {
					return unix.Signal(s)
				}
				break
			}
		}
	}
}

// ignore makes the process and its children ignore a signal.
func (p *process) ignore(s unix.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.caught, s)
	signal.Ignore(s)
}

// reset gives a signal its default action again.
func (p *process) reset(s unix.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.caught, s)
	signal.Reset(s)
}

// restoreSignals puts signals as a program expects to find them that takes the process's place: what is
// ignored stays so.
func (p *process) restoreSignals(t *traps) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for s := range p.caught {
		signal.Reset(s)
	}
}

// fallTime is how long a signal may take from its arrival at this process to the process's end, if another of its threads
// than the one that waits takes it.
const fallTime = 10 * time.Millisecond

// fallWith gives a signal that ended a child time to end this process too, if it was sent to both: who is about to die
// reports no deaths. A shell of one thread dies before it could.
func (p *process) fallWith(s unix.Signal) {
	switch s {
	case unix.SIGHUP, unix.SIGQUIT, unix.SIGTERM:
	default:
		return
	}
	p.mu.Lock()
	caught := p.caught[s]
	p.mu.Unlock()
	if !caught && !signal.Ignored(s) {
		time.Sleep(fallTime)
	}
}

// dieBy ends the process by a signal, so that its parent sees that, without a core of our own making.
func dieBy(s unix.Signal) {
	signal.Reset(s)
	unix.Kill(os.Getpid(), s)
	// Go's runtime keeps a handler for some signals even so; the status says the rest.
	defaultAction(s)
	unix.Kill(os.Getpid(), s)
	os.Exit(128 + int(s))
}

func itoa(n int) string { return strconv.Itoa(n) }
