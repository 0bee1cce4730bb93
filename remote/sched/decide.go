package sched

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"sshell/remote"
)

// lostBudget is how many attempts of one task may be lost before the run fails: a loss is the target's fault and rare, so
// that a third one in a row says that something is wrong with the task or the target.
const lostBudget = 3

// The pause after an attempt was lost doubles from the first to the last, and is spread by half to either side so that tasks
// that were lost together do not come back together.
const (
	firstPause = 100 * time.Millisecond
	lastPause  = 5 * time.Second
)

// statusMachinery is the status of what could not start by a fault of the machinery (plan.StatusMachinery).
const statusMachinery = 125

// decide sets the verdict over an attempt. The error ends the run.
func (r *run) decide(ctx context.Context, o *Outcome, lost int) error {
	var notStarted *remote.NotStartedError
	switch {
	case errors.Is(o.Err, remote.ErrLost) && ctx.Err() == nil:
		return r.decideLost(o, lost)
	case errors.As(o.Err, &notStarted) && notStarted.Status == statusMachinery:
		o.Verdict = Cancelled
		return o.Err // which is no task's: the next would get the same
	case errors.As(o.Err, &notStarted):
		r.decideNotStarted(o, notStarted)
		return nil
	case o.Err != nil && ctx.Err() != nil:
		o.Verdict = Cancelled
		return nil
	case o.Err != nil:
		o.Verdict = Cancelled
		return o.Err
	}
	r.mu.Lock()
	r.started = true
	r.mu.Unlock()
	if o.Failed() && !r.Once && (r.Tries < 0 || o.Attempt+1-lost < r.Tries) && ctx.Err() == nil {
		o.Verdict = Again
	}
	return nil
}

func (r *run) decideLost(o *Outcome, lost int) error {
	if r.Once {
		o.Verdict = Cancelled
		return fmt.Errorf("the command may or may not have run, and must not run twice: %w", o.Err)
	}
	if lost >= lostBudget {
		o.Verdict = Cancelled
		return fmt.Errorf("gave up after %d attempts: %w", o.Attempt+1, o.Err)
	}
	o.Verdict = Again
	return nil
}

// decideNotStarted ends the run if no task can start. It is the task's failure otherwise: its own words, or a program that
// went away meanwhile.
func (r *run) decideNotStarted(o *Outcome, e *remote.NotStartedError) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.Same || r.started {
		return
	}
	o.Verdict = Cancelled
	if r.NotStarted == nil {
		r.NotStarted = e
	}
	r.ended = true
	r.stop(errHalted)
}

// pause waits before the attempt after so many losses.
func (r *run) pause(ctx context.Context, lost int) {
	jitter := rand.Float64
	if r.Jitter != nil {
		jitter = r.Jitter
	}
	d := min(firstPause<<(lost-1), lastPause)
	timer := time.NewTimer(time.Duration(float64(d) * (0.5 + jitter())))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// count takes account of a task's answer and halts if it is time.
func (r *run) count(o Outcome) {
	r.adjustLimits()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Done++
	if o.Failed() {
		r.Failed++
	} else {
		r.succeed++
	}
	if r.Halted || r.Halt.When == Never || !r.haltsOn(o) {
		return
	}
	r.Halted, r.haltStatus = true, o.Status
	r.ended = true
	r.done()
	r.changed.Broadcast()
	if r.Halt.When == Now {
		r.stop(errHalted)
	}
}

// haltsOn reports whether the answer o meets Halt's condition.
func (r *run) haltsOn(o Outcome) bool {
	switch r.Halt.Why {
	case OnFail:
		return o.Failed() && r.Halt.met(r.Failed, r.total)
	case OnSuccess:
		return !o.Failed() && r.Halt.met(r.succeed, r.total)
	}
	return r.Halt.met(r.Done, r.total)
}
