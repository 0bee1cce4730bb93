package backend

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"sshell/interp/plan"
	"sshell/lambda"
	"sshell/lambda/spread"
	"sshell/pipes/objstore"
	"sshell/remote"
	"sshell/remote/flow"
)

// function is the function of the account, and what is known of it.
type function struct {
	*lambda.Runner
	invoker lambda.Invoker
	bucket  string
	from    string         // where its name is set
	store   objstore.Store // of the bucket
}

// openFunction sets up what runs tasks in the function that the settings name.
func (b *Backend) openFunction() (*function, error) {
	c, err := b.cloud()
	if err != nil {
		return nil, err
	}
	set := c.settings
	if set.Function == "" || set.Bucket == "" {
		return nil, refused("no function is known: run sshellctl deploy, or set SSHELL_FUNCTION and SSHELL_BUCKET")
	}
	if c.aws.Region == "" {
		return nil, refused("no region: set AWS_REGION, or region in .sshell.toml")
	}
	store, err := c.buckets.Bucket(context.Background(), set.Bucket)
	if err != nil {
		return nil, fmt.Errorf("bucket %s: %w", set.Bucket, err)
	}
	invoker := spread.New(lambda.NewInvoker(c.aws))
	r, err := lambda.New(lambda.Config{
		Invoker: invoker, Function: set.Function, Region: c.aws.Region,
		Bucket: set.Bucket, Store: store, Buckets: c.buckets, Arch: set.Arch, Timeout: set.Timeout,
	})
	if err != nil {
		return nil, err
	}
	return &function{r, invoker, set.Bucket, set.From("bucket"), store}, nil
}

// partingTime bounds the wait for functions that were told to stop when the agent ends: they look every 2 s
// (lambda.LookEvery), and then stop what they run.
const partingTime = 6 * time.Second

// Close waits a while for functions that may still write. No segment may be under way.
func (b *Backend) Close(ctx context.Context) error {
	b.mu.Lock()
	opened := b.opened
	b.mu.Unlock()
	if opened == nil {
		return nil
	}
	ctx, stop := context.WithTimeout(ctx, partingTime)
	defer stop()
	return opened.Close(ctx)
}

// run is the part of a Runner that one unit of a segment uses: what its tasks share is removed at its end.
type run struct {
	*function
	keep     func(name string) bool // says of a variable that looks like a secret whether it travels
	together *spread.Together       // puts tasks into one function, nil for one function each

	mu   sync.Mutex
	ids  map[string]bool
	from remote.Task // whose Snapshot and Environ were filtered
	to   remote.Task
}

// newRun gives the function's Runner for a unit of a segment.
func (b *Backend) newRun(_ plan.Target, o flow.RunnerOptions) (remote.Runner, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.opened == nil {
		f, err := b.openFunction()
		if err != nil {
			return nil, err
		}
		b.opened = f
	}
	r := &run{function: b.opened, keep: allowed(o.Env), ids: make(map[string]bool)}
	if o.Procs > 1 {
		r.together = spread.NewTogether(b.opened.invoker, o.Procs, o.Places)
	}
	return r, nil
}

// Run implements remote.Runner.
func (r *run) Run(ctx context.Context, t *remote.Task, s remote.Streams) (*remote.Result, error) {
	level, err := deeper()
	if err != nil {
		return nil, err
	}
	t = r.filter(t)
	t.Env = append(t.Env[:len(t.Env):len(t.Env)], level)
	result, err := r.start(ctx, t, s)
	if err != nil && ctx.Err() == nil && mayBeBuckets(err) {
		if why := r.unusable(ctx); why != nil {
			return nil, why
		}
	}
	return result, err
}

// start runs a task with the input that it reads by name.
func (r *run) start(ctx context.Context, t *remote.Task, s remote.Streams) (*remote.Result, error) {
	drop, err := r.send(ctx, t)
	if err != nil {
		return nil, err
	}
	defer drop()
	if r.together == nil || len(t.Return) > 0 { // what one gives back must not be another's
		return r.function.Run(ctx, t, s)
	}
	return r.function.RunBy(ctx, r.together.For(ctx), t, s)
}

// unusable says what is wrong with the bucket, or nil. It is asked where something failed, which may show far from its cause:
// in the function, at a stream or an artifact.
func (f *function) unusable(ctx context.Context) error {
	const key = "tmp/none"
	body, err := f.store.Get(ctx, key, 0, 1)
	switch {
	case err == nil:
		return body.Close()
	case errors.Is(err, fs.ErrNotExist), ctx.Err() != nil:
		return nil
	}
	return refused("bucket %s (%s): %w", f.bucket, f.from, bare(err))
}

// mayBeBuckets reports whether an error may be the bucket's fault: a task was lost, or something could not be stored for it. What
// Lambda itself refuses is not.
func mayBeBuckets(err error) bool {
	return !errors.As(err, new(*remote.NotStartedError)) || errors.As(err, new(*fs.PathError))
}

// Close removes what the tasks shared.
func (r *run) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	ctx, stop := context.WithTimeout(context.Background(), partingTime)
	defer stop()
	var all error
	for id := range r.ids {
		all = errors.Join(all, r.function.End(ctx, id))
	}
	return all
}
