package handler

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"sshell/lambda"
	"sshell/pipes"
	"sshell/pipes/objstore"
	"sshell/remote"
	"sshell/remote/ship/artifact"
	"sshell/remote/worker"
)

// invocation is one request on its way to a response.
type invocation struct {
	h         *Handler
	req       *lambda.Request
	live      *lambda.Live
	store     objstore.Store
	streams   pipes.Transport
	task      *remote.Task
	held      *artifact.Held // artifacts, nil for none
	short     bool           // its time ends with the function's, not by a limit of its own
	sinks     []*sink
	count     string                      // the file where the tasks are counted that the task starts, empty without a share
	end       func(context.Context) error // ends the processes that are left, if nobody else's attempt is under way
	survivors error                       // why processes of the task may live on

	mu   sync.Mutex
	went []string // streams that the response went on as
}

// errCancelled is why a task is stopped whose mark was found.
var errCancelled = errors.New("cancelled")

// run makes the attempt.
func (i *invocation) run(ctx context.Context) *lambda.Response {
	defer i.release()
	return i.respond(ctx, i.prepare(ctx))
}

// release gives the task's artifacts back.
func (i *invocation) release() {
	if i.held != nil {
		i.held.Release()
	}
}

// respond makes the attempt, unless the task could not be prepared.
func (i *invocation) respond(ctx context.Context, err error) *lambda.Response {
	var result *remote.Result
	if err == nil {
		result, err = i.attempt(ctx)
	}
	response := &lambda.Response{Killed: i.h.killed.Load()}
	if i.survivors != nil {
		return response // the outputs may have no end
	}
	failed := err
	for n, s := range slices.Backward(i.sinks) { // standard output last: it may be committed
		out, err := s.finish(&result, failed)
		if err != nil && failed == nil {
			result, failed = nil, fmt.Errorf("send output: %w: %w", err, remote.ErrLost)
		}
		*[...]*lambda.Output{&response.Stdout, &response.Stderr}[n] = out
	}
	i.forget(ctx)
	i.removeUnheard(ctx)
	if failed == nil {
		response.Returned, failed = i.giveBack(ctx)
	}
	if failed == nil {
		i.started(result)
		response.Result, failed = remote.EncodeResult(result)
		response.Deadline = result.TimedOut && i.short
	}
	if failed != nil {
		response.Failure = lambda.FailureOf(failed)
	}
	if errors.Is(failed, errCancelled) {
		response.Failure.Kind = lambda.Cancelled
		// The runner removes it too, when it hears of the end.
		_ = i.store.Delete(ctx, i.req.Cancel)
	}
	return response
}

// attempt runs the task. When it returns nothing of the task runs any more, and the sinks will see their ends: when those that are made
// beside it have ended too.
func (i *invocation) attempt(ctx context.Context) (*remote.Result, error) {
	result, err := i.perform(ctx)
	for _, s := range i.sinks {
		s.w.Close()
	}
	if kerr := i.end(ctx); kerr != nil {
		i.survivors = fmt.Errorf("end processes: %w", kerr)
		return nil, errors.Join(i.survivors, remote.ErrLost)
	}
	return result, err
}

// perform runs the task, unless its output is there already.
func (i *invocation) perform(ctx context.Context) (*remote.Result, error) {
	if done, err := i.committed(ctx); done != nil || err != nil {
		return done, err
	}
	in, err := i.input(ctx)
	if err != nil {
		return nil, refused(err)
	}
	running, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	out, errs, err := i.outputs(ctx, stop)
	if err != nil {
		if in != nil {
			in.abandon()
		}
		return nil, refused(err)
	}
	if in != nil {
		in.task = running
	}
	go i.watch(running, stop)
	result, err := i.work(running, out, errs, in)
	if cause := context.Cause(running); cause != nil && err != nil {
		err = cause
	}
	return result, err
}

