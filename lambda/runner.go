package lambda

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"sshell/interp/plan"
	"sshell/pipes"
	"sshell/pipes/objpipe"
	"sshell/pipes/objstore"
	"sshell/remote"
	"sshell/remote/ship/artifact"
)

// Config is how a Runner is made.
type Config struct {
	Invoker  Invoker
	Function string // name or ARN
	Region   string // for messages
	// Bucket is the name of Store as the function knows it.
	Bucket string
	Store  objstore.Store
	// Buckets are those that the function sees besides; nil for none.
	Buckets objstore.Buckets
	// Transport carries the streams of a run between this process and functions; nil means Streams over Store.
	Transport func(run string) pipes.Transport
	// Arch is the function's processor as GOARCH has it; empty for this machine's.
	Arch string
	// Timeout is what the function is configured with; 0 means MaxTimeout.
	Timeout time.Duration
}

// Runner is a remote.Runner over one function. It may be used from several goroutines, and bounds nothing by itself.
type Runner struct {
	cfg       Config
	id        string // tells the calls of this Runner from those of others
	calls     atomic.Uint64
	shares    shares
	stored    sync.Map // runs with stored parts
	late      late
	nests     nests
	uploader  *artifact.Uploader
	shipments shipments
}

// New makes a Runner. It asks nobody: a function that is missing is found by the first Run.
func New(cfg Config) (*Runner, error) {
	switch {
	case cfg.Function == "":
		return nil, errors.New("lambda: no function is named: make one with sshellctl deploy")
	case cfg.Invoker == nil, cfg.Store == nil:
		return nil, errors.New("lambda: needs a client and a store")
	}
	if cfg.Transport == nil {
		cfg.Transport = func(run string) pipes.Transport { return Streams(cfg.Store, run) }
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = MaxTimeout
	}
	return &Runner{cfg: cfg, id: rand.Text(), uploader: artifact.NewUploader(cfg.Store)}, nil
}

// Streams is the transport of a run's streams through a store, the same at both ends.
func Streams(s objstore.Store, run string) pipes.Transport {
	return objpipe.New(s, "tmp/"+run+"/pipes")
}

// call is one call of Run.
type call struct {
	r       *Runner
	by      Invoker
	task    *remote.Task
	id      string
	streams pipes.Transport
	mark    string // key
	heard   heard
	stdin   *stdin        // nil when the task reads no stream
	given   *remote.Input // what was read of a stream that has no more, nil for none
	outputs []*output
	fate
}

// Run makes an attempt at a task: see remote.Runner, and the package for what is promised.
func (r *Runner) Run(ctx context.Context, t *remote.Task, s remote.Streams) (*remote.Result, error) {
	return r.RunBy(ctx, r.cfg.Invoker, t, s)
}

// RunBy is Run by another Invoker than the Runner's own, of the same account.
func (r *Runner) RunBy(ctx context.Context, by Invoker, t *remote.Task, s remote.Streams) (*remote.Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	id := fmt.Sprintf("%s-%d", r.id, r.calls.Add(1))
	c := &call{r: r, by: by, task: t, id: id, streams: r.cfg.Transport(t.Run), mark: "tmp/" + t.Run + "/cancel/" + id}
	c.heard.key = "tmp/" + t.Run + "/heard/" + id
	payload, err := c.prepare(ctx, s)
	if err != nil {
		c.breakPipe(ctx, err)
		return nil, err
	}
	c.start(ctx)
	ans := c.invoke(ctx, payload)
	result, err := c.settle(ctx, ans, s)
	if err != nil {
		c.breakPipe(ctx, err)
		err = c.unheard(err)
	}
	return result, err
}

// unheard says of the error of an attempt that was lost that nothing was heard of it, where that is so.
func (c *call) unheard(err error) error {
	if !errors.Is(err, remote.ErrLost) {
		return err
	}
	for _, o := range c.outputs {
		if o.heard.Load() {
			return err
		}
	}
	return &remote.UnheardError{Err: err, Taken: c.stdin != nil || c.given != nil, Input: c.given}
}

