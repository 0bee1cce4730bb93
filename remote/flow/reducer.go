package flow

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"sshell/interp/plan"
	"sshell/remote"
	"sshell/remote/ledger"
	"sshell/remote/sched"
)

// reducing is what the tasks of one reduce have in common.
type reducing struct {
	s       *segment
	o       *reduceOptions
	name    string // the stage's
	command *command
	ctx     context.Context
	cancel  context.CancelCauseFunc
	stderr  *os.File
	out     *sink
	stdout  *os.File // what out writes to
	merged  bool     // standard error is standard output
	store   *store
	stored  bool  // tasks store their outputs, but for those that go to out
	to      taker // where the outputs go instead of out, nil for there
	slots   int

	jobs    chan *node
	seq     atomic.Int64
	running sync.WaitGroup
	err     error // of the scheduler, once running is done

	mu     sync.Mutex
	failed *node // the first that failed
	last   *node
}

// node is one task of a reduce: it reads outputs, one after the other.
type node struct {
	r      *reducing
	seq    int64
	input  []*heldOutput
	entry  *entry
	status plan.Status
	object string // where the attempts store their outputs, if they do

	feed   *pipeFeed
	stdout *pump
}

// begin runs the tasks that come until jobs is closed.
func (r *reducing) begin(runner remote.Runner) {
	c := sched.Config{
		Runner: runner, Ledger: ledger.New(r.s.id, nil), Slots: r.slots, Same: r.command.same(), Timeout: r.o.timeout,
	}
	r.running.Go(func() {
		sum, err := sched.Run(r.ctx, c, r.next)
		if err == nil && sum.NotStarted != nil {
			complain(r.stderr, r.name, sum.NotStarted)
			r.mu.Lock()
			r.failed = &node{status: sum.NotStarted.Status}
			r.last = nil
			r.mu.Unlock()
			err = errNotStarted
		}
		if err != nil {
			r.cancel(err)
		}
		r.err = err
	})
}

// errNotStarted ends a reduce whose command cannot be started; the message has been written.
var errNotStarted = errors.New("not started")

