package handler

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"sshell/pipes"
	"sshell/remote"
	"sshell/remote/stored"
)

// outputs makes what the task writes to.
func (i *invocation) outputs(ctx context.Context, stop context.CancelCauseFunc) (out, errs *os.File, err error) {
	s, err := i.output(ctx, stop)
	if err == nil {
		i.sinks = append(i.sinks, s)
		if i.req.Stderr == "" {
			return s.w, s.w, nil
		}
		s, err = i.newSink(2, func() (pipes.Writer, error) { return i.goOn(ctx, i.req.Stderr) }, stop)
	}
	if err != nil {
		for _, s := range i.sinks {
			s.w.Close()
		}
		return nil, nil, err
	}
	i.sinks = append(i.sinks, s)
	return i.sinks[0].w, s.w, nil
}

// output makes the sink of standard output.
func (i *invocation) output(ctx context.Context, stop context.CancelCauseFunc) (*sink, error) {
	want := i.task.Output
	switch {
	case want.Kind == remote.ObjectOutput:
		o, err := stored.Create(ctx, i.h.cfg.Buckets, want, i.h.cfg.Tmp)
		if err != nil {
			return nil, err
		}
		s, err := startSink(&sink{object: o, stop: stop})
		if err != nil {
			o.Abort()
		}
		return s, err
	case want.Kind == remote.PipeOutput:
		stream, err := i.streams.Create(ctx, want.Stream)
		if err != nil {
			return nil, err
		}
		s, err := startSink(&sink{stream: stream, stop: stop})
		if err != nil {
			stream.Break(&pipes.Broken{Cause: err.Error()})
		}
		return s, err
	case i.req.Stdout == "":
		return nil, errors.New("the request names no output")
	}
	return i.newSink(1, func() (pipes.Writer, error) { return i.goOn(ctx, i.req.Stdout) }, stop)
}

// committed gives the result of the task if another attempt has committed it already.
func (i *invocation) committed(ctx context.Context) (*remote.Result, error) {
	if i.task.Attempt == 0 || i.task.Output.Commit == "" {
		return nil, nil
	}
	r, err := stored.Committed(ctx, i.h.cfg.Buckets, i.task.Output)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", err, remote.ErrLost)
	}
	return r, nil
}

// join copies the input of a task without stages to its output.
func join(ctx context.Context, in *feed, out *os.File) (*remote.Result, error) {
	if in == nil {
		return &remote.Result{Statuses: []int{0}}, nil
	}
	r := &remote.Result{Start: time.Now(), Statuses: []int{0}}
	fed := make(chan error, 1)
	go func() {
		err := in.Feed()
		if err != nil {
			in.Stop() // the copy ends, and counts for nothing
		}
		fed <- err
	}()
	defer context.AfterFunc(ctx, in.Stop)()
	n, err := io.Copy(out, in.r)
	in.r.Close()
	if feedErr := <-fed; feedErr != nil {
		err = feedErr
	}
	in.Stop()
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		return nil, err
	}
	r.In, r.Wall = n, time.Since(r.Start)
	return r, nil
}