// returnKey is the key of files that the task gives back.
func (c *call) returnKey() string { return "tmp/" + c.task.Run + "/returned/" + c.id }

// stream names the call's stream for a descriptor.
func (c *call) stream(fd int) string { return fmt.Sprintf("%s/%d", c.id, fd) }

// prepare settles what travels how, and writes the payload.
func (c *call) prepare(ctx context.Context, s remote.Streams) ([]byte, error) {
	t := *c.task
	t.Snapshot, t.Environ = nil, nil
	req := &Request{Run: t.Run, Bucket: c.r.cfg.Bucket, Cancel: c.mark, Heard: c.heard.key}
	if len(t.Return) > 0 {
		req.Return = c.returnKey()
	}
	if t.Output.Kind == remote.StreamOutput {
		req.Stdout = c.stream(1)
	}
	if t.Input.Kind == remote.StreamInput {
		if err := c.openStdin(ctx, s.Stdin, &t, req); err != nil {
			return nil, c.r.notStarted("read standard input: %w", err)
		}
	}
	c.outputs = append(c.outputs, newOutput(req.Stdout, s.Stdout))
	if !sameFile(s.Stdout, s.Stderr) {
		req.Stderr = c.stream(2)
		c.outputs = append(c.outputs, newOutput(req.Stderr, s.Stderr))
	}
	payload, err := c.encode(ctx, &t, req)
	if err == nil {
		return payload, nil
	}
	if c.stdin != nil {
		c.stdin.close()
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return nil, c.r.notStarted("%w", err)
}

// encode writes the payload, and stores what does not fit.
func (c *call) encode(ctx context.Context, t *remote.Task, req *Request) ([]byte, error) {
	what, err := c.r.ship(ctx, c.task)
	if err != nil {
		return nil, err
	}
	t.Dir, req.Programs, req.Manifest = what.dir, what.programs, what.own
	if req.Shared, err = c.r.shares.part(ctx, c.r.cfg.Store, c.task); err != nil {
		return nil, err
	}
	if req.Shared.Digest != "" {
		c.r.stored.Store(t.Run, true)
	}
	task, err := remote.EncodeTask(t)
	if err != nil {
		return nil, fmt.Errorf("write task: %w", err)
	}
	req.Task = Part{Inline: task}
	payload, err := EncodeRequest(req)
	if err != nil || len(payload) <= MaxPayload {
		return payload, err
	}
	c.r.stored.Store(t.Run, true)
	if req.Task, err = Store(ctx, c.r.cfg.Store, t.Run, task); err != nil {
		return nil, err
	}
	return EncodeRequest(req)
}

// start lets the streams flow beside the invocation.
func (c *call) start(ctx context.Context) {
	if c.stdin != nil {
		c.stdin.start(context.WithoutCancel(ctx), c.streams)
	}
	for _, o := range c.outputs {
		if o.name != "" {
			o.start(context.WithoutCancel(ctx), c.streams, c.hear)
		}
	}
}

// settle ends what start began, and says how the attempt ended.
func (c *call) settle(ctx context.Context, ans answer, s remote.Streams) (*remote.Result, error) {
	if c.stdin != nil {
		c.stdin.stop()
	}
	var copied error
	for i, o := range c.outputs {
		if o.name == "" { // the function stores it elsewhere
			continue
		}
		var out Output
		if ans.response != nil {
			out = [...]Output{ans.response.Stdout, ans.response.Stderr}[i]
		}
		copied = errors.Join(copied, o.finish(ans.response != nil, out))
	}
	var taken error
	if ans.response != nil && ctx.Err() == nil {
		taken = c.takeReturned(ctx, ans.response.Returned)
	}
	c.cleanUp(ctx, ans)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case ans.err != nil:
		return nil, ans.err
	case ans.result != nil:
		c.say(s, overtimeAdvice)
		return ans.result, nil
	case ans.response.Failure != nil:
		return nil, c.failure(ans.response.Failure)
	case c.stdin != nil && c.stdin.err != nil:
		return nil, c.r.lost("send standard input: %w", c.stdin.err)
	case copied != nil:
		return nil, fmt.Errorf("%s: %w", c.r.what(), copied)
	case taken != nil:
		return nil, fmt.Errorf("%s: %w", c.r.what(), taken)
	}
	result, err := remote.DecodeResult(ans.response.Result)
	if err != nil {
		return nil, c.r.lost("%w", err)
	}
	if returned := ans.response.Returned; returned != nil && len(returned.Missing) > 0 {
		c.say(s, "nothing to give back: "+strings.Join(returned.Missing, " "))
	}
	if ans.response.Deadline {
		c.say(s, overtimeAdvice)
	}
	return result, nil
}

