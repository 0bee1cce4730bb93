package backend

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"sshell/interp/plan"
	"sshell/lambda"
	"sshell/pipes/objstore"
	"sshell/remote"
)

// tidyTime bounds the removal of what a task read.
const tidyTime = 10 * time.Second

// send makes a task's chunk of a file of this machine one that a function can read: with the task itself where it is small,
// else as an object, which the caller removes by drop when the task has ended.
func (r *run) send(ctx context.Context, t *remote.Task) (drop func(), err error) {
	in := t.Input
	if in.Kind != remote.ChunkInput || objstore.IsURL(in.Object) {
		return func() {}, nil
	}
	path := in.Object
	if !filepath.IsAbs(path) {
		path = filepath.Join(t.Dir, path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, refused("open %s: %w", in.Object, bare(err))
	}
	defer f.Close()
	chunk := io.NewSectionReader(f, in.Start, in.End-in.Start)
	if chunk.Size() <= lambda.InlineMax {
		data := make([]byte, chunk.Size())
		if _, err := io.ReadFull(chunk, data); err != nil {
			return nil, refused("read %s: %w", in.Object, bare(err))
		}
		t.Input = remote.Input{Kind: remote.InlineInput, Inline: data}
		return func() {}, nil
	}
	key := fmt.Sprintf("tmp/%s/chunks/%d-%d-%d", t.Run, t.ID, t.Attempt, in.Start)
	drop = func() {
		ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), tidyTime)
		defer stop()
		_ = r.store.Delete(ctx, key) // what cannot be removed expires by the bucket's rule
	}
	putting, stop := lingering(ctx)
	defer stop()
	if err := r.store.Put(putting, key, chunk, chunk.Size(), false); err != nil {
		drop() // it may be there all the same
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, refused("send %s: %w", in.Object, bare(err))
	}
	t.Input = remote.Input{Kind: remote.ChunkInput, Object: objstore.URL{Bucket: r.bucket, Key: key}.String(), End: chunk.Size()}
	return drop, nil
}

// arriveTime is how long a chunk on its way may go on when its task is cancelled: one whose request is given up may still be stored,
// after it was removed. 16 MiB take less on a usual line.
const arriveTime = 2 * time.Second

// lingering gives a context that ends arriveTime after ctx.
func lingering(ctx context.Context) (context.Context, context.CancelFunc) {
	later, stop := context.WithCancel(context.WithoutCancel(ctx))
	release := context.AfterFunc(ctx, func() {
		end := time.AfterFunc(arriveTime, stop)
		context.AfterFunc(later, func() { end.Stop() })
	})
	return later, func() {
		release()
		stop()
	}
}

// refused is an error before anything of a task was started.
func refused(format string, args ...any) error {
	return &remote.NotStartedError{Status: plan.StatusMachinery, Err: fmt.Errorf(format, args...)}
}

// bare is an error without the operation and name around it: the message has them.
func bare(err error) error {
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		return p.Err
	}
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errors.New("it was cut short while it was read")
	}
	return err
}
