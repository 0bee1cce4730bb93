package flow

import (
	"sync"

	"sshell/remote/ledger"
	"sshell/remote/sched"
)

// half is what the parts of one task have in common: they are one line in the joblog.
type half struct {
	mu   sync.Mutex
	open int // parts that have not ended
	sum  ledger.Attempt
}

// split notes that a part has become two. It returns the half that all of them share, which a whole does not have yet.
func (h *half) split() *half {
	if h == nil {
		return &half{open: 2}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open++
	return h
}

// account adds a part's record to the task's, which it becomes when no other part is to come. A nil half is a whole.
func (h *half) account(o sched.Outcome, a *ledger.Attempt) {
	if h == nil || o.Verdict != sched.Final {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open--
	if h.sum.Start.IsZero() || a.Start.Before(h.sum.Start) {
		h.sum.Start = a.Start
	}
	h.sum.Wall += a.Wall
	h.sum.Send += a.Send
	h.sum.Receive += a.Receive
	h.sum.TimedOut = h.sum.TimedOut || a.TimedOut
	if h.sum.Status == 0 {
		h.sum.Status, h.sum.Signal = a.Status, a.Signal
	}
	if h.open > 0 {
		a.Again = true
		return
	}
	a.Start, a.Wall, a.Send, a.Receive = h.sum.Start, h.sum.Wall, h.sum.Send, h.sum.Receive
	a.Status, a.Signal, a.TimedOut = h.sum.Status, h.sum.Signal, h.sum.TimedOut
}