// prepare gets the task, with what it ships and what is different for it here.
func (i *invocation) prepare(ctx context.Context) error {
	m, err := i.load(ctx)
	if err == nil {
		err = i.place(ctx, m)
	}
	if err != nil {
		return err
	}
	return i.settle(ctx)
}

// load gets the task, and says what it ships.
func (i *invocation) load(ctx context.Context) (*artifact.Manifest, error) {
	var err error
	if i.store, err = i.h.cfg.Buckets.Bucket(ctx, i.req.Bucket); err != nil {
		return nil, refused(err)
	}
	i.streams = i.h.cfg.Streams(i.store, i.req.Run)
	if i.task, err = i.h.task(ctx, i.store, i.req); err != nil {
		return nil, err
	}
	return i.manifest(ctx)
}

// settle tells the task what is this function's: its variables, and its time.
func (i *invocation) settle(ctx context.Context) error {
	t := i.task
	for _, name := range []string{"PWD=", "TMPDIR="} {
		if slices.ContainsFunc(t.Environ, func(e string) bool { return strings.HasPrefix(e, name) }) {
			t.Env = append(t.Env, name+t.Dir)
		}
	}
	i.addEnviron()
	if err := i.openCount(); err != nil {
		return refused(err)
	}
	end, ok := ctx.Deadline()
	if !ok {
		return nil
	}
	left := time.Until(end) - lambda.StopMargin
	if left <= 0 {
		return refused(fmt.Errorf("the function has %v, and stops %v before its end: deploy it with a longer timeout",
			(left + lambda.StopMargin).Round(time.Millisecond), lambda.StopMargin))
	}
	if t.Limits.Timeout == 0 || left < t.Limits.Timeout {
		t.Limits.Timeout, i.short = left, true
	}
	return nil
}

// work runs the task in processes.
func (i *invocation) work(ctx context.Context, out, errs *os.File, in *feed) (*remote.Result, error) {
	if len(i.task.Stages) == 0 {
		return join(ctx, in, out)
	}
	if slices.ContainsFunc(i.task.Stages, func(st remote.Stage) bool { return st.Argv == nil }) {
		i.h.shell.Store(true)
	}
	if in != nil && i.task.Input.File {
		if err := in.spool(ctx, i.h.cfg.Tmp, spoolSize(i.h.cfg.Tmp)); err != nil {
			in.abandon()
			return nil, err
		}
	}
	w, err := worker.New(worker.Config{Self: i.h.cfg.Self, Shell: i.h.cfg.Shell, Ahead: i.h.ahead, Contained: true, Apart: i.h.isAgent})
	if err != nil {
		if in != nil {
			in.abandon()
		}
		return nil, refused(err)
	}
	var input worker.Input
	if in != nil {
		input = in
	}
	result, err := w.Run(ctx, i.task, remote.Streams{Stdout: out, Stderr: errs}, input)
	return result, errors.Join(err, w.Close())
}

// watch looks for the mark while the task runs.
func (i *invocation) watch(ctx context.Context, stop context.CancelCauseFunc) {
	if i.req.Cancel == "" {
		return
	}
	look := time.NewTicker(lambda.LookEvery)
	defer look.Stop()
	for n := 1; ; n++ {
		select {
		case <-look.C:
		case <-ctx.Done():
			return
		}
		if n%overEvery == 0 && i.isOver(ctx) {
			stop(errOver)
			return
		}
		switch mark, err := i.mark(ctx); {
		case err != nil: // there is none, or a store that does not answer now is asked again
		case mark == lambda.StopMark:
			stop(errCancelled)
			return
		default:
			if n, err := strconv.Atoi(mark); err == nil && 0 < n && n <= len(i.sinks) {
				i.sinks[n-1].leave()
			}
		}
	}
}

// mark gives what the mark holds.
func (i *invocation) mark(ctx context.Context) (string, error) {
	body, err := i.store.Get(ctx, i.req.Cancel, 0, 1)
	if err != nil {
		return "", err
	}
	defer body.Close()
	text, err := io.ReadAll(body)
	return string(text), err
}
