package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"

	"sshell/interp/plan"
	"sshell/pipes/objstore"
)

// files makes the names s3://bucket/key usable where a shell takes files. It implements plan.Files.
type files struct {
	buckets objstore.Buckets
}

func (f *files) Has(name string) bool { return objstore.IsURL(name) }

// object finds the store and key that a name means; what says that a key must be there.
func (f *files) object(ctx context.Context, name string) (objstore.Store, string, error) {
	u, err := objstore.ParseURL(name)
	if err != nil {
		return nil, "", err
	}
	s, err := f.buckets.Bucket(ctx, u.Bucket)
	if err != nil {
		return nil, "", err
	}
	return s, u.Key, nil
}

// cause is what a message says of an error after the name that it has already.
func cause(err error) error {
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		return p.Err
	}
	return err
}

func (f *files) Open(ctx context.Context, name string) (*os.File, error) {
	s, key, err := f.object(ctx, name)
	if err != nil {
		return nil, err
	}
	if key == "" {
		return nil, fmt.Errorf("a bucket is no object: %w", fs.ErrInvalid)
	}
	if o, ok := s.(objstore.Opener); ok {
		file, err := o.Open(ctx, key)
		return file, cause(err)
	}
	body, err := s.Get(ctx, key, 0, -1)
	if err != nil {
		return nil, cause(err)
	}
	defer body.Close()
	file, err := scratch()
	if err != nil {
		return nil, err
	}
	if _, err := io.Copy(file, body); err != nil {
		file.Close()
		return nil, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// scratch makes a file without a name.
func scratch() (*os.File, error) {
	file, err := os.CreateTemp("", "sshell-object-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(file.Name()); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

func (f *files) Create(ctx context.Context, name string, add bool) (plan.Output, error) {
	s, key, err := f.object(ctx, name)
	if err != nil {
		return nil, err
	}
	if err := objstore.CheckKey(key); err != nil {
		return nil, err
	}
	file, err := scratch()
	if err != nil {
		return nil, err
	}
	return &object{ctx: context.WithoutCancel(ctx), store: s, key: key, add: add, file: file}, nil
}

// object is an object that is being written: in a file first, and stored as a whole by Commit.
type object struct {
	ctx   context.Context
	store objstore.Store
	key   string
	add   bool
	file  *os.File
}

func (o *object) File() *os.File { return o.file }

func (o *object) Commit() error {
	defer o.file.Close()
	size, err := o.file.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if _, err := o.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if o.add {
		scratchKey := fmt.Sprintf("tmp/append/%d-%d", os.Getpid(), time.Now().UnixNano())
		return cause(objstore.Append(o.ctx, o.store, o.key, scratchKey, o.file, size))
	}
	return cause(o.store.Put(o.ctx, o.key, o.file, size, false))
}

func (o *object) Abort() error { return o.file.Close() }

func (f *files) Stat(ctx context.Context, name string) (fs.FileInfo, error) {
	s, key, err := f.object(ctx, name)
	if err != nil {
		return nil, err
	}
	if key != "" {
		o, err := objstore.Stat(ctx, s, key)
		if err == nil {
			return info{name: path.Base(key), object: o}, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, cause(err)
		}
	}
	prefix := key
	if prefix != "" && !strings.HasSuffix(prefix, "/") {
		prefix += "/"
	}
	for _, err := range objstore.Level(ctx, s, prefix) {
		if err != nil {
			return nil, cause(err)
		}
		return info{name: path.Base(strings.TrimSuffix(name, "/")), folder: true}, nil
	}
	return nil, fs.ErrNotExist
}

func (f *files) Glob(ctx context.Context, pattern string) ([]string, error) {
	u, err := objstore.ParseURL(pattern)
	if err != nil {
		return nil, err
	}
	s, err := f.buckets.Bucket(ctx, u.Bucket)
	if err != nil {
		return nil, err
	}
	var names []string
	for o, err := range objstore.Glob(ctx, s, u.Key) {
		if err != nil {
			return nil, cause(err)
		}
		names = append(names, objstore.URL{Bucket: u.Bucket, Key: o.Key}.String())
	}
	return names, nil
}

// info describes an object, or what the keys under a prefix have in common, which is much like a folder.
type info struct {
	name   string
	object objstore.Object
	folder bool
}

func (i info) Name() string { return i.name }
func (i info) Size() int64  { return i.object.Size }
func (i info) Mode() fs.FileMode {
	if i.folder {
		return fs.ModeDir | 0o755
	}
	return 0o644
}
func (i info) ModTime() time.Time { return i.object.ModTime }
func (i info) IsDir() bool        { return i.folder }
func (i info) Sys() any           { return nil }
