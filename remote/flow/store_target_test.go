package flow

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"sshell/interp/plan"
	"sshell/pipes"
	"sshell/pipes/objpipe"
	"sshell/pipes/objstore"
	"sshell/pipes/objstore/mem"
	"sshell/remote"
	"sshell/remote/files"
	tasks "sshell/remote/stored"
)

// storing is a target whose tasks read and write a store: processes of this machine, with pipes in front and behind.
type storing struct {
	remote.Runner
	mem.Buckets
	lose func(t *remote.Task) (before, after bool) // says whether an attempt is lost before or after it has run; nil for never
	// refuse says why a store does not do something, nil for what it does; nil for stores that do all.
	refuse func(bucket, op, key string) error

	mu    sync.Mutex
	moved int64 // bytes that went through the client
	tasks int
}

const target plan.Target = "store"

// Bucket implements objstore.Buckets.
func (r *storing) Bucket(ctx context.Context, name string) (objstore.Store, error) {
	s, err := r.Buckets.Bucket(ctx, name)
	if err != nil || r.refuse == nil {
		return s, err
	}
	return guarded{s.(*mem.Store), func(op, key string) error {
		return objstore.KeyError(op, key, r.refuse(name, op, key))
	}}, nil
}

// guarded is a store that refuses what refuse gives an error for.
type guarded struct {
	*mem.Store
	refuse func(op, key string) error
}

func (g guarded) Put(ctx context.Context, key string, body io.Reader, size int64, create bool) error {
	if err := g.refuse("put", key); err != nil {
		return err
	}
	return g.Store.Put(ctx, key, body, size, create)
}

func (g guarded) Get(ctx context.Context, key string, off, n int64) (io.ReadCloser, error) {
	if err := g.refuse("get", key); err != nil {
		return nil, err
	}
	return g.Store.Get(ctx, key, off, n)
}

func (g guarded) Begin(ctx context.Context, key string) (objstore.Upload, error) {
	if err := g.refuse("upload", key); err != nil {
		return objstore.Upload{}, err
	}
	return g.Store.Begin(ctx, key)
}

func (g guarded) CopyPart(ctx context.Context, u objstore.Upload, number int, source string, off, n int64) (string, error) {
	if err := g.refuse("copy", u.Key); err != nil {
		return "", err
	}
	return g.Store.CopyPart(ctx, u, number, source, off, n)
}

func (g guarded) Abort(ctx context.Context, u objstore.Upload) error {
	if err := g.refuse("abort", u.Key); err != nil {
		return err
	}
	return g.Store.Abort(ctx, u)
}

func (r *storing) Scratch() string { return "scratch" }

func (r *storing) streams(ctx context.Context, run string) (pipes.Transport, error) {
	s, err := r.Bucket(ctx, "scratch")
	return objpipe.New(s, "tmp/"+run+"/pipes"), err
}

func (r *storing) List(ctx context.Context, run, stream string) (remote.Lister, error) {
	t, err := r.streams(ctx, run)
	if err != nil {
		return nil, err
	}
	w, err := t.Create(ctx, stream)
	if err != nil {
		return nil, err
	}
	return tasks.NewLister(w), nil
}

func (r *storing) RemoveStream(ctx context.Context, run, stream string) error {
	t, err := r.streams(ctx, run)
	if err != nil {
		return err
	}
	return t.Remove(ctx, stream)
}

func (r *storing) Run(ctx context.Context, t *remote.Task, s remote.Streams) (*remote.Result, error) {
	var before, after bool
	r.mu.Lock()
	r.tasks++
	r.mu.Unlock()
	if r.lose != nil {
		before, after = r.lose(t)
	}
	if before {
		return nil, fmt.Errorf("before it ran: %w", remote.ErrLost)
	}
	if t.Attempt > 0 && t.Output.Commit != "" {
		if done, err := tasks.Committed(ctx, r, t.Output); done != nil || err != nil {
			return done, err
		}
	}
	result, err := r.attempt(ctx, t, s)
	if after && err == nil {
		return nil, fmt.Errorf("after it ran: %w", remote.ErrLost)
	}
	return result, err
}

