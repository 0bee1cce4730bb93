package chunk

import (
	"context"
	"errors"
	"io"
)

// A Getter reads ranges of stored objects.
type Getter interface {
	// Get returns the n bytes of the object from off on, or fewer where the
	// object ends sooner. The caller closes the reader.
	Get(ctx context.Context, key string, off, n int64) (io.ReadCloser, error)
}

// An Object is a Source over an object in a store. Its methods may be called
// concurrently if the Getter's may.
type Object struct {
	store Getter
	key   string
	name  string
	size  int64
}

// NewObject returns the object at key, of size bytes, which messages call name.
// It reads nothing.
func NewObject(store Getter, key, name string, size int64) *Object {
	return &Object{store: store, key: key, name: name, size: size}
}

// Name returns the name given to NewObject.
func (o *Object) Name() string { return o.name }

// Key returns the object's key in its store.
func (o *Object) Key() string { return o.key }

// Size returns the size given to NewObject.
func (o *Object) Size() int64 { return o.size }

// ReadAt is ReadRange for callers that have no context.
func (o *Object) ReadAt(p []byte, off int64) (int, error) {
	return o.ReadRange(context.Background(), p, off)
}

// ReadRange fills p with the object's bytes from off on, by one Get. It returns
// io.EOF with fewer bytes if the object ends sooner, as io.ReaderAt does.
func (o *Object) ReadRange(ctx context.Context, p []byte, off int64) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if off >= o.size {
		return 0, io.EOF
	}
	want := min(int64(len(p)), o.size-off)
	r, err := o.store.Get(ctx, o.key, off, want)
	if err != nil {
		return 0, err
	}
	n, err := io.ReadFull(r, p[:want])
	if closeErr := r.Close(); err == nil {
		err = closeErr
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || err == nil && n < len(p) {
		err = io.EOF
	}
	return n, err
}
