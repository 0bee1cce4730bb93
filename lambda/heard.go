package lambda

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"sshell/remote"
)

// heard tells the function of a call that its streams are read, see Request.Heard. Lambda delivers an invocation twice at times,
// and the second function has no other way to know that nobody listens to it.
type heard struct {
	key  string
	once sync.Once
	err  error
	mu   sync.Mutex
	put  bool // the object may be there
}

// hear tells the function that what goes on as a stream is read.
func (c *call) hear(ctx context.Context) error {
	h := &c.heard
	h.once.Do(func() {
		h.mu.Lock()
		h.put = true
		h.mu.Unlock()
		if err := c.r.cfg.Store.Put(ctx, h.key, strings.NewReader(""), 0, false); err != nil {
			h.err = fmt.Errorf("read output: %w: %w", err, remote.ErrLost)
		}
	})
	return h.err
}

// unhear removes what hear has stored.
func (c *call) unhear(ctx context.Context) {
	c.heard.mu.Lock()
	defer c.heard.mu.Unlock()
	if c.heard.put {
		_ = c.r.cfg.Store.Delete(ctx, c.heard.key)
	}
}
