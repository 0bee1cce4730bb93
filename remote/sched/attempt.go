package sched

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sshell/remote"
	"sshell/remote/ledger"
)

// perform makes attempts at a job until one is final, or the run is over.
func (r *run) perform(ctx context.Context, job Job) {
	lost := 0
	for n := 0; ctx.Err() == nil; n++ {
		o, err := r.attempt(ctx, job, n)
		if err != nil {
			r.fail(err)
			break
		}
		if errors.Is(o.Err, remote.ErrLost) {
			lost++
		}
		if err = r.decide(ctx, &o, lost); err != nil {
			err = fmt.Errorf("task %d: %w", job.Seq(), err)
		}
		halves := r.halve(job, &o)
		if endErr := r.end(job, o); err == nil {
			err = endErr
		}
		if err != nil {
			r.fail(err)
		}
		if o.Verdict == Final {
			r.count(o)
		}
		r.push(halves)
		if o.Verdict != Again {
			return
		}
		if o.Err != nil {
			r.pause(ctx, lost)
		}
	}
	r.drop(job, Cancelled)
}

// halve replaces a job whose time ran out by its halves, if it is to be.
func (r *run) halve(job Job, o *Outcome) []Job {
	halver, ok := job.(Halver)
	if !ok || !r.Halve || !o.TimedOut() || o.Verdict == Cancelled {
		return nil
	}
	halves, ok := halver.Halve()
	if !ok {
		return nil
	}
	o.Verdict = Halved
	return halves
}

// attempt makes one attempt. The error is the Job's.
func (r *run) attempt(ctx context.Context, job Job, n int) (Outcome, error) {
	task, streams, err := job.Start(n)
	if err != nil {
		return Outcome{}, err
	}
	r.Ledger.Started()
	ctx, limit := r.limit(ctx, task)
	o := Outcome{Attempt: n, Start: time.Now()}
	o.Result, o.Err = r.Runner.Run(ctx, task, streams)
	o.Wall = time.Since(o.Start)
	if r.unlimit(limit) && o.Err != nil {
		o.Result, o.Err = &remote.Result{TimedOut: true}, nil
	}
	o.Status = status(o)
	return o, nil
}

// end tells the job and the ledger how an attempt ended.
func (r *run) end(job Job, o Outcome) error {
	a := &ledger.Attempt{
		Seq: job.Seq(), Number: o.Attempt, Start: o.Start, Wall: o.Wall, Status: o.Status,
		TimedOut: o.TimedOut(), Lost: errors.Is(o.Err, remote.ErrLost), Again: o.Verdict != Final,
	}
	if o.Result != nil {
		a.Signal, a.Send = o.Result.Signal, o.Result.In
	}
	err := job.End(o, a)
	if o.Verdict == Cancelled {
		r.Ledger.Dropped()
		return err
	}
	return errors.Join(err, r.Ledger.Ended(*a))
}

// StatusTimedOut is the status of a command whose time ran out, as coreutils' timeout has it.
const StatusTimedOut = 124

// status is the task's status: its last stage's.
func status(o Outcome) int {
	var notStarted *remote.NotStartedError
	switch {
	case errors.As(o.Err, &notStarted):
		return notStarted.Status
	case o.Err != nil || o.Result == nil:
		return 0
	case o.Result.TimedOut:
		return StatusTimedOut
	case len(o.Result.Statuses) > 0 && o.Result.Statuses[len(o.Result.Statuses)-1] != 0:
		return o.Result.Statuses[len(o.Result.Statuses)-1]
	case o.Result.Signal != 0:
		return 128 + o.Result.Signal
	}
	return 0
}
