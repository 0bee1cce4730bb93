package sched

import (
	"context"
	"errors"
	"sync"

	"sshell/remote"
	"sshell/remote/ledger"
)

// Config says how a run goes. Runner, Ledger and Slots must be set.
type Config struct {
	Runner  remote.Runner
	Ledger  *ledger.Ledger
	Slots   int     // attempts that may run at a time
	Tries   int     // how often a command that fails is run in all: 0 and 1 once, -1 until it succeeds
	Once    bool    // no task may run twice
	Same    bool    // all tasks start the same program
	Halve   bool    // a job whose time ran out is replaced by its halves
	Total   int64   // how many tasks there are, 0 if that is unknown
	Halt    Halt    // when to stop before the last
	Timeout Timeout // for each attempt

	// Skip, if not nil, says which tasks are not started.
	Skip func(seq int64) bool
	// Admit, if not nil, is called before each new task and returns when it may start: back-pressure. It returns an
	// error when ctx ends.
	Admit func(ctx context.Context) error
	// Jitter, if not nil, stands in for math/rand's Float64.
	Jitter func() float64
}

// Summary is what became of a run.
type Summary struct {
	Done   int64 // tasks that gave an answer
	Failed int64 // of Done
	Halted bool  // Halt's condition was met
	Status int   // as GNU parallel's; see the table in package flow
	// NotStarted is set if Same, and the program could not be started by any task.
	NotStarted *remote.NotStartedError

	total      int64
	haltStatus int // of the task that met Halt's condition
}

// errHalted is why attempts are cancelled when Halt says now.
var errHalted = errors.New("halted")

// run is one call of Run.
type run struct {
	Config
	next Next
	stop context.CancelCauseFunc // ends the run
	done context.CancelFunc      // ends the calls of next

	mu       sync.Mutex
	changed  sync.Cond // there is something to do, or nothing any more
	slots    *slots
	halves   []Job // to run before anything else, the last first
	running  int   // slots that are taken
	fetching bool  // somebody waits for the next job
	ended    bool  // next has no more, or none are wanted
	started  bool  // a program ran
	err      error // the first that ended the run
	succeed  int64
	limits   []*limit // of running attempts, if Timeout is relative
	Summary
}

// Run takes jobs from next and runs them until there are no more, Halt's condition is met, ctx ends, or the machinery fails.
// It returns when no attempt is running. The error is ctx's cause, next's, a Job's or the Runner's; the Summary is valid
// with it too.
func Run(ctx context.Context, c Config, next Next) (Summary, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	asking, done := context.WithCancel(ctx)
	defer done()
	c.Slots = max(c.Slots, 1)
	r := &run{Config: c, next: next, stop: stop, done: done, slots: newSlots(c.Slots)}
	r.total = c.Total
	r.changed.L = &r.mu
	defer context.AfterFunc(ctx, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.changed.Broadcast()
	})()

	// Who has ended a job takes the next one itself: a task costs no more turns between goroutines than it must.
	var workers sync.WaitGroup
	for range c.Slots {
		workers.Go(func() {
			for {
				job, slot := r.take(ctx, asking)
				if job == nil {
					return
				}
				r.perform(ctx, job)
				r.leave(slot)
			}
		})
	}
	workers.Wait()
	return r.sum(ctx)
}

func (r *run) sum(ctx context.Context) (Summary, error) {
	for _, job := range r.halves {
		r.drop(job, Cancelled)
	}
	r.Status = r.status(r.Halt)
	if r.NotStarted != nil {
		r.Status = r.NotStarted.Status
		return r.Summary, nil
	}
	if r.err == nil && ctx.Err() != nil && context.Cause(ctx) != errHalted {
		r.err = context.Cause(ctx)
	}
	return r.Summary, r.err
}
