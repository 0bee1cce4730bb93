package lambda

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"sync"
	"time"

	"sshell/interp/plan"
	"sshell/pipes"
	"sshell/pipes/objstore"
	"sshell/remote"
)

// tidyFor bounds the requests that remove what a call stored: after that the bucket's rule removes it.
const tidyFor = 10 * time.Second

// fate is what may become of the function of a call.
type fate struct {
	mu   sync.Mutex
	told bool      // there is a mark
	put  bool      // there may be one: a request that failed may have stored it
	stop bool      // it tells the function to stop
	over bool      // it was removed, or there will be none
	end  time.Time // when it is gone at the latest
}

func (f *fate) setDeadline(t time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.end = t
}

func (f *fate) deadline() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.end
}

// tell puts the mark that stops the function.
func (c *call) tell(ctx context.Context) error { return c.putMark(ctx, StopMark) }

// leave puts the mark that says that nobody reads an output any more. Without it the function writes on, to nobody.
func (c *call) leave(fd int) { _ = c.putMark(context.Background(), strconv.Itoa(fd)) }

// putMark puts the mark with a text, unless it says already that the function is to stop.
func (c *call) putMark(ctx context.Context, text string) error {
	ctx, done := context.WithTimeout(ctx, tidyFor)
	defer done()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stop || c.over {
		return nil
	}
	c.put = true
	if err := c.r.cfg.Store.Put(ctx, c.mark, strings.NewReader(text), int64(len(text)), false); err != nil {
		return fmt.Errorf("cancel: %w", err)
	}
	c.told, c.stop = true, text == StopMark
	return nil
}

// cleanUp removes what the call stored, now if its function has answered, else when it is known to be gone.
func (c *call) cleanUp(ctx context.Context, ans answer) {
	ctx = context.WithoutCancel(ctx)
	if ans.response == nil || ans.response.Failure != nil || ans.response.Deadline || ans.response.Killed {
		c.r.nests.suspect(c.task.Run)
	}
	if ans.gone {
		c.remove(ctx, ans.response)
		return
	}
	// A mark that cannot be put leaves the function its whole time, and the clean-up waits for that.
	_ = c.tell(ctx)
	c.r.late.add(ctx, c)
}

// remove removes the call's streams and its mark. What cannot be removed expires by the bucket's rule.
func (c *call) remove(ctx context.Context, response *Response) {
	ctx, stop := context.WithTimeout(ctx, tidyFor)
	defer stop()
	if c.stdin != nil {
		_ = c.streams.Remove(ctx, c.stdin.name)
	}
	c.unhear(ctx) // first: a function that ends later removes its streams itself
	for i, o := range c.outputs {
		if response == nil || [...]Output{response.Stdout, response.Stderr}[i].Streamed {
			_ = c.streams.Remove(ctx, o.name)
		}
	}
	if len(c.task.Return) > 0 {
		_ = c.r.cfg.Store.Delete(ctx, c.returnKey())
	}
	c.mu.Lock()
	put := c.put
	c.over = true
	c.mu.Unlock()
	if put {
		// Who put it may have taken all the time.
		ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), tidyFor)
		defer stop()
		_ = c.r.cfg.Store.Delete(ctx, c.mark)
	}
}

// breakPipe tells the task that reads this one's output that there will be no more of it, since a function that was killed could
// not. A command that did not start wrote nothing, and its stream has an end that others give it.
func (c *call) breakPipe(ctx context.Context, cause error) {
	var no *remote.NotStartedError
	if c.task.Output.Kind != remote.PipeOutput || errors.As(cause, &no) && no.Status != plan.StatusMachinery {
		return
	}
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), tidyFor)
	defer stop()
	// A store that does not answer leaves the reader to its own function's time.
	broken := &pipes.Broken{Cause: cause.Error()}
	if errors.Is(cause, remote.ErrLost) {
		broken.Next = c.task.Output.Next
	}
	_ = c.streams.Break(ctx, c.task.Output.Stream, broken)
}

