package handler

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"sshell/pipes"
	"sshell/pipes/objstore"
	"sshell/remote"
)

const (
	// heardWithin is how long the client may take to say that it reads a stream of the response: some tries of a request.
	heardWithin = 5 * time.Second
	// heardFirst is the pause before the second look for that; each further one is twice as long, up to heardMost. It is there
	// after one way to the client and one to the store.
	heardFirst, heardMost = 2 * time.Millisecond, 250 * time.Millisecond
)

// errUnheard is why a task is stopped whose response nobody reads. That is an invocation that Lambda has delivered twice.
var errUnheard = fmt.Errorf("nobody reads the response: %w", remote.ErrLost)

// goOn makes the stream that an output of the response goes on as, when the client has heard of it.
func (i *invocation) goOn(ctx context.Context, name string) (pipes.Writer, error) {
	if i.req.Heard != "" {
		if err := i.awaitHeard(ctx); err != nil {
			return nil, err
		}
	}
	i.mu.Lock()
	i.went = append(i.went, name)
	i.mu.Unlock()
	return i.streams.Create(ctx, name)
}

// awaitHeard waits for the client's object.
func (i *invocation) awaitHeard(ctx context.Context) error {
	ctx, stop := context.WithTimeoutCause(ctx, heardWithin, errUnheard)
	defer stop()
	for pause := heardFirst; ; pause = min(2*pause, heardMost) {
		if _, err := objstore.Stat(ctx, i.store, i.req.Heard); err == nil {
			return nil
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// removeUnheard removes the streams that the response went on as, if the client has stopped to read, and removed them before:
// it takes its object away first, so that nothing stays.
func (i *invocation) removeUnheard(ctx context.Context) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.went) == 0 || i.req.Heard == "" {
		return
	}
	if _, err := objstore.Stat(ctx, i.store, i.req.Heard); !errors.Is(err, fs.ErrNotExist) {
		return
	}
	for _, name := range i.went {
		_ = i.streams.Remove(ctx, name) // what cannot be removed expires by the bucket's rule
	}
}
