package worker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"sshell/interp"
	"sshell/interp/plan"
	"sshell/interp/quote"
	"sshell/remote"
)

// attempt is one try at a task.
type attempt struct {
	w      *Worker
	task   *remote.Task
	in     Input
	env    environ
	stages []*process
	stdin  *os.File // of the first stage
	stdout *os.File
	stderr *os.File

	group   int           // the process group, 0 before there is one
	began   time.Time     // when the first stage was started
	done    chan struct{} // closed when every stage has ended
	fed     chan struct{} // closed when Feed has returned, nil when it was not called
	feedErr error         // set before fed is closed

	mu      sync.Mutex
	why     reason        // why the attempt is stopped
	stopped chan struct{} // closed when it is; nil while why is running
	ended   bool          // all stages have ended: too late to stop
	guarded bool          // the group is in the guard's care
}

// reason is why an attempt is stopped before its end.
type reason uint8

const (
	running   reason = iota
	cancelled        // the context ended
	timedOut         // Limits.Timeout passed
	broken           // the input cannot be had
)

// prepare settles what is needed before anything is started.
func (a *attempt) prepare(s remote.Streams) error {
	if len(a.task.Stages) == 0 {
		return errors.New("task has no stages")
	}
	if a.task.Limits.Memory > 0 && !canLimitMemory {
		return errors.New("limit memory: this system cannot bound the memory of a process")
	}
	a.env = a.w.environs.merge(a.task.Environ, a.task.Env)
	a.stdin, a.stdout, a.stderr = a.w.null, s.Stdout, s.Stderr
	if a.stdout == nil {
		a.stdout = a.w.null
	}
	if a.stderr == nil {
		a.stderr = a.w.null
	}
	switch {
	case a.in != nil:
		a.stdin = a.in.File()
	case a.task.Input.Kind == remote.StreamInput && s.Stdin != nil && !isTerminal(s.Stdin):
		a.stdin = s.Stdin
	case a.task.Input.Kind == remote.ChunkInput || a.task.Input.Kind == remote.InlineInput:
		return errors.New("task has an input that nobody opened")
	}
	if a.w.cfg.Isolate {
		a.stages = []*process{{isolated: true}}
		return nil
	}
	a.stages = make([]*process, len(a.task.Stages))
	for i := range a.stages {
		a.stages[i] = &process{stage: a.runnable(&a.task.Stages[i])}
	}
	return nil
}

// runnable gives a stage as it can be run here: what is no program in this root may be a word that the shell runs itself, as
// echo is in the root of a task that shipped none.
func (a *attempt) runnable(st *remote.Stage) *remote.Stage {
	if len(st.Argv) == 0 || len(a.w.cfg.Self) == 0 || !interp.IsBuiltin(st.Argv[0]) {
		return st
	}
	env := a.env
	if len(st.Env) > 0 {
		env = env.with(st.Env)
	}
	if _, _, err := a.w.programs.find(st.Argv[0], env.path(), a.task.Dir); err == nil {
		return st
	}
	words := make([]string, len(st.Argv))
	for i, arg := range st.Argv {
		words[i] = quote.Single(arg)
	}
	return &remote.Stage{Source: strings.Join(words, " "), Env: st.Env}
}

// abandon releases the input of an attempt that starts nothing.
func (a *attempt) abandon() {
	if a.in != nil {
		a.in.File().Close()
		a.in.Stop()
		a.in.End()
	}
}

// run starts the stages, sees them to their end and collects what there is to say.
func (a *attempt) run(ctx context.Context) (*remote.Result, error) {
	a.began = time.Now()
	if err := a.start(); err != nil {
		go a.stop(broken)
		a.await()
		a.endInput()
		return nil, err
	}
	unwatch := context.AfterFunc(ctx, func() { a.stop(cancelled) })
	defer unwatch()
	if limit := a.task.Limits.Timeout; limit > 0 && !a.w.cfg.Isolate {
		defer time.AfterFunc(limit, func() { a.stop(timedOut) }).Stop()
	}
	if cfg := a.w.cfg; len(cfg.Self) > 0 && !cfg.Isolate && !cfg.Contained {
		defer time.AfterFunc(guardAfter, a.guard).Stop()
	}
	if a.in != nil {
		a.fed = make(chan struct{})
		go a.feed()
	}
	a.order()
	a.await()
	n, err := a.endInput()
	switch {
	case a.why == cancelled:
		return nil, ctx.Err()
	case a.feedErr != nil && a.why == broken:
		return nil, a.feedErr
	case err != nil:
		return nil, err
	}
	return a.result(n)
}

