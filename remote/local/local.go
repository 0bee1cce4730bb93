// Package local runs tasks on this machine: real processes, on its cores, with its files. It is the target that needs
// nothing, and the one that every other is measured against.
//
// A task reads its chunk from a kernel pipe that is filled from the file's own pages, or, where the chunk is a whole
// file, from the file itself. A command that leaves before it has read all is no fault; a file that turns out shorter
// than the chunk is: the command is killed before it can take a part for the whole.
package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"sshell/interp/plan"
	"sshell/remote"
	"sshell/remote/worker"
)

// Opener opens names that the kernel does not know, such as s3://bucket/key; see plan.Files, which has it.
type Opener interface {
	// Has reports whether name is one of its names: it looks at the name only.
	Has(name string) bool
	// Open gives a file that can be read at any offset.
	Open(ctx context.Context, name string) (*os.File, error)
}

// ranger is an Opener of objects that are elsewhere: Range gives n bytes of one from byte off on. ok is false for one that is
// to be opened.
type ranger interface {
	Range(ctx context.Context, name string, off, n int64) (body io.ReadCloser, ok bool, err error)
}

// Config is how a Runner is made.
type Config struct {
	// Files opens chunks of objects; nil when there are only files.
	Files Opener
	// Self starts this program as a worker, the number of a descriptor is added: worker.Main must get it.
	// Without it a task with shell source is not started.
	Self []string
	// Shell runs a script without an interpreter line: the script and its arguments are added. Empty means /bin/sh.
	Shell []string
	// Isolate gives each task an empty root with a bounded /tmp and what the task ships. Where the kernel refuses, no
	// task is started.
	Isolate bool
	// Tmp bounds an isolated task's files in bytes, 0 for worker.DefaultTmp.
	Tmp int64
	// Objects is the folder that s3:// stands for, see worker.Config.
	Objects string
}

// Runner is a remote.Runner on this machine. It bounds nothing by itself.
type Runner struct {
	isolate bool
	shell   []string // as in Config
	worker  *worker.Worker
	objects *objects
}

// errReturn is why an isolated task is not run that is to give files back.
var errReturn = errors.New("--return: files of isolated tasks do not come back: write them to standard output")

// New makes a Runner.
func New(cfg Config) (*Runner, error) {
	w, err := worker.New(worker.Config{Self: cfg.Self, Shell: cfg.Shell, Isolate: cfg.Isolate, Tmp: cfg.Tmp,
		Objects: cfg.Objects})
	if err != nil {
		return nil, fmt.Errorf("set up local runner: %w", err)
	}
	return &Runner{isolate: cfg.Isolate, shell: cfg.Shell, worker: w, objects: newObjects(cfg.Files)}, nil
}

// Run makes an attempt at a task: see remote.Runner. An input that cannot be opened is a *remote.NotStartedError with the
// machinery's status.
func (r *Runner) Run(ctx context.Context, t *remote.Task, s remote.Streams) (*remote.Result, error) {
	if r.isolate && len(t.Return) > 0 {
		return nil, &remote.NotStartedError{Status: plan.StatusMachinery, Err: errReturn}
	}
	in, err := r.input(ctx, t)
	if err != nil {
		return nil, &remote.NotStartedError{Status: plan.StatusMachinery, Err: err}
	}
	return r.worker.Run(ctx, t, s, in)
}

// input opens what a task reads, nil for nothing or what is in its streams.
func (r *Runner) input(ctx context.Context, t *remote.Task) (worker.Input, error) {
	switch in := t.Input; {
	case in.Kind == remote.InlineInput:
		return newInline(in.Inline)
	case in.Kind == remote.ChunkInput:
		c, err := r.openChunk(ctx, t)
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", in.Object, err)
		}
		return c, nil
	}
	return nil, nil
}

// Close lets go of the objects that are kept open. Nothing may run.
func (r *Runner) Close() error {
	r.objects.close()
	return r.worker.Close()
}

var _ remote.Runner = (*Runner)(nil)
