// Package mem is an object store in this process's memory, for tests and for virtual time: it does no input or output,
// starts no goroutine and waits for nothing. What it stores is gone with the Store.
package mem

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"sshell/pipes/objstore"
)

// Store is one bucket in memory. The zero Store is an empty one.
type Store struct {
	mu      sync.RWMutex
	objects map[string]object
	uploads map[string]*upload // by their ids
	version uint64
}

// object is one version of one; data is never changed.
type object struct {
	data    []byte
	time    time.Time
	version string
}

func (o object) describe(key string) objstore.Object {
	return objstore.Object{Key: key, Size: int64(len(o.data)), ModTime: o.time, Version: o.version}
}

var (
	_ objstore.Stater   = (*Store)(nil)
	_ objstore.Composer = (*Store)(nil)
	_ objstore.Uploader = (*Store)(nil)
)

// maxGrow bounds the bytes that Put makes room for before it has them: a body may be shorter than was said.
const maxGrow = 16 << 20

// begin is what every operation on one key looks at first.
func begin(ctx context.Context, op, key string) error {
	if err := objstore.CheckKey(key); err != nil {
		return objstore.KeyError(op, key, err)
	}
	return ctx.Err()
}

// Put implements objstore.Store.
func (s *Store) Put(ctx context.Context, key string, body io.Reader, size int64, create bool) error {
	if err := begin(ctx, "put", key); err != nil {
		return err
	}
	var data bytes.Buffer
	data.Grow(int(min(max(size, 0), maxGrow)))
	if err := objstore.Copy(ctx, &data, body, size); err != nil {
		return objstore.KeyError("put", key, err)
	}
	version := ""
	if create {
		version = objstore.Absent
	}
	err := s.set(key, version, data.Bytes())
	if create && errors.Is(err, objstore.ErrChanged) {
		err = fs.ErrExist
	}
	return objstore.KeyError("put", key, err)
}

func (s *Store) set(key, version string, data []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, exists := s.objects[key]
	switch {
	case version == objstore.Absent && exists, version != "" && version != objstore.Absent && version != old.version:
		return objstore.ErrChanged
	case s.objects == nil:
		s.objects = map[string]object{}
	}
	s.version++
	s.objects[key] = object{data: data, time: time.Now(), version: strconv.FormatUint(s.version, 10)}
	return nil
}

func (s *Store) get(ctx context.Context, op, key string) (object, error) {
	if err := begin(ctx, op, key); err != nil {
		return object{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	o, ok := s.objects[key]
	if !ok {
		return object{}, objstore.KeyError(op, key, fs.ErrNotExist)
	}
	return o, nil
}

// Get implements objstore.Store.
func (s *Store) Get(ctx context.Context, key string, off, n int64) (io.ReadCloser, error) {
	o, err := s.get(ctx, "get", key)
	if err == nil && off < 0 {
		err = objstore.KeyError("get", key, fs.ErrInvalid)
	}
	if err != nil {
		return nil, err
	}
	start, length := objstore.Range(int64(len(o.data)), off, n)
	return io.NopCloser(objstore.WithContext(ctx, bytes.NewReader(o.data[start:start+length]))), nil
}

// Stat implements objstore.Stater.
func (s *Store) Stat(ctx context.Context, key string) (objstore.Object, error) {
	o, err := s.get(ctx, "stat", key)
	if err != nil {
		return objstore.Object{}, err
	}
	return o.describe(key), nil
}

// List implements objstore.Store. It gives what there is when the loop begins.
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[objstore.Object, error] {
	return func(yield func(objstore.Object, error) bool) {
		for _, o := range s.snapshot(prefix) {
			if ctx.Err() != nil {
				break
			}
			if !yield(o, nil) {
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield(objstore.Object{}, err)
		}
	}
}

func (s *Store) snapshot(prefix string) []objstore.Object {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var all []objstore.Object
	for key, o := range s.objects {
		if strings.HasPrefix(key, prefix) {
			all = append(all, o.describe(key))
		}
	}
	slices.SortFunc(all, func(a, b objstore.Object) int { return strings.Compare(a.Key, b.Key) })
	return all
}

// Delete implements objstore.Store.
func (s *Store) Delete(ctx context.Context, keys ...string) error {
	for _, key := range keys {
		if err := begin(ctx, "delete", key); err != nil {
			return err
		}
		s.mu.Lock()
		delete(s.objects, key)
		s.mu.Unlock()
	}
	return nil
}

// Compose implements objstore.Composer.
func (s *Store) Compose(ctx context.Context, key, version string, sources ...string) error {
	if err := begin(ctx, "compose", key); err != nil {
		return err
	}
	var data []byte
	for _, source := range sources {
		o, err := s.get(ctx, "compose", source)
		if err != nil {
			return err
		}
		data = append(data, o.data...)
	}
	return objstore.KeyError("compose", key, s.set(key, version, data))
}
