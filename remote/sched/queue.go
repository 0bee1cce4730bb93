package sched

import (
	"context"
	"errors"
	"io"
)

// errSkipped says that a job was passed over.
var errSkipped = errors.New("skipped")

// take waits for a slot and returns the next job to run in it, or nil when there are no more.
func (r *run) take(ctx, asking context.Context) (Job, int) {
	for {
		job, slot, ok := r.claim(ctx)
		if !ok || job != nil {
			return job, slot
		}
		job, err := r.fetch(asking, slot)
		if err == nil {
			r.fetched()
			return job, slot
		}
		if !errors.Is(err, errSkipped) {
			over := errors.Is(err, io.EOF) || asking.Err() != nil
			if !over {
				r.fail(err)
			}
			r.finish()
		}
		r.fetched()
		r.leave(slot)
	}
}

// claim waits until there is something to do, and returns a half to run; or no job if the next one is to be fetched, which
// one goroutine does at a time. It is not ok when the run is over.
func (r *run) claim(ctx context.Context) (job Job, slot int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		n := len(r.halves)
		switch {
		case ctx.Err() != nil:
			return nil, 0, false
		case n > 0:
			job = r.halves[n-1]
			r.halves = r.halves[:n-1]
			r.running++
			return job, r.slots.take(), true
		case !r.ended && !r.fetching:
			r.fetching = true
			r.running++
			return nil, r.slots.take(), true
		case r.ended && r.running == 0:
			r.changed.Broadcast()
			return nil, 0, false
		}
		r.changed.Wait()
	}
}

// fetched lets another goroutine fetch.
func (r *run) fetched() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fetching = false
	r.changed.Signal()
}

// fetch asks for the next job.
func (r *run) fetch(asking context.Context, slot int) (Job, error) {
	if r.Admit != nil {
		if err := r.Admit(asking); err != nil {
			return nil, err
		}
	}
	job, err := r.next(asking, slot)
	switch {
	case err != nil:
		return nil, err
	case asking.Err() != nil: // it was halted meanwhile
		r.drop(job, Cancelled)
		return nil, asking.Err()
	case r.Skip != nil && r.Skip(job.Seq()):
		r.drop(job, Skipped)
		return nil, errSkipped
	}
	return job, nil
}

// drop ends a job that is not running.
func (r *run) drop(job Job, v Verdict) {
	if err := job.End(Outcome{Verdict: v}, nil); err != nil {
		r.fail(err)
	}
}

// push queues halves to run next, in their order.
func (r *run) push(halves []Job) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := len(halves) - 1; i >= 0; i-- {
		r.halves = append(r.halves, halves[i])
	}
	r.changed.Broadcast()
}

// leave gives a slot back.
func (r *run) leave(slot int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.slots.give(slot)
	r.running--
	if r.running == 0 {
		r.changed.Broadcast()
	}
}

// finish asks for no more jobs.
func (r *run) finish() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
	r.done()
	r.changed.Broadcast()
}

// fail ends the run with an error, the first one counting.
func (r *run) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = err
	}
	r.ended = true
	r.stop(err)
}
