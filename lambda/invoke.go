package lambda

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"sshell/remote"
)

// answer is how an invocation ended.
type answer struct {
	response *Response      // nil when the function did not answer
	result   *remote.Result // of a function that died in a way that says how its task ended
	err      error
	gone     bool // nobody writes any more for this call
}

// The pause after a refusal that goes by doubles from the first to the last, and is spread by half to either side.
const (
	firstPause = 50 * time.Millisecond
	lastPause  = 5 * time.Second
)

// throttlePatience is how long an invocation is made again that is refused: an account whose concurrency others use up has
// some again when theirs end, which takes MaxTimeout at most.
const throttlePatience = MaxTimeout

// cancelPatience is how long a call that was cancelled waits for its function to stop: it looks for the mark every LookEvery
// and stops within StopMargin, and some requests' time is to spare. What takes longer is left to Close.
const cancelPatience = 10 * time.Second

// invoke makes the invocation and waits for its end. When ctx ends it tells the function to stop.
func (c *call) invoke(ctx context.Context, payload []byte) answer {
	answers := make(chan answer, 1)
	inner, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	go func() { answers <- c.insist(ctx, inner, payload) }()
	select {
	case a := <-answers:
		return a
	case <-ctx.Done():
	}
	timer := time.NewTimer(cancelPatience)
	defer timer.Stop()
	if c.tell(inner) == nil {
		select {
		case a := <-answers:
			return a
		case <-timer.C:
		}
	}
	return answer{err: ctx.Err()}
}

// insist makes the invocation until it is taken. ctx is for the pauses, inner for the requests.
func (c *call) insist(ctx, inner context.Context, payload []byte) answer {
	began, pause := time.Now(), firstPause
	for {
		a := c.once(inner, payload)
		if !errors.Is(a.err, ErrBusy) {
			return a
		}
		if time.Since(began) > throttlePatience {
			a.err = fmt.Errorf("%w: %w", a.err, remote.ErrLost)
			return a
		}
		timer := time.NewTimer(time.Duration(float64(pause) * (0.5 + rand.Float64())))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return answer{err: ctx.Err(), gone: true}
		}
		pause = min(2*pause, lastPause)
	}
}

// once makes the invocation.
func (c *call) once(ctx context.Context, payload []byte) answer {
	c.setDeadline(time.Now().Add(c.r.cfg.Timeout + MaxInit))
	ctx, stop := context.WithDeadline(ctx, c.deadline())
	defer stop()
	var in frames
	err := c.by.Invoke(ctx, c.r.cfg.Function, payload, func(p []byte) error { return in.take(p, c.frame) })
	var died *FunctionError
	switch {
	case errors.As(err, &died):
		return c.died(died.Note)
	case err != nil:
		return c.unanswered(err)
	case in.whole == nil: // of another version, or none of ours
		in.whole = in.rest
	}
	return c.answered(in.whole)
}

// unanswered is the answer where the request failed.
func (c *call) unanswered(err error) answer {
	err = c.r.invokeError(err)
	return answer{err: err, gone: !errors.Is(err, remote.ErrLost)}
}

// answered is the answer that a payload is.
func (c *call) answered(payload []byte) answer {
	response, err := DecodeResponse(payload)
	var version *VersionError
	switch {
	case errors.As(err, &version) && version.Theirs == 0:
		return answer{err: c.r.notStarted("the function is of another version: %w: run sshellctl deploy", version), gone: true}
	case errors.As(err, &version):
		return answer{err: c.r.notStarted("the function is of another version, %d, and this program of %d: run sshellctl deploy", version.Theirs, Version), gone: true}
	case err != nil:
		return answer{err: c.r.lost("%w", err), gone: true}
	}
	return answer{response: response, gone: true}
}

// died is the answer for a function that ended without one. What it wrote is no whole, so that there is no result, whose
// statuses a pipeline may well not look at. Only a chunk's task whose time was up has one, since its output is held until it
// has ended and its chunk can be halved.
func (c *call) died(payload []byte) answer {
	var f functionError
	a := answer{gone: true}
	switch f.parse(payload) {
	case overtimeDeath:
		if c.task.Input.Kind != remote.ChunkInput || c.task.Output.Kind != remote.StreamOutput {
			a.err = fmt.Errorf("%s: %s", c.r.what(), overtimeAdvice)
			return a
		}
		a.result = &remote.Result{TimedOut: true}
		for range c.task.Stages {
			a.result.Statuses = append(a.result.Statuses, statusTimedOut)
		}
	case violentDeath:
		a.err = c.r.lost("the function was killed, mostly for want of memory: deploy it with more, or use smaller chunks")
	case stillbirth:
		a.err = c.r.notStarted("the function's program does not start: %s: run sshellctl deploy", f.Message)
	default:
		a.err = c.r.lost("the function failed: %s %s", f.Type, f.Message)
	}
	return a
}

// overtimeAdvice is said of a function that was stopped, or stopped itself, for its time.
const overtimeAdvice = "the function's time was up: use smaller chunks, or deploy it with a longer timeout"

// statusTimedOut is what timeout(1) gives for a command whose time was up.
const statusTimedOut = 124