func (r *reducing) next(ctx context.Context, _ int) (sched.Job, error) {
	select {
	case n, ok := <-r.jobs:
		if !ok {
			return nil, io.EOF
		}
		return n, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// submit queues a task that reads input, whose owner it becomes, and writes to entry.
func (r *reducing) submit(input []*heldOutput, e *entry) error {
	n := &node{r: r, seq: r.seq.Add(1), input: input, entry: e}
	r.mu.Lock()
	r.last = n
	r.mu.Unlock()
	select {
	case r.jobs <- n:
		return nil
	case <-r.ctx.Done():
		n.drop()
		e.o.end(e, abandoned)
		return context.Cause(r.ctx)
	}
}

// finish waits for the tasks and returns the stage's status: the last task's, or that of the first that failed.
func (r *reducing) finish() (plan.Status, error) {
	close(r.jobs)
	r.running.Wait()
	for n := range r.jobs {
		n.drop()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	status := 0
	switch {
	case r.last != nil && r.last.status != 0:
		status = r.last.status
	case r.failed != nil:
		status = r.failed.status
	}
	if errors.Is(r.err, errNotStarted) {
		return status, nil
	}
	return status, r.err
}

// newOrder returns an order for outputs of tasks.
func (r *reducing) newOrder(deliver func(*heldOutput) error) *order {
	c := orderConfig{store: r.store, deliver: deliver, live: true, replays: r.s.Target != plan.Local, fail: r.cancel}
	switch {
	case deliver != nil:
	case r.to != nil:
		c.deliver = r.to.add
	default:
		c.out = r.out
	}
	return newOrder(c)
}

// Seq implements sched.Job.
func (n *node) Seq() int64 { return n.seq }

// Start implements sched.Job.
func (n *node) Start(attempt int) (*remote.Task, remote.Streams, error) {
	r := n.r
	stage, _, err := r.command.fill(values{})
	if err == nil && attempt == 0 {
		err = r.s.tasks.take(1)
	}
	if err != nil {
		return nil, remote.Streams{}, err
	}
	t := r.s.task(stage)
	t.ID, t.Attempt, t.Artifacts = int(n.seq-1), attempt, r.s.artifacts(r.command, r.o.with)
	t.Limits.Memory = int64(r.o.memory) * mib
	t.Input.Kind = remote.StreamInput
	t.Env = append(roleEnv(roleReducer, r.o.roleVar), "SSHELL_RUN="+r.s.id, "SSHELL_TASK="+strconv.Itoa(t.ID),
		"SSHELL_ATTEMPT="+strconv.Itoa(attempt))
	t.Env = append(t.Env, r.s.tasks.env(0)...)
	s := remote.Streams{Stdout: r.stdout, Stderr: r.stderr}
	if n.stores() {
		if t.Output, err = n.output(attempt); err != nil {
			return nil, remote.Streams{}, err
		}
	} else {
		if n.stdout, err = newPump(n.entry, true); err != nil {
			return nil, remote.Streams{}, err
		}
		s.Stdout = n.stdout.w
	}
	if r.merged {
		s.Stderr = s.Stdout
	}
	if pieces := n.pieces(); pieces != nil {
		t.Input = remote.Input{Kind: remote.PiecesInput, Pieces: pieces}
		return t, s, nil
	}
	if n.feed, err = startPipeFeed(r.store, n.input); err != nil {
		if n.stdout != nil {
			n.stdout.end(r.ctx, true)
		}
		return nil, remote.Streams{}, err
	}
	s.Stdin = n.feed.r
	return t, s, nil
}

// stores reports whether the node's task stores its output.
func (n *node) stores() bool { return n.r.stored && n.entry.o.deliver != nil }

// output is where an attempt stores its output.
func (n *node) output(attempt int) (remote.Output, error) {
	r := n.r
	if n.object == "" {
		bucket := r.s.scratch.storer.Scratch()
		if r.to != nil { // which only the last of a tree needs; that costs the others nothing
			bucket = r.to.bucket()
		}
		var err error
		if n.object, err = r.s.scratch.object(r.ctx, bucket); err != nil {
			return remote.Output{}, err
		}
	}
	return r.s.scratch.output(n.object, attempt), nil
}

// pieces are what the node's task reads, if tasks have stored it.
func (n *node) pieces() []remote.Piece {
	var all []remote.Piece
	for _, h := range n.input {
		all = append(all, h.pieces...)
	}
	return all
}

// End implements sched.Job.
func (n *node) End(o sched.Outcome, a *ledger.Attempt) error {
	var err error
	if n.feed != nil {
		if feedErr := n.feed.end(); o.Err == nil && !o.TimedOut() {
			err = feedErr
		}
		n.feed = nil
	}
	if n.stdout != nil {
		stopped := o.Verdict == sched.Cancelled || o.TimedOut() || errors.Is(o.Err, remote.ErrLost)
		if pumpErr := n.stdout.end(n.r.ctx, stopped); err == nil {
			err = pumpErr
		}
		n.stdout = nil
	}
	switch o.Verdict {
	case sched.Again:
		if resetErr := n.entry.reset(); err == nil {
			err = resetErr
		}
		return err
	case sched.Final:
		n.note(o)
		if n.stores() {
			n.entry.adopt(storedOutput(o.Result))
		}
		if wholeErr := n.entry.whole(); err == nil {
			err = wholeErr
		}
		n.entry.o.end(n.entry, kept)
	default:
		n.entry.o.end(n.entry, abandoned)
	}
	n.drop()
	return err
}

// note takes account of a task's status.
func (n *node) note(o sched.Outcome) {
	r := n.r
	switch {
	case o.Err != nil:
		complain(r.stderr, r.name, o.Err)
	case o.TimedOut():
		complain(r.stderr, r.name, fmt.Errorf("task %d: timed out after %v", n.seq, o.Wall.Round(time.Millisecond)))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	n.status = o.Status
	if o.Failed() && (r.failed == nil || n.seq < r.failed.seq) {
		r.failed = n
	}
}

func (n *node) drop() {
	for _, h := range n.input {
		n.r.store.drop(h)
	}
	n.input = nil
}

// pipeFeed writes outputs into a pipe that a task reads.
type pipeFeed struct {
	r, w    *os.File
	stopped *waker
	done    chan error
}

func startPipeFeed(s *store, input []*heldOutput) (*pipeFeed, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	f := &pipeFeed{r: r, w: w, done: make(chan error, 1)}
	if f.stopped, err = newWaker(); err != nil {
		closeAll([]*os.File{r, w})
		return nil, err
	}
	out, err := newSink(w, f.stopped)
	if err != nil {
		closeAll([]*os.File{r, w})
		f.stopped.close()
		return nil, err
	}
	go func() {
		defer w.Close()
		for _, h := range input {
			if err := s.send(h, out); err != nil {
				f.done <- err
				return
			}
		}
		f.done <- nil
	}()
	return f, nil
}

// end ends the feed of a task that has ended. That it did not read everything is no error.
func (f *pipeFeed) end() error {
	f.r.Close()
	f.stopped.wake()
	err := <-f.done
	f.stopped.close()
	if errors.Is(err, errGone) || errors.Is(err, errStopped) {
		return nil
	}
	return err
}
