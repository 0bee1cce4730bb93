package worker

import (
	"sync"
	"syscall"
	"time"
)

// step is one signal and how long its receivers have before the next.
type step struct {
	signal syscall.Signal
	grace  time.Duration
}

// ladder is how an attempt is stopped. The steps are those that GNU parallel takes (--termseq).
var ladder = []step{
	{syscall.SIGTERM, 200 * time.Millisecond},
	{syscall.SIGTERM, 100 * time.Millisecond},
	{syscall.SIGTERM, 50 * time.Millisecond},
	{syscall.SIGKILL, killGrace},
}

// atOnce stops an attempt that must not see the end of its input.
var atOnce = []step{{syscall.SIGKILL, killGrace}}

// killGrace is how long a killed process may take to go: one that waits for a disk goes when that has answered.
const killGrace = 2 * time.Second

// stop ends the attempt's processes, and returns when they are gone. Only the first call counts, and none after
// the end of all stages.
func (a *attempt) stop(why reason) {
	a.mu.Lock()
	if a.ended || a.why != running {
		a.mu.Unlock()
		return
	}
	a.why = why
	a.stopped = make(chan struct{})
	a.mu.Unlock()
	defer close(a.stopped)
	if why == timedOut {
		for _, p := range a.stages {
			p.overtime = p.pid != 0 && p.alive()
		}
	}
	steps := ladder
	if why == broken {
		steps = atOnce
	}
	k := a.kin()
	for _, s := range steps {
		living := k.living()
		if len(living) == 0 && a.over() {
			return
		}
		k.signal(living, s.signal)
		if a.gone(k, s.grace) {
			return
		}
	}
}

// kin are all processes of the attempt.
func (a *attempt) kin() *kin {
	k := &kin{group: a.group, census: &a.w.census, apart: a.w.cfg.Apart}
	for _, p := range a.stages {
		if p.pid != 0 {
			k.roots = append(k.roots, p.pid)
		}
	}
	return k
}

// over reports whether all stages have ended.
func (a *attempt) over() bool {
	select {
	case <-a.done:
		return true
	default:
		return false
	}
}

// The pauses between two looks at processes that are no children of ours and tell nobody when they end.
const (
	firstLook = time.Millisecond
	lastLook  = 32 * time.Millisecond
)

// gone waits until no process of the attempt is left, or the time is up.
func (a *attempt) gone(k *kin, grace time.Duration) bool {
	end := time.NewTimer(grace)
	defer end.Stop()
	select {
	case <-a.done:
	case <-end.C:
		return false
	}
	for pause := firstLook; ; pause = min(2*pause, lastLook) {
		if len(k.living()) == 0 {
			return true
		}
		next := time.NewTimer(pause)
		select {
		case <-next.C:
		case <-end.C:
			next.Stop()
			return false
		}
	}
}

// census lists processes for all who ask at once: a thousand attempts that are cancelled together share a few looks.
type census struct {
	mu    sync.Mutex
	began time.Time
	list  []kinship
}

// take gives what a look shows that begins after the call.
func (c *census) take() []kinship {
	asked := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.began.After(asked) {
		c.began = time.Now()
		c.list = everybody()
	}
	return c.list
}
