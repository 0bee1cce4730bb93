package spread

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"sshell/lambda"
)

// company is how long calls wait for others when there are not as many as go together: tasks that begin at once come within it.
const company = 20 * time.Millisecond

// Together has calls that belong together made by one function: so many attempts beside each other in one environment. It may be used
// concurrently.
type Together struct {
	direct lambda.Invoker
	procs  int // calls that go together
	most   int // functions that are under way before calls wait until there are as many

	mu      sync.Mutex
	batch   []*call
	ripe    bool // its first call has waited for company
	running int  // functions under way
}

// NewTogether puts procs calls into one. As many go at once; fewer when most functions or more are not under way.
func NewTogether(direct lambda.Invoker, procs, most int) *Together {
	return &Together{direct: direct, procs: procs, most: most}
}

// For gives the Invoker of one call. When ctx ends before the call was made, it is not taken: the error wraps lambda.ErrBusy.
func (t *Together) For(ctx context.Context) lambda.Invoker { return partner{t, ctx} }

type partner struct {
	*Together
	wanted context.Context
}

// Invoke implements lambda.Invoker.
func (p partner) Invoke(ctx context.Context, function string, payload []byte, take func([]byte) error) error {
	if len(payload) > room/p.procs {
		return p.direct.Invoke(ctx, function, payload, take)
	}
	c := &call{ctx: ctx, function: function, payload: payload, take: take, done: make(chan struct{})}
	p.join(c)
	select {
	case <-c.done:
		return c.err
	case <-p.wanted.Done():
		if p.drop(c) {
			return fmt.Errorf("wait for others: %w", lambda.ErrBusy)
		}
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-c.done:
		return c.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (t *Together) join(c *call) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.batch = append(t.batch, c)
	t.settle()
	if len(t.batch) != 1 {
		return
	}
	time.AfterFunc(company, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if len(t.batch) > 0 && t.batch[0] == c {
			t.ripe = true
			t.settle()
		}
	})
}

// drop takes a call out of the batch. It reports whether it was there.
func (t *Together) drop(c *call) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := slices.Index(t.batch, c)
	if i < 0 {
		return false
	}
	t.batch = slices.Delete(t.batch, i, i+1)
	t.ripe = true // which it is at most a little too early
	t.settle()
	return true
}

// settle sends the batch if it is time. t.mu is held.
func (t *Together) settle() {
	if len(t.batch) == 0 || len(t.batch) < t.procs && (!t.ripe || t.running >= t.most) {
		return
	}
	batch := t.batch
	t.batch, t.ripe = nil, false
	t.running++
	go func() {
		t.send(batch)
		t.mu.Lock()
		defer t.mu.Unlock()
		t.running--
		t.settle()
	}()
}

// send invokes the function for a batch.
func (t *Together) send(batch []*call) {
	if len(batch) == 1 {
		c := batch[0]
		c.finish(t.direct.Invoke(c.ctx, c.function, c.payload, c.take))
		return
	}
	err := send(t.direct, batch, func(payloads []json.RawMessage) request { return request{Version: lambda.Version, Beside: payloads} })
	if err == nil {
		err = errors.New("the function did not say how it ended")
	}
	for _, c := range batch {
		c.finish(err)
	}
}
