// Package files makes the names s3://bucket/key files: Files implements plan.Files over the buckets of a store, for the shell,
// for its agent and for those who run tasks.
//
// Where a store keeps its objects as files of this machine they are opened as such. An object from elsewhere is fetched
// whole before it is given out, into a file without a name in the system's folder for such files, so that whoever reads it
// never takes a part for the whole; who can read by range calls Range. What is written waits in such a file until it is
// committed, unless it is composed of what is stored already.
package files

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

// Files gives files by names s3://bucket/key. It implements plan.Files, and may be used concurrently.
type Files struct {
	buckets objstore.Buckets
}

// New makes a Files of buckets.
func New(buckets objstore.Buckets) *Files { return &Files{buckets} }

var _ plan.Files = (*Files)(nil)

// Has implements plan.Files.
func (f *Files) Has(name string) bool { return objstore.IsURL(name) }

// object finds the store and key that a name means.
func (f *Files) object(ctx context.Context, name string) (objstore.Store, string, error) {
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

// Range gives n bytes of an object from byte off on. ok is false for an object that is better opened: its store keeps files.
func (f *Files) Range(ctx context.Context, name string, off, n int64) (body io.ReadCloser, ok bool, err error) {
	s, key, err := f.object(ctx, name)
	if err != nil {
		return nil, true, err
	}
	if _, isFile := s.(objstore.Opener); isFile {
		return nil, false, nil
	}
	body, err = s.Get(ctx, key, off, n)
	return body, true, cause(err)
}

// Open implements plan.Files.
func (f *Files) Open(ctx context.Context, name string) (*os.File, error) {
	s, key, err := f.object(ctx, name)
	if err != nil {
		return nil, err
	}
	if key == "" {
		return nil, errBucket
	}
	if o, ok := s.(objstore.Opener); ok {
		file, err := o.Open(ctx, key)
		return file, cause(err)
	}
	file, err := Scratch()
	if err != nil {
		return nil, err
	}
	if err := fetch(ctx, s, key, file); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// fetch writes an object to a file, and goes back to its beginning.
func fetch(ctx context.Context, s objstore.Store, key string, file *os.File) error {
	body, err := s.Get(ctx, key, 0, -1)
	if err != nil {
		return cause(err)
	}
	defer body.Close()
	if _, err := io.Copy(file, body); err != nil {
		return cause(err)
	}
	_, err = file.Seek(0, io.SeekStart)
	return err
}

// Fetch writes an object to a file, whole.
func (f *Files) Fetch(ctx context.Context, name string, file *os.File) error {
	s, key, err := f.object(ctx, name)
	if err != nil {
		return err
	}
	if key == "" {
		return errBucket
	}
	return fetch(ctx, s, key, file)
}

// Store makes the bytes of a file, from its beginning, an object, or adds them to one.
func (f *Files) Store(ctx context.Context, name string, add bool, file *os.File) error {
	s, key, err := f.object(ctx, name)
	if err != nil {
		return err
	}
	return store(ctx, s, key, add, file)
}

// errBucket is why a name without a key cannot be read. It is made without fmt, whose first use every start would pay for.
var errBucket error = noObject{}

type noObject struct{}

func (noObject) Error() string { return "a bucket is no object: " + fs.ErrInvalid.Error() }
func (noObject) Unwrap() error { return fs.ErrInvalid }

// Scratch makes a file without a name.
func Scratch() (*os.File, error) {
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

// Create implements plan.Files.
func (f *Files) Create(ctx context.Context, name string, add bool) (plan.Output, error) {
	s, key, err := f.object(ctx, name)
	if err != nil {
		return nil, err
	}
	if err := objstore.CheckKey(key); err != nil {
		return nil, err
	}
	file, err := Scratch()
	if err != nil {
		return nil, err
	}
	return &object{ctx: context.WithoutCancel(ctx), files: f, name: name, store: s, key: key, add: add, file: file}, nil
}

// object is an object that is being written: in a file first, and stored as a whole by Commit.
type object struct {
	ctx   context.Context
	files *Files
	name  string
	store objstore.Store
	key   string
	add   bool
	file  *os.File

	content *plan.Content // what it is made of instead of file, nil for that
}

var _ plan.ObjectOutput = (*object)(nil)

func (o *object) File() *os.File { return o.file }

func (o *object) Object() (name string, add bool) { return o.name, o.add }

func (o *object) Make(content plan.Content) { o.content = &content }

func (o *object) Commit() error {
	defer o.file.Close()
	if o.content != nil {
		return o.files.Compose(o.ctx, o.name, o.add, *o.content)
	}
	return store(o.ctx, o.store, o.key, o.add, o.file)
}

// store makes a file's bytes an object, or adds them to it.
func store(ctx context.Context, s objstore.Store, key string, add bool, file *os.File) error {
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if add {
		scratchKey := fmt.Sprintf("tmp/append/%d-%d", os.Getpid(), time.Now().UnixNano())
		return cause(objstore.Append(ctx, s, key, scratchKey, file, size))
	}
	return cause(s.Put(ctx, key, file, size, false))
}

func (o *object) Abort() error {
	err := o.file.Close()
	if o.content != nil {
		err = errors.Join(err, o.files.Discard(o.ctx, *o.content))
	}
	return err
}

// Stat implements plan.Files.
func (f *Files) Stat(ctx context.Context, name string) (fs.FileInfo, error) {
	s, key, err := f.object(ctx, name)
	if err != nil {
		return nil, err
	}
	if key != "" {
		o, err := objstore.Stat(ctx, s, key)
		if err == nil {
			return Info{Base: path.Base(key), Bytes: o.Size, Changed: o.ModTime}, nil
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
		return Info{Base: path.Base(strings.TrimSuffix(name, "/")), Folder: true}, nil
	}
	return nil, fs.ErrNotExist
}

// Glob implements plan.Files.
func (f *Files) Glob(ctx context.Context, pattern string) ([]string, error) {
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

// Below gives the names of all objects below a prefix, which ends in a slash, in the order of their keys; none is no error.
// Empty objects whose keys end in a slash are left out: they stand for folders.
func (f *Files) Below(ctx context.Context, prefix string) ([]string, error) {
	u, err := objstore.ParseURL(prefix)
	if err != nil {
		return nil, err
	}
	s, err := f.buckets.Bucket(ctx, u.Bucket)
	if err != nil {
		return nil, err
	}
	var names []string
	for o, err := range s.List(ctx, u.Key) {
		if err != nil {
			return nil, cause(err)
		}
		if o.Size > 0 || !strings.HasSuffix(o.Key, "/") {
			names = append(names, objstore.URL{Bucket: u.Bucket, Key: o.Key}.String())
		}
	}
	return names, nil
}

// Info describes an object, or what the keys under a prefix have in common, which is much like a folder. It implements
// fs.FileInfo, and can travel.
type Info struct {
	Base    string    `cbor:"n"`
	Bytes   int64     `cbor:"s,omitempty"`
	Changed time.Time `cbor:"t"`
	Folder  bool      `cbor:"d,omitempty"`
}

func (i Info) Name() string { return i.Base }
func (i Info) Size() int64  { return i.Bytes }
func (i Info) Mode() fs.FileMode {
	if i.Folder {
		return fs.ModeDir | 0o755
	}
	return 0o644
}
func (i Info) ModTime() time.Time { return i.Changed }
func (i Info) IsDir() bool        { return i.Folder }
func (i Info) Sys() any           { return nil }