// attempt runs a task with what it reads and writes of the store in pipes.
func (r *storing) attempt(ctx context.Context, t *remote.Task, s remote.Streams) (*remote.Result, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	task := *t
	in, err := r.input(ctx, &task)
	if err != nil {
		return nil, err
	}
	var copying sync.WaitGroup
	over := make(chan struct{})
	if in != nil {
		pr, pw, err := os.Pipe()
		if err != nil {
			return nil, err
		}
		defer copying.Wait()
		defer close(over)
		defer pr.Close()
		task.Input, s.Stdin = remote.Input{Kind: remote.StreamInput}, pr
		copying.Go(func() {
			defer in.Close()
			if _, err := io.Copy(pw, in); err != nil && !errors.Is(err, os.ErrClosed) && !strings.Contains(err.Error(), "broken pipe") {
				stop(err)
				<-over // so that nobody sees the end of the pipe
			}
			pw.Close()
		})
	}
	finish, err := r.output(ctx, &task, &s)
	if err != nil {
		return nil, err
	}
	var result *remote.Result
	if len(task.Stages) == 0 {
		defer context.AfterFunc(ctx, func() { s.Stdin.SetReadDeadline(time.Unix(1, 0)) })()
		result = &remote.Result{Statuses: []int{0}}
		_, err = io.Copy(s.Stdout, s.Stdin)
	} else {
		result, err = r.Runner.Run(ctx, &task, s)
	}
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	return finish(result, err)
}

func (r *storing) input(ctx context.Context, t *remote.Task) (io.ReadCloser, error) {
	switch t.Input.Kind {
	case remote.ChunkInput:
		if in := t.Input; objstore.IsURL(in.Object) {
			return tasks.Open(ctx, r, tasks.Each([]remote.Piece{{Object: in.Object, Start: in.Start, End: in.End}})), nil
		}
	case remote.PiecesInput:
		return tasks.Open(ctx, r, tasks.Each(t.Input.Pieces)), nil
	case remote.PipeInput, remote.ListInput:
		streams, err := r.streams(ctx, t.Run)
		if err != nil {
			return nil, err
		}
		in, err := streams.Open(ctx, t.Input.Stream)
		if err != nil || t.Input.Kind == remote.PipeInput {
			return in, err
		}
		return struct {
			io.Reader
			io.Closer
		}{tasks.Open(ctx, r, tasks.Listed(in)), in}, nil
	}
	return nil, nil
}

// output makes what the task writes to, and returns what completes it.
func (r *storing) output(ctx context.Context, t *remote.Task, s *remote.Streams) (func(*remote.Result, error) (*remote.Result, error), error) {
	merged := s.Stdout == s.Stderr
	var to io.Writer
	var out *tasks.Output
	var stream pipes.Writer
	var err error
	switch t.Output.Kind {
	case remote.ObjectOutput:
		out, err = tasks.Create(ctx, r, t.Output, "")
		to = out
	case remote.PipeOutput:
		var streams pipes.Transport
		if streams, err = r.streams(ctx, t.Run); err == nil {
			stream, err = streams.Create(ctx, t.Output.Stream)
		}
		to = stream
	default:
		to = counted{s.Stdout, r}
	}
	if err != nil {
		return nil, err
	}
	pr, pw, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	if s.Stdout = pw; merged {
		s.Stderr = pw
	}
	var copied error
	var copying sync.WaitGroup
	copying.Go(func() {
		defer pr.Close()
		if _, copied = io.Copy(to, pr); errors.Is(copied, pipes.ErrReaderGone) {
			copied = nil
		}
	})
	return func(result *remote.Result, err error) (*remote.Result, error) {
		pw.Close()
		copying.Wait()
		var no *remote.NotStartedError
		switch {
		case stream != nil && errors.As(err, &no) && no.Status != plan.StatusMachinery:
			return nil, errors.Join(err, stream.End(no.Status))
		case stream != nil && err != nil:
			stream.Break(&pipes.Broken{Cause: err.Error()})
		case out != nil && err != nil:
			out.Abort()
		}
		if err == nil {
			err = copied
		}
		switch {
		case err != nil:
			return nil, err
		case stream != nil:
			return result, stream.End(result.Statuses[len(result.Statuses)-1])
		case out != nil:
			return out.Commit(result)
		}
		return result, nil
	}, nil
}

