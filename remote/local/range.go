package local

import (
	"context"
	"fmt"
	"io"
	"sync"

	"sshell/remote"
	"sshell/remote/worker"
)

// far is a byte range of an object that is elsewhere, as a task's input.
type far struct {
	*pipeInput
	name string
	body io.ReadCloser
	drop context.CancelFunc
	once sync.Once
	buf  []byte // read and not handed over yet
	room []byte // of buf
}

// openRange opens the range that a task reads of an object that is elsewhere. ok is false for one that is a file.
func (r *Runner) openRange(ctx context.Context, in remote.Input) (input worker.Input, ok bool, err error) {
	files, is := r.objects.files.(ranger)
	if !is || !r.objects.files.Has(in.Object) {
		return nil, false, nil
	}
	ctx, drop := context.WithCancel(ctx)
	body, ok, err := files.Range(ctx, in.Object, in.Start, in.End-in.Start)
	if err != nil || !ok {
		drop()
		return nil, ok, err
	}
	p, err := newPipeInput(in.End - in.Start)
	if err != nil {
		drop()
		body.Close()
		return nil, true, err
	}
	f := &far{pipeInput: p, name: in.Object, body: body, drop: drop, room: make([]byte, copyBlock)}
	p.next = f.next
	return f, true, nil
}

// next hands over some of the range.
func (f *far) next() error {
	if len(f.buf) == 0 {
		n, err := f.body.Read(f.room[:min(copyBlock, f.size-f.at)])
		f.buf = f.room[:n]
		switch {
		case n > 0:
		case err == io.EOF:
			return fmt.Errorf("read %s: ends %d bytes early: it was cut short while it was read", f.name, f.size-f.at)
		case err != nil:
			return fmt.Errorf("read %s: %w: %w", f.name, bare(err), remote.ErrLost)
		}
	}
	n, err := f.w.Write(f.buf)
	f.at += int64(n)
	f.buf = f.buf[n:]
	return err
}

// Stop makes Feed return, from a read too.
func (f *far) Stop() {
	f.done.Store(true)
	f.drop()
	f.pipeInput.Stop()
}

// End says how much was handed over.
func (f *far) End() (int64, error) {
	f.once.Do(func() {
		f.drop()
		f.body.Close()
	})
	return f.at, nil
}
