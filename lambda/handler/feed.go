package handler

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"sshell/pipes"
	"sshell/pipes/objstore"
	"sshell/remote"
	"sshell/remote/stored"
	"sshell/remote/worker"
)

// feed is a task's standard input: a worker.Input that copies a source into a pipe.
type feed struct {
	name string // for messages
	r, w *os.File
	open func(context.Context) (io.ReadCloser, error)
	size int64 // bytes that there must be, -1 when nobody knows

	task context.Context // ends before Stop is called where the task was stopped, by whomever
	ctx  context.Context // the source's; Stop ends it
	drop context.CancelFunc
	done atomic.Bool
	file bool // all of it is in r, which is a file
	at   int64
}

var _ worker.Input = (*feed)(nil)

// input opens what the task reads, nil for nothing.
func (i *invocation) input(ctx context.Context) (*feed, error) {
	in := i.task.Input
	f := &feed{size: -1}
	switch {
	case in.Kind == remote.InlineInput:
		f.name, f.size = "standard input", int64(len(in.Inline))
		f.open = func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(in.Inline)), nil }
	case in.Kind == remote.StreamInput && i.req.Stdin != "":
		f.name = "standard input"
		f.open = i.sent
	case in.Kind == remote.ChunkInput:
		if err := i.chunk(ctx, f); err != nil {
			return nil, err
		}
	case in.Kind == remote.PiecesInput:
		f.name = "standard input"
		f.open = func(ctx context.Context) (io.ReadCloser, error) {
			return stored.Open(ctx, i.h.cfg.Buckets, stored.Each(in.Pieces)), nil
		}
	case in.Kind == remote.PipeInput:
		f.name = "standard input"
		f.open = func(ctx context.Context) (io.ReadCloser, error) { return pipes.Follow(ctx, i.streams, in.Stream) }
	case in.Kind == remote.ListInput:
		f.name = "standard input"
		f.open = func(ctx context.Context) (io.ReadCloser, error) { return i.listed(ctx, in.Stream) }
	default:
		i.task.Input = remote.Input{}
		return nil, nil
	}
	var err error
	if f.r, f.w, err = newPipe(); err != nil {
		return nil, err
	}
	if err := unblock(&f.w); err != nil { // so that Stop can end a write that waits
		f.r.Close()
		f.w.Close()
		return nil, err
	}
	f.task = ctx
	f.ctx, f.drop = context.WithCancel(ctx)
	return f, nil
}

// sentWithin is how long the client may take to begin the stream of standard input, which it does beside the invocation: some
// tries of a request, the last after two seconds of pauses. An invocation that is run a second time, when its first run has
// been answered, finds the stream removed, and would wait for it all its time.
const sentWithin = 8 * time.Second

// sent opens the standard input that the client sends.
func (i *invocation) sent(ctx context.Context) (io.ReadCloser, error) {
	r, err := i.streams.Open(ctx, i.req.Stdin)
	if err != nil {
		return nil, err
	}
	if e, ok := r.(pipes.Expecter); ok {
		e.Expect(sentWithin)
	}
	return r, nil
}

// chunk settles where a byte range of an object comes from.
func (i *invocation) chunk(ctx context.Context, f *feed) error {
	in := i.task.Input
	if !objstore.IsURL(in.Object) {
		return fmt.Errorf("open %s: a function sees no files of the client: use an object, or a pipe", in.Object)
	}
	if in.Start < 0 || in.End < in.Start {
		return fmt.Errorf("open %s: no range: [%d, %d)", in.Object, in.Start, in.End)
	}
	url, err := objstore.ParseURL(in.Object)
	if err != nil {
		return fmt.Errorf("open %s: %w", in.Object, err)
	}
	store, err := i.h.cfg.Buckets.Bucket(ctx, url.Bucket)
	if err != nil {
		return fmt.Errorf("open %s: %w", in.Object, err)
	}
	f.name, f.size = in.Object, in.End-in.Start
	f.open = func(ctx context.Context) (io.ReadCloser, error) { return store.Get(ctx, url.Key, in.Start, f.size) }
	return nil
}

// listed is the input that a list names.
type listed struct {
	io.ReadCloser
	list pipes.Reader
}

func (i *invocation) listed(ctx context.Context, stream string) (io.ReadCloser, error) {
	list, err := i.streams.Open(ctx, stream)
	if err != nil {
		return nil, err
	}
	return listed{stored.Open(ctx, i.h.cfg.Buckets, stored.Listed(list)), list}, nil
}

// Close tells the client as well that nothing more is read.
func (l listed) Close() error { return errors.Join(l.ReadCloser.Close(), l.list.Close()) }

// File implements worker.Input.
func (f *feed) File() *os.File { return f.r }

// Feed implements worker.Input.
func (f *feed) Feed() error {
	if f.file {
		return nil
	}
	err := f.copy()
	if f.done.Load() {
		return nil
	}
	return err
}

func (f *feed) copy() error {
	src, err := f.open(f.ctx)
	if err != nil {
		return fmt.Errorf("open %s: %w: %w", f.name, err, remote.ErrLost)
	}
	defer func() {
		if f.task.Err() == nil { // a task that was stopped does not say that it wants no more: another may read the stream
			src.Close()
		}
	}()
	for buf := make([]byte, blockSize); ; {
		n, err := src.Read(buf)
		if n > 0 {
			m, werr := f.w.Write(buf[:n])
			f.at += int64(m)
			if errors.Is(werr, syscall.EPIPE) {
				return nil // the task reads no more
			}
			if werr != nil {
				return fmt.Errorf("write %s: %w", f.name, werr)
			}
		}
		switch {
		case err == io.EOF && f.size >= 0 && f.at < f.size:
			return fmt.Errorf("read %s: ends %d bytes early: it was cut short while it was read", f.name, f.size-f.at)
		case err == io.EOF:
			return f.w.Close()
		case err != nil:
			return f.readError(err)
		}
	}
}

// readError is why the source could not be read.
func (f *feed) readError(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read %s: %w", f.name, err)
	}
	return fmt.Errorf("read %s: %w: %w", f.name, err, remote.ErrLost)
}

// Stop implements worker.Input.
func (f *feed) Stop() {
	f.done.Store(true)
	f.drop()
	f.w.Close()
}

// End implements worker.Input.
func (f *feed) End() (int64, error) { return f.at, nil }

// abandon releases an input that nobody will feed.
func (f *feed) abandon() {
	f.r.Close()
	f.Stop()
}
