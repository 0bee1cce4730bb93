package stored

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"sshell/pipes/objstore"
	"sshell/remote"
)

// Output is the output of an attempt on its way to its object. It is for one goroutine at a time.
type Output struct {
	ctx     context.Context
	buckets objstore.Buckets
	want    remote.Output
	store   objstore.Store
	key     string

	w    *io.PipeWriter
	n    int64
	deal *deal      // nil for output that goes as it comes
	put  chan error // has the outcome of the request, once
}

// errAborted is why an object does not appear.
var errAborted = errors.New("given up")

// Create begins an output. dir is where lines that are dealt to parts wait, in a file without a name. ctx is the
// output's for its whole life; Commit or Abort must be called.
func Create(ctx context.Context, b objstore.Buckets, want remote.Output, dir string) (*Output, error) {
	s, key, err := find(ctx, b, want.Object)
	if err != nil {
		return nil, err
	}
	r, w := io.Pipe()
	o := &Output{ctx: ctx, buckets: b, want: want, store: s, key: key, w: w, put: make(chan error, 1)}
	if want.Parts > 0 {
		if o.deal, err = newDeal(want, dir); err != nil {
			return nil, err
		}
	}
	go func() {
		err := s.Put(ctx, key, r, -1, true)
		failed := errAborted // for a Write that waits
		if err != nil {
			failed = fmt.Errorf("store output: %w", err)
		}
		r.CloseWithError(failed)
		o.put <- err
	}()
	return o, nil
}

// Write implements io.Writer.
func (o *Output) Write(p []byte) (int, error) {
	if o.deal != nil {
		return o.deal.write(p)
	}
	n, err := o.w.Write(p)
	o.n += int64(n)
	return n, err
}

// Abort gives the output up: no object appears. After Commit it does nothing.
func (o *Output) Abort() {
	if o.put == nil {
		return
	}
	o.w.CloseWithError(errAborted)
	<-o.put
	o.put = nil
	o.closeDeal()
}

func (o *Output) closeDeal() {
	if o.deal != nil {
		o.deal.close()
	}
}

// Commit completes the object and gives the task's result: r, which it completes, or the one of another attempt that was
// first.
func (o *Output) Commit(r *remote.Result) (*remote.Result, error) {
	defer o.Abort()
	if o.deal != nil {
		dealt, err := o.deal.finish(func(p []byte) error {
			n, err := o.w.Write(p)
			o.n += int64(n)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("store output: %w", err)
		}
		r.Dealt = dealt
	}
	o.w.Close()
	err := <-o.put
	o.put = nil
	o.closeDeal()
	if err != nil {
		return nil, fmt.Errorf("store output: %w", err)
	}
	r.Out, r.Object = o.n, o.want.Object
	if o.want.Commit != "" {
		if r, err = o.mark(r); err != nil {
			return nil, err
		}
	}
	return r, o.checkOpen()
}

// errOver is why an attempt that nobody waits for any more has no result.
var errOver = errors.New("the run is over")

// checkOpen removes what was stored, and the mark, if those of the run have been removed already. Who removes them lists them
// after it has removed what Open names, so that nothing of an attempt stays that ends meanwhile.
func (o *Output) checkOpen() error {
	if o.want.Open == "" {
		return nil
	}
	s, key, err := find(o.ctx, o.buckets, o.want.Open)
	if err != nil {
		return err
	}
	_, err = objstore.Stat(o.ctx, s, key)
	if err == nil {
		return nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("store output: %w", err)
	}
	keys := []string{o.key}
	if o.want.Commit != "" {
		_, mark, err := find(o.ctx, o.buckets, o.want.Commit)
		if err != nil {
			return err
		}
		keys = append(keys, mark)
	}
	return errors.Join(errOver, o.store.Delete(o.ctx, keys...))
}

// mark creates the task's mark, or gives the result of the attempt that did.
func (o *Output) mark(r *remote.Result) (*remote.Result, error) {
	s, key, err := find(o.ctx, o.buckets, o.want.Commit)
	if err != nil {
		return nil, err
	}
	data, err := remote.EncodeResult(r)
	if err != nil {
		return nil, fmt.Errorf("commit output: %w", err)
	}
	err = s.Put(o.ctx, key, bytes.NewReader(data), int64(len(data)), true)
	if err == nil {
		return r, nil
	}
	if !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("commit output: %w", err)
	}
	first, err := Committed(o.ctx, o.buckets, o.want)
	if err == nil && first == nil {
		err = fs.ErrNotExist // removed meanwhile: the run is over
	}
	if err != nil {
		return nil, fmt.Errorf("commit output: %w", err)
	}
	if first.Object != o.want.Object {
		err = o.store.Delete(o.ctx, o.key)
	}
	return first, err
}

// Committed gives the result of the attempt that counts, nil if none has committed yet.
func Committed(ctx context.Context, b objstore.Buckets, o remote.Output) (*remote.Result, error) {
	s, key, err := find(ctx, b, o.Commit)
	if err != nil {
		return nil, err
	}
	body, err := s.Get(ctx, key, 0, -1)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read mark: %w", err)
	}
	defer body.Close()
	data, err := io.ReadAll(body)
	if err != nil {
		return nil, fmt.Errorf("read mark: %w", err)
	}
	return remote.DecodeResult(data)
}
