package flow

import (
	"context"
	"errors"
	"strconv"
	"sync"

	"sshell/interp/plan"
	"sshell/remote"
)

// edge is where the standard output of a unit goes, other than to a descriptor: on a target whose tasks read and write
// objects, bytes from one to the next do not pass through this process.
//
//	from          to                         edge
//	a task        a task                     streamEdge: both run beside each other
//	many tasks    a task                     listEdge: it reads what was committed while others still write
//	any           parmap --pipe              gather: chunks are cut of what was committed while others still write
//	any           > s3://bucket/key          collector: the object is made of the tasks'
type edge interface{}

// taker is an edge that takes the outputs of tasks as objects, in their order.
type taker interface {
	// bucket names where the objects must be.
	bucket() string
	// add takes the next output. errGone says that nobody reads any more. It is called by one goroutine at a time.
	add(h *heldOutput) error
	// end is told that no more outputs come, of a stage that ended with a status, or why they are no whole. It is called once.
	end(err error, status plan.Status) error
}

// edge returns the edge between two neighbouring units, nil for a pipe.
func (s *segment) edge(ctx context.Context, from, to unit) edge {
	if s.scratch == nil || !from.storesOutput() {
		return nil
	}
	_, single := from.(*taskUnit)
	switch next := to.(type) {
	case *taskUnit:
		switch {
		case next.parts[0].noInput:
			return nil
		case single:
			return &streamEdge{s: s, name: s.scratch.stream()}
		}
		return &listEdge{s: s, ctx: ctx, name: s.scratch.stream(), ready: make(chan struct{}), done: make(chan struct{})}
	case *mapUnit:
		if next.readsStream() {
			return newGather(s)
		}
	}
	return nil
}

// streamEdge is a stream from one task to another.
type streamEdge struct {
	s    *segment
	name string
}

// attempt names the stream of an attempt.
func (e *streamEdge) attempt(n int) string {
	if n == 0 {
		return e.name
	}
	return e.name + "-" + strconv.Itoa(n)
}

// output is where an attempt writes, of so many as are made at most.
func (e *streamEdge) output(n, tries int) remote.Output {
	o := remote.Output{Kind: remote.PipeOutput, Stream: e.attempt(n)}
	if n+1 < tries {
		o.Next = e.attempt(n + 1)
	}
	return o
}

// finish ends the stream of a task that was not started, and wrote none, as a pipe would end.
func (e *streamEdge) finish(ctx context.Context, status plan.Status) {
	if l, err := e.s.scratch.list(ctx, e.name); err == nil {
		_ = l.End(status) // who waits for it is told by the store, or stopped
	}
}

// markStreams has a task know whether anybody waits for the streams that it uses.
func (s *segment) markStreams(ctx context.Context, t *remote.Task) error {
	reads := t.Input.Kind == remote.PipeInput || t.Input.Kind == remote.ListInput
	writes := t.Output.Kind == remote.PipeOutput
	if !reads && !writes {
		return nil
	}
	open, err := s.scratch.streamsOpen(ctx)
	if reads {
		t.Input.Open = open
	}
	if writes {
		t.Output.Open = open
	}
	return err
}

// listEdge tells a task which objects to read.
type listEdge struct {
	s    *segment
	name string
	list remote.Lister // nil before the first output

	once  sync.Once
	ready chan struct{} // closed when there is something to read, or nothing to come
	ctx   context.Context

	mu     sync.Mutex
	pieces []remote.Piece // all that were listed
	again  bool           // the reader was lost: another will read the pieces, when all are there
	done   chan struct{}  // closed when no more come
	err    error          // set before done is closed: why they are no whole
}

func (e *listEdge) bucket() string { return e.s.scratch.storer.Scratch() }

// open begins the list.
func (e *listEdge) open() error {
	if e.list != nil {
		return nil
	}
	var err error
	e.list, err = e.s.scratch.list(e.ctx, e.name)
	return err
}

func (e *listEdge) add(h *heldOutput) error {
	for _, p := range h.pieces {
		if err := e.open(); err != nil {
			return err
		}
		if err := e.tell(p); err != nil {
			return err
		}
		e.once.Do(func() { close(e.ready) })
	}
	return nil
}

// tell lists a piece.
func (e *listEdge) tell(p remote.Piece) error {
	e.mu.Lock()
	e.pieces = append(e.pieces, p)
	again := e.again
	e.mu.Unlock()
	if again {
		return nil
	}
	gone, err := e.list.Add(p)
	if err == nil && !gone {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.again: // that is why
		return nil
	case gone:
		return errGone
	}
	return err
}

// whole waits for all pieces, for a reader in the place of one that was lost.
func (e *listEdge) whole(ctx context.Context) ([]remote.Piece, error) {
	e.mu.Lock()
	e.again = true
	e.mu.Unlock()
	select {
	case <-e.done:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return e.pieces, e.err // which may be that the lost reader wanted no more, or could not take more: nobody knows
}

func (e *listEdge) end(cause error, status plan.Status) error {
	defer e.once.Do(func() { close(e.ready) })
	e.err = cause
	defer close(e.done)
	switch {
	case errors.Is(cause, errGone): // the reader knows
		return nil
	case cause != nil && e.list != nil:
		e.list.Break(cause.Error())
		return nil
	case cause != nil:
		return nil
	}
	if err := e.open(); err != nil {
		return err
	}
	err := e.list.End(status)
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.again {
		return nil
	}
	return err
}

// wait waits until it is time to start the reader: a function that waits for its input is paid for too.
func (e *listEdge) wait(ctx context.Context) error {
	select {
	case <-e.ready:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