// isTerminal reports whether a file is a terminal: only those have a size in characters.
func isTerminal(f *os.File) bool {
	_, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	return err == nil
}

func (a *attempt) feed() {
	defer close(a.fed)
	if err := a.in.Feed(); err != nil {
		a.feedErr = err
		a.stop(broken)
	}
}

// guard puts the attempt's group into the guard's care, unless it is stages of source alone, which have their own.
func (a *attempt) guard() {
	if !slices.ContainsFunc(a.stages, func(p *process) bool { return p.pid != 0 && p.talk == nil }) {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.ended {
		a.guarded = a.w.protect(a.group)
	}
}

// endInput releases the input when nobody reads it any more.
func (a *attempt) endInput() (int64, error) {
	if a.in == nil {
		return 0, nil
	}
	a.in.Stop()
	if a.fed != nil {
		<-a.fed
	}
	return a.in.End()
}

// await waits until all stages have ended, and until whoever stops them is done. Only then it reaps them: until then
// their numbers and their group's are nobody else's.
func (a *attempt) await() {
	for _, p := range a.stages {
		if p.pid != 0 {
			p.await()
		}
	}
	a.mu.Lock()
	a.ended = true
	stopped, guarded := a.stopped, a.guarded
	a.mu.Unlock()
	close(a.done)
	if stopped != nil {
		<-stopped
	}
	if guarded {
		a.w.unprotect(a.group)
	}
	for _, p := range a.stages {
		if p.pid != 0 {
			p.reap()
		}
		if p.talk != nil {
			p.reply, p.crash = p.talk.hear()
			p.settleOrder()
		}
	}
}

// result puts together what the stages say.
func (a *attempt) result(in int64) (*remote.Result, error) {
	r := &remote.Result{In: in, Start: a.began, Wall: time.Since(a.began), TimedOut: a.why == timedOut}
	if p := a.stages[0]; p.isolated {
		return p.isolatedResult(r)
	}
	for i, p := range a.stages {
		if err := p.settle(a.task.Limits.Memory > 0); err != nil {
			return nil, fmt.Errorf("worker of stage %d: %w", i+1, err)
		}
		if p.failure != nil && len(a.stages) == 1 {
			return nil, p.failure
		}
		if r.TimedOut && p.overtime {
			p.status = statusTimedOut
		}
		r.Statuses = append(r.Statuses, p.status)
		r.Signal = p.signal
		r.User += time.Duration(p.usage.Utime.Nano())
		r.System += time.Duration(p.usage.Stime.Nano())
		r.MaxRSS = max(r.MaxRSS, int64(p.usage.Maxrss)*rssUnit)
	}
	return r, nil
}

// statusTimedOut is the status of a stage whose time was up, as of timeout(1).
const statusTimedOut plan.Status = 124

// start starts the stages, each with its pipe to the next. When it fails, those before may run.
func (a *attempt) start() error {
	in := a.stdin
	defer func() {
		if a.in != nil {
			a.in.File().Close()
		}
	}()
	for i, p := range a.stages {
		out, next := a.stdout, (*os.File)(nil)
		if i < len(a.stages)-1 {
			r, w, err := newPipe()
			if err != nil {
				return fmt.Errorf("join stages: %w: %w", err, remote.ErrLost)
			}
			out, next = w, r
		}
		err := a.startStage(p, in, out)
		if i > 0 {
			in.Close()
		}
		if next != nil {
			out.Close()
		}
		in = next
		if err != nil && len(a.stages) == 1 {
			return err
		}
		if err != nil {
			a.say(p, err)
		}
	}
	return nil
}

// say reports a stage that could not be started where its neighbours could: the stage has a status like theirs.
func (a *attempt) say(p *process, err error) {
	p.status = plan.StatusMachinery
	var no *remote.NotStartedError
	if errors.As(err, &no) {
		p.status = no.Status
	}
	fmt.Fprintf(a.stderr, "sshell: %v\n", err)
}

// startStage starts one stage in the attempt's group.
func (a *attempt) startStage(p *process, in, out *os.File) error {
	files := []uintptr{in.Fd(), out.Fd(), a.stderr.Fd()}
	var err error
	if p.isolated || p.stage.Argv == nil {
		err = a.startWorker(p, files)
	} else {
		err = a.startProgram(p, files)
	}
	if err != nil {
		return err
	}
	if a.group == 0 {
		a.group = p.pid
	}
	if limit := a.task.Limits.Memory; limit > 0 && !p.isolated {
		if err := limitMemory(p.pid, limit); err != nil && err != syscall.ESRCH {
			return fmt.Errorf("limit memory: %w: %w", err, remote.ErrLost)
		}
	}
	return nil
}
