package ospipe

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"sshell/pipes"
)

var errHandedOver = errors.New("the descriptor was handed over")

type writer struct {
	s      *stream
	ctx    context.Context // as pipes.Transport.Create says, for its life
	stop   func() bool
	bytes  atomic.Int64
	handed bool
}

var _ pipes.FileEnd = (*writer)(nil)

// file is the descriptor to write to, or why there is none.
func (w *writer) file() (*os.File, error) {
	ctxErr := w.look()
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	switch {
	case w.s.ended:
		return nil, fs.ErrClosed
	case ctxErr != nil:
		return nil, ctxErr
	case w.s.broken != nil:
		return nil, w.s.broken
	}
	return w.s.w, nil
}

// look breaks the stream if the writer's context has ended: whoever has seen that by an error must not be able to end the
// stream as if it were whole.
func (w *writer) look() error {
	err := w.ctx.Err()
	if err != nil {
		w.s.breakOff(&pipes.Broken{Cause: context.Cause(w.ctx).Error()})
	}
	return err
}

func (w *writer) Write(p []byte) (int, error) {
	f, err := w.file()
	if err != nil {
		return 0, err
	}
	if w.handed {
		return 0, errHandedOver
	}
	n, err := f.Write(p)
	w.bytes.Add(int64(n))
	switch {
	case err == nil:
		return n, nil
	case errors.Is(err, syscall.EPIPE):
		err = pipes.ErrReaderGone
	}
	if _, why := w.file(); why != nil { // the cause of a deadline, or of the descriptor's end
		err = why
	}
	return n, err
}

func (w *writer) End(status int) error {
	w.stop()
	w.look()
	return w.s.end(status)
}

func (w *writer) Break(cause *pipes.Broken) {
	w.stop()
	w.s.breakOff(cause)
}

func (w *writer) Stats() pipes.Stats { return pipes.Stats{Bytes: w.bytes.Load()} }

// File implements pipes.FileEnd.
func (w *writer) File() (*os.File, error) {
	f, err := w.file()
	if err != nil {
		return nil, err
	}
	w.handed = true
	return duplicate(f)
}

func (w *writer) Broken() <-chan struct{} { return w.s.broke }

type reader struct {
	s     *stream
	ctx   context.Context // as pipes.Transport.Open says, for its life
	stop  func() bool
	bytes atomic.Int64
	atEnd atomic.Bool

	handed bool // under the stream's lock
}

var _ pipes.FileEnd = (*reader)(nil)

// file is the descriptor to read from, or why there is none. A nil one was handed over.
func (r *reader) file() (*os.File, error) {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	switch {
	case r.s.readerClosed:
		return nil, fs.ErrClosed
	case r.s.broken != nil:
		return nil, r.s.broken
	}
	return r.s.r, r.ctx.Err()
}

func (r *reader) Read(p []byte) (int, error) {
	f, err := r.file()
	switch {
	case r.atEnd.Load():
		return 0, io.EOF
	case err != nil:
		return 0, err
	case f == nil && len(p) > 0:
		return 0, errHandedOver
	case len(p) == 0:
		return 0, nil
	}
	n, err := f.Read(p)
	r.bytes.Add(int64(n))
	if err == nil {
		return n, nil
	}
	return n, r.why(err)
}

// why gives the meaning of an error, or an end of file, that the kernel gave.
func (r *reader) why(err error) error {
	if err == io.EOF && r.s.hasEnded() {
		r.atEnd.Store(true)
		return io.EOF
	}
	if _, why := r.file(); why != nil { // the cause of a deadline, or of the descriptor's end
		return why
	}
	return err
}

func (r *reader) Close() error {
	r.stop()
	r.s.closeReader()
	return nil
}

func (r *reader) Status() (int, bool) {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	if !r.atEnd.Load() && !(r.handed && r.s.ended) {
		return 0, false
	}
	return r.s.status, true
}

func (r *reader) Stats() pipes.Stats { return pipes.Stats{Bytes: r.bytes.Load()} }

// File implements pipes.FileEnd. The transport keeps no copy, so that writers learn when the child is gone.
func (r *reader) File() (*os.File, error) {
	f, err := r.file()
	if err != nil {
		return nil, err
	}
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	if r.s.r == nil {
		return nil, errHandedOver
	}
	r.s.r, r.handed = nil, true
	return f, f.SetReadDeadline(time.Time{})
}

func (r *reader) Broken() <-chan struct{} { return r.s.broke }
