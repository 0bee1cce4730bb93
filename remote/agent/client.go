package agent

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"sshell/interp/plan"
)

// Config is how a Client finds and starts its agent. Program and Build must be set.
type Config struct {
	// Program is the name of the agent's program. It is looked for beside the file that Beside names, then on the PATH of
	// the segment; SSHELL_AGENT among the segment's exported variables names another one.
	Program string
	Beside  string
	// Args are the program's arguments. SocketFlag and a number are added, which the program hands to Socket.
	Args []string
	// Build is the build of this program: an agent of another is refused.
	Build string
	// Patience bounds the time that an agent has to say hello; 0 stands for half a minute.
	Patience time.Duration
	// StopTime bounds the time that an agent has to stop a segment whose context has ended, before it is killed; 0 stands for
	// ten seconds.
	StopTime time.Duration
}

// stopTime is Config.StopTime unless it says otherwise: functions look every two seconds whether they are to stop, and what
// was stored is removed then.
const stopTime = 10 * time.Second

// patience is Config.Patience unless it says otherwise. An agent says hello before it does anything else: it takes
// longer on a machine that hardly runs anything any more.
const patience = 30 * time.Second

// Client runs segments in an agent. It implements plan.Segments and plan.Explainer, and may be used concurrently. It starts
// nothing before it is used.
type Client struct {
	cfg   Config
	named atomic.Bool // Files was called

	mu      sync.Mutex
	current *link // the agent that takes the next segment, nil while there is none
}

// New returns a Client.
func New(cfg Config) *Client {
	if cfg.Patience == 0 {
		cfg.Patience = patience
	}
	if cfg.StopTime == 0 {
		cfg.StopTime = stopTime
	}
	return &Client{cfg: cfg}
}

// Run implements plan.Segments. When ctx ends it asks the agent to stop and waits for its answer. An error wraps
// remote.ErrLost if the agent ended first, and is a *remote.NotStartedError if there was no agent to run the segment;
// others are those of the agent's own plan.Segments, which have their text and, if it is one of package remote's or
// package context's, their kind.
func (c *Client) Run(ctx context.Context, seg plan.Segment) ([]plan.Status, error) {
	a, err := c.call(ctx, kindRun, seg)
	if err != nil {
		return nil, err
	}
	if o, ok := seg.Out.(*created); ok && a.Content != nil {
		o.Make(*a.Content)
	}
	return a.Statuses, a.failure(ctx)
}

// ReadsObjects implements plan.ObjectReader: the agent reads the objects that it has given names to.
func (c *Client) ReadsObjects(plan.Target) bool { return c.named.Load() }

// Explain implements plan.Explainer. There are no lines if the agent cannot explain.
func (c *Client) Explain(ctx context.Context, seg plan.Segment) ([]string, error) {
	seg.Stdin, seg.Stdout, seg.Stderr = nil, nil, nil
	a, err := c.call(ctx, kindExplain, seg)
	if err != nil {
		return nil, err
	}
	return a.Lines, a.failure(ctx)
}

// failure is the error of an answer. An agent that was stopped from outside says so with an error that would look as if our
// context had ended.
func (a *answer) failure(ctx context.Context) error {
	switch {
	case !a.Failed || a.Fault != canceledFault && a.Fault != timeoutFault:
		return a.err()
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return fmt.Errorf("agent: stopped: %s", a.Error)
}

// call has the agent do something with a segment.
func (c *Client) call(ctx context.Context, k kind, seg plan.Segment) (*answer, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r, files := newRequest(seg)
	body, err := plan.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("agent: send segment: %w", err)
	}
	dir := ""
	if seg.Snapshot != nil {
		dir = seg.Snapshot.Dir
	}
	return c.send(ctx, k, exported(seg.Snapshot), dir, body, files)
}

// send sends a call to the agent for an environment, and waits for its answer.
func (c *Client) send(ctx context.Context, k kind, env []string, dir string, body []byte, files []*os.File) (*answer, error) {
	// An agent that died since its last segment may only show when it is sent the next.
	for tries := 2; ; {
		l, id, heard := c.link(env, dir)
		a, err := l.call(ctx, k, id, heard, body, files)
		if tries--; tries == 0 || !errors.Is(err, errCut) {
			return a, err
		}
	}
}

// link gives the agent for an environment, starting one if there is none, and begins a call there.
func (c *Client) link(env []string, dir string) (l *link, id uint64, heard <-chan reply) {
	want := settings(env)
	c.mu.Lock()
	defer c.mu.Unlock()
	if l = c.current; l != nil {
		if l.settings == want {
			if id, heard = l.begin(); heard != nil {
				return l, id, heard
			}
		}
		l.retire()
	}
	l = newLink(want, c.cfg.StopTime)
	c.current = l
	id, heard = l.begin()
	go l.live(&c.cfg, env, dir)
	return l, id, heard
}

// Close hangs up and waits until the agent has ended; nothing may run. A Client that is not closed takes its agent with it
// when its process ends.
func (c *Client) Close() error {
	c.mu.Lock()
	l := c.current
	c.current = nil
	c.mu.Unlock()
	if l == nil {
		return nil
	}
	l.retire()
	<-l.gone
	return nil
}

var _ interface {
	plan.Segments
	plan.Explainer
} = (*Client)(nil)

// program is an agent that has been started.
type program struct {
	path    string
	process *os.Process
	socket  *conn
	stderr  *os.File // what it says on its standard error
}