// failure is what the function says, under its name.
func (c *call) failure(f *Failure) error {
	if f.Kind == Cancelled {
		return c.r.lost("was cancelled by somebody else")
	}
	if f.Kind == Missing { // the next attempt sends it again
		c.r.uploader.Forget()
		c.r.shipments.forget(c.task.Run)
	}
	err := f.Err()
	var no *remote.NotStartedError
	if errors.As(err, &no) {
		if no.Status == plan.StatusMachinery {
			no.Err = fmt.Errorf("%s: %w", c.r.what(), no.Err)
		}
		return no
	}
	return fmt.Errorf("%s: %w", c.r.what(), err)
}

// say writes a line to the task's stderr. A stderr that is gone is nobody's concern here.
func (c *call) say(s remote.Streams, line string) {
	if s.Stderr != nil {
		fmt.Fprintf(s.Stderr, "sshell: %s: %s\n", c.r.what(), line)
	}
}

// shares remembers the part that the tasks of a run share.
type shares struct {
	mu   sync.Mutex
	last *share
}

// share is one part. Tasks that share have the same snapshot and environment, not merely equal ones.
type share struct {
	run      string
	snapshot *plan.Snapshot
	environ  *string // the first of the list
	count    int

	once sync.Once
	part Part
	err  error
}

// inlineShare is how much shared state goes with each task: a request to store more and one for each function to fetch it
// take about as long as 16 KiB take a slow line up, a thousand times.
const inlineShare = 16 << 10

// part gives the part for a task, storing it when it is the first.
func (s *shares) part(ctx context.Context, store objstore.Store, t *remote.Task) (Part, error) {
	key := share{run: t.Run, snapshot: t.Snapshot, count: len(t.Environ)}
	if len(t.Environ) > 0 {
		key.environ = &t.Environ[0]
	}
	s.mu.Lock()
	sh := s.last
	if sh == nil || sh.run != key.run || sh.snapshot != key.snapshot || sh.environ != key.environ || sh.count != key.count {
		sh = &share{run: key.run, snapshot: key.snapshot, environ: key.environ, count: key.count}
		s.last = sh
	}
	s.mu.Unlock()
	// The others need it, whatever becomes of this task.
	sh.once.Do(func() { sh.part, sh.err = encodeShare(context.WithoutCancel(ctx), store, t) })
	if sh.err != nil {
		s.drop(sh) // the next task tries again
	}
	return sh.part, sh.err
}

func (s *shares) drop(sh *share) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == sh {
		s.last = nil
	}
}

// forget drops what is remembered of a run.
func (s *shares) forget(run string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last != nil && s.last.run == run {
		s.last = nil
	}
}

func encodeShare(ctx context.Context, store objstore.Store, t *remote.Task) (Part, error) {
	data, err := plan.Marshal(Shared{Snapshot: t.Snapshot, Environ: t.Environ})
	if err != nil {
		return Part{}, fmt.Errorf("write snapshot: %w", err)
	}
	if len(data) <= inlineShare {
		return Part{Inline: data}, nil
	}
	return Store(ctx, store, t.Run, data)
}

var _ remote.Runner = (*Runner)(nil)
