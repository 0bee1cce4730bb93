package handler

import (
	"context"
	"time"
)

// endKin ends all that tasks have left running, and what waited while they ran: they could have done anything to it. Agents
// may part before they are killed.
func (h *Handler) endKin(ctx context.Context) error {
	h.endAhead()
	if h.cfg.Agent != "" {
		until := time.Now().Add(partFor)
		if end, ok := ctx.Deadline(); ok && end.Add(-answerMargin).Before(until) {
			until = end.Add(-answerMargin)
		}
		if err := h.partAgents(until); err != nil {
			return err
		}
	}
	h.killed.Store(!reapAll())
	return killKin()
}

const (
	// partFor is how long an agent may take: functions that it tells to stop look every 2 s (lambda.LookEvery), end their
	// tasks in 0.4 s, and what they stored is removed. The caller of a function that was cancelled waits longer.
	partFor = 6 * time.Second
	// answerMargin is what is left of lambda.StopMargin for the end of the output, and the answer.
	answerMargin = 500 * time.Millisecond
)
