package sched

import (
	"context"
	"time"

	"sshell/remote"
	"sshell/remote/ledger"
)

// Job is one task as its owner sees it. The scheduler calls its methods one at a time.
type Job interface {
	// Seq is the task's number in input order, from 1.
	Seq() int64

	// Start readies attempt number n, from 0: it returns the task, whose Limits the scheduler completes, and the
	// descriptors that the attempt uses. An error ends the run.
	Start(n int) (*remote.Task, remote.Streams, error)

	// End is told how an attempt ended. Every job gets exactly one End whose verdict is not Again, the last; it may be
	// without a Start before it if it is Skipped or Cancelled. a is the ledger's record of the attempt: the job sets Host,
	// Send, Receive, Command, and Again if other parts of the task are still to come. It is nil where nothing is
	// recorded. An error ends the run.
	End(o Outcome, a *ledger.Attempt) error
}

// Halver is a Job that can be replaced by two, in its place in the order.
type Halver interface {
	Job
	// Halve returns the halves, or false if the job holds a single record. It is called before End.
	Halve() ([]Job, bool)
}

// Verdict is what follows from the way in which an attempt ended.
type Verdict int

// The verdicts.
const (
	Final     Verdict = iota // the attempt is the task's answer
	Again                    // another attempt follows
	Halved                   // the task's halves follow
	Cancelled                // the run is over; the attempt counts for nothing
	Skipped                  // the job was never started
)

// Outcome is how one attempt ended.
type Outcome struct {
	Verdict Verdict
	Attempt int            // from 0
	Result  *remote.Result // nil if it is unknown, or the command was not started
	Err     error          // of the Runner: nil if the command ran
	Status  int            // the task's, as `$?`
	Start   time.Time
	Wall    time.Duration
}

// Failed reports whether the task did not succeed.
func (o Outcome) Failed() bool { return o.Err != nil || o.Status != 0 }

// TimedOut reports whether the attempt was ended because its time ran out.
func (o Outcome) TimedOut() bool { return o.Result != nil && o.Result.TimedOut }

// Next gives the next job in input order, to run in a slot, a number from 1 that no other running job has. It returns
// io.EOF after the last; any other error ends the run, once the running jobs were cancelled. It is called by one goroutine
// at a time and must return when ctx ends, which it does also when no more jobs are wanted.
type Next func(ctx context.Context, slot int) (Job, error)