// counted counts what goes to the client.
type counted struct {
	w *os.File
	r *storing
}

func (c counted) Write(p []byte) (int, error) {
	c.r.mu.Lock()
	c.r.moved += int64(len(p))
	c.r.mu.Unlock()
	return c.w.Write(p)
}

// object is a plan.ObjectOutput as package files has it.
type objectOutput struct {
	name    string
	add     bool
	file    *os.File
	content *plan.Content
}

func (o *objectOutput) File() *os.File         { return o.file }
func (o *objectOutput) Commit() error          { return nil }
func (o *objectOutput) Abort() error           { return nil }
func (o *objectOutput) Object() (string, bool) { return o.name, o.add }
func (o *objectOutput) Make(c plan.Content)    { o.content = &c }

// storeBench is a bench of the target that stores.
type storeBench struct {
	*bench
	store *storing
}

func newStoreBench(t *testing.T) *storeBench {
	b := &storeBench{bench: newBench(t)}
	b.store = &storing{Runner: b.runner}
	b.target = target
	b.wrap = func(remote.Runner) remote.Runner { return b.store }
	return b
}

// bucket is a store that refuses nothing.
func (b *storeBench) bucket(name string) objstore.Store {
	s, err := b.store.Buckets.Bucket(b.t.Context(), name)
	if err != nil {
		b.t.Fatal(err)
	}
	return s
}

func (b *storeBench) put(name, text string) {
	u, err := objstore.ParseURL(name)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := b.bucket(u.Bucket).Put(b.t.Context(), u.Key, strings.NewReader(text), int64(len(text)), false); err != nil {
		b.t.Fatal(err)
	}
}

func (b *storeBench) get(name string) string {
	u, err := objstore.ParseURL(name)
	if err != nil {
		b.t.Fatal(err)
	}
	body, err := b.bucket(u.Bucket).Get(b.t.Context(), u.Key, 0, -1)
	if err != nil {
		b.t.Fatal(err)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		b.t.Fatal(err)
	}
	return string(text)
}

// left lists what a run has left in the buckets: what is below tmp/ and ledger/, and uploads.
func (b *storeBench) left() (keys []string) {
	for _, name := range []string{"scratch", "out"} {
		s := b.bucket(name)
		for o, err := range s.List(b.t.Context(), "") {
			if err != nil {
				b.t.Fatal(err)
			}
			if strings.HasPrefix(o.Key, "tmp/") || strings.HasPrefix(o.Key, "ledger/") {
				keys = append(keys, name+"/"+o.Key)
			}
		}
		for _, key := range s.(*mem.Store).Uploads() {
			keys = append(keys, "upload of "+name+"/"+key)
		}
	}
	return keys
}

// runOut runs a line whose standard output is an object, and returns what that is to be made of, with its bytes.
func (b *storeBench) runOut(line string) (answer, *plan.Content, string) {
	b.t.Helper()
	file, err := os.CreateTemp(b.t.TempDir(), "")
	if err != nil {
		b.t.Fatal(err)
	}
	defer file.Close()
	out := &objectOutput{name: "s3://out/result", file: file}
	b.out = out
	defer func() { b.out = nil }()
	errs, readErrs := b.collector()
	a := b.runTo(b.t.Context(), line, file, errs)
	errs.Close()
	a.err = readErrs()
	text, err := os.ReadFile(file.Name())
	if err != nil {
		b.t.Fatal(err)
	}
	a.out = string(text)
	if out.content == nil {
		return a, nil, ""
	}
	return a, out.content, b.commit(out)
}

// commit makes an output's object as package files does, and gives its bytes.
func (b *storeBench) commit(out *objectOutput) string {
	b.t.Helper()
	if err := files.New(b.store).Compose(b.t.Context(), out.name, out.add, *out.content); err != nil {
		b.t.Error(err)
	}
	return b.get(out.name)
}
