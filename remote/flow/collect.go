package flow

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"sshell/interp/plan"
	"sshell/pipes/objstore"
	"sshell/remote"
)

// What S3 makes of other objects on its side is made of at most maxSources, each of which has minSource bytes at least but
// the last (S3 User Guide, "Amazon S3 multipart upload limits"). So shorter ones are joined by tasks first.
const (
	minSource  = 5 << 20
	maxSources = 10_000
)

const (
	// joinSize is how many bytes of short outputs are joined into one at least: enough that the time of a task goes by with
	// copying, which takes 0.2 s.
	joinSize = 16 << 20
	// joinMost is how many outputs one task joins: a request for each takes it 1 s, at 16 at a time.
	joinMost = 1000
	// joinTasks is how many tasks join at a time.
	joinTasks = 8
	// shortRest is how many bytes at the end are left to whoever makes the object, as they are.
	shortRest = 128 << 10
	// growAfter is the number of sources after which they must be twice as long, so that 10,000 of them reach 5 TiB, which is
	// as large as an object can be.
	growAfter = 1000
)

// collector makes the segment's output of those of its tasks.
type collector struct {
	s    *segment
	ctx  context.Context
	out  plan.ObjectOutput
	name objstore.URL

	sources []*string // names; that of a joined one is there when its task has ended
	rest    []remote.Piece
	size    int64 // of rest

	joining sync.WaitGroup
	slots   chan struct{}
	mu      sync.Mutex
	err     error // the first of a join
}

// collect returns what takes the outputs of the segment's last unit, nil if they are to be written to its standard output.
func (s *segment) collect(ctx context.Context, last unit) *collector {
	out, ok := s.Out.(plan.ObjectOutput)
	if !ok || s.scratch == nil || !last.storesOutput() {
		return nil
	}
	name, _ := out.Object()
	u, err := objstore.ParseURL(name)
	if err != nil {
		return nil
	}
	return &collector{s: s, ctx: ctx, out: out, name: u, slots: make(chan struct{}, joinTasks)}
}

func (c *collector) bucket() string { return c.name.Bucket }

// least is how long the next source must be.
func (c *collector) least() int64 { return minSource << (len(c.sources) / growAfter) }

func (c *collector) add(h *heldOutput) error {
	for _, p := range h.pieces {
		n := p.End - p.Start
		if c.size >= c.least() && n >= c.least() {
			c.join()
		}
		if len(c.rest) == 0 && n >= c.least() {
			c.sources = append(c.sources, &p.Object)
			continue
		}
		c.rest = append(c.rest, p)
		c.size += n
		if c.size >= max(joinSize, c.least()) || len(c.rest) == joinMost && c.size >= c.least() {
			c.join()
		}
	}
	return c.failed()
}

func (c *collector) failed() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// join has a task make one source of the rest.
func (c *collector) join() {
	to, rest := new(string), c.rest
	c.sources = append(c.sources, to)
	c.rest, c.size = nil, 0
	c.slots <- struct{}{}
	c.joining.Go(func() {
		defer func() { <-c.slots }()
		name, err := c.joined(rest)
		*to = name
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.err == nil {
			c.err = err
		}
	})
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

// end hands the outputs over: the object is made when the pipeline is done.
func (c *collector) end(err error, _ plan.Status) error {
	if err == nil && c.size > shortRest && len(c.rest) > 1 {
		c.join()
	}
	c.joining.Wait()
	if err == nil {
		err = c.failed()
	}
	var sources []string
	for _, name := range c.sources {
		sources = append(sources, *name)
	}
	for _, p := range c.rest {
		sources = append(sources, p.Object)
	}
	if err == nil && len(sources) > maxSources {
		err = fmt.Errorf("%s: %d outputs are more than an object can be made of, %d: use larger chunks", c.name, len(sources), maxSources)
	}
	if err != nil {
		return err
	}
	c.s.scratch.give(c.bucket())
	c.out.Make(plan.Content{Sources: sources, Scratch: c.s.scratch.prefix(c.bucket()), Open: c.s.scratch.open(c.bucket())})
	return nil
}