// late are the calls whose functions may still run.
type late struct {
	mu      sync.Mutex
	closing chan struct{}
	closed  bool
	group   sync.WaitGroup
}

// add looks after a call until its function is gone, or the Runner is closed.
func (l *late) add(ctx context.Context, c *call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closing == nil {
		l.closing = make(chan struct{})
	}
	closing := l.closing
	l.group.Go(func() {
		c.await(ctx, closing)
		c.remove(ctx, nil)
		c.r.removeNested(ctx, c.task.Run, false)
	})
}

// await waits until the function has removed its mark, or its deadline has passed.
func (c *call) await(ctx context.Context, closing <-chan struct{}) {
	end := time.NewTimer(time.Until(c.deadline()))
	defer end.Stop()
	look := time.NewTicker(LookEvery)
	defer look.Stop()
	for {
		select {
		case <-look.C:
			c.mu.Lock()
			told := c.told
			c.mu.Unlock()
			if _, err := objstore.Stat(ctx, c.r.cfg.Store, c.mark); told && errors.Is(err, fs.ErrNotExist) {
				return
			}
		case <-end.C:
			return
		case <-closing:
			return
		}
	}
}

// Close waits for the functions of calls that were lost or cancelled to be gone, as long as ctx lasts, and removes what they
// stored. No Run may be under way.
func (r *Runner) Close(ctx context.Context) error {
	gone := make(chan struct{})
	go func() {
		r.late.group.Wait()
		close(gone)
	}()
	select {
	case <-gone:
		return nil
	case <-ctx.Done():
	}
	r.late.mu.Lock()
	if !r.late.closed && r.late.closing != nil {
		r.late.closed = true
		close(r.late.closing)
	}
	r.late.mu.Unlock()
	<-gone
	return fmt.Errorf("lambda: functions that were lost may still write: %w", ctx.Err())
}

// nests are the runs whose tasks may have left what they themselves had started: functions that were killed could not see to it.
type nests struct {
	mu   sync.Mutex
	runs map[string]bool // whether the run has ended
}

// suspect notes a run.
func (n *nests) suspect(run string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.runs == nil {
		n.runs = make(map[string]bool)
	}
	if _, known := n.runs[run]; !known {
		n.runs[run] = false
	}
}

// over reports whether a run is among them and has ended, as ending says, or was said before.
func (n *nests) over(run string, ending bool) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	ended, suspected := n.runs[run]
	if suspected && ending {
		n.runs[run] = true
	}
	return suspected && (ended || ending)
}

// removeNested removes what is stored of the runs below one that is ending, or has ended. Their functions that still run find it
// gone, and leave nothing either.
func (r *Runner) removeNested(ctx context.Context, run string, ending bool) error {
	if !r.nests.over(run, ending) {
		return nil
	}
	ctx, stop := context.WithTimeout(ctx, tidyFor)
	defer stop()
	if err := objstore.RemoveAll(ctx, r.cfg.Store, "tmp/"+run+"."); err != nil {
		return fmt.Errorf("remove nested runs: %w", err)
	}
	return nil
}

// End removes what the tasks of a run shared, and the runs below it that were not removed by those who started them. None of its
// tasks may be under way.
func (r *Runner) End(ctx context.Context, run string) error {
	return errors.Join(r.removeNested(ctx, run, true), r.removeParts(ctx, run))
}

func (r *Runner) removeParts(ctx context.Context, run string) error {
	r.shipments.forget(run)
	if _, any := r.stored.LoadAndDelete(run); !any {
		return nil
	}
	var keys []string
	for o, err := range r.cfg.Store.List(ctx, PartKey(run, "")) {
		if err != nil {
			return fmt.Errorf("list parts: %w", err)
		}
		keys = append(keys, o.Key)
	}
	if len(keys) == 0 {
		return nil
	}
	r.shares.forget(run)
	if err := r.cfg.Store.Delete(ctx, keys...); err != nil {
		return fmt.Errorf("remove parts: %w", err)
	}
	return nil
}
