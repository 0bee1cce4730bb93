package flow

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"sshell/remote"
)

// join has a task make one origin of the rest, and makes it the next part if it is to be one.
func (c *collector) join(part bool) *origin {
	to, rest := &origin{made: make(chan struct{})}, c.rest
	whole := portion{to, 0, c.size}
	to.uses.Store(1)
	c.rest, c.size = nil, 0
	number := 0
	if part {
		number = c.number()
	}
	if !c.slot(c.joins) {
		return to
	}
	c.jobs.Go(func() {
		defer func() { <-c.joins }()
		if !c.make(to, rest) || !part || !c.slot(c.copies) {
			return
		}
		defer func() { <-c.copies }()
		c.copy(number, whole)
	})
	return to
}

// make makes an origin, and reports whether it is there.
func (c *collector) make(to *origin, rest []portion) bool {
	var pieces []remote.Piece
	for _, p := range rest {
		if !c.wait(p) {
			return false
		}
		pieces = append(pieces, remote.Piece{Object: p.name, Start: p.start, End: p.end})
	}
	name, err := c.joined(pieces)
	if err != nil {
		c.fail(err)
		return false
	}
	to.name = name
	close(to.made)
	for _, p := range rest {
		c.done(p)
	}
	return true
}

// joinTries is how often a join is tried that was lost.
const joinTries = 3

// joined runs the task that joins pieces, and returns the object's name.
func (c *collector) joined(pieces []remote.Piece) (string, error) {
	object, err := c.s.scratch.object(c.ctx, c.bucket())
	if err != nil {
		return "", err
	}
	t := c.s.task()
	t.Input = remote.Input{Kind: remote.PiecesInput, Pieces: pieces}
	for n := 0; ; n++ {
		t.Attempt, t.Output = n, c.s.scratch.output(object, n)
		r, err := c.s.scratch.storer.Run(c.ctx, t, remote.Streams{})
		switch {
		case err == nil:
			return r.Object, nil
		case c.ctx.Err() != nil:
			return "", context.Cause(c.ctx)
		case !errors.Is(err, remote.ErrLost) || n+1 == joinTries:
			return "", fmt.Errorf("join outputs: %w", err)
		}
		pause(c.ctx, n)
	}
}

// lostPause is the pause after the first loss; it doubles, and is spread by half to either side.
const lostPause = 100 * time.Millisecond

// pause waits before the attempt after number n.
func pause(ctx context.Context, n int) {
	timer := time.NewTimer(time.Duration(float64(lostPause<<n) * (0.5 + rand.Float64())))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
