package dir

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"syscall"

	"sshell/pipes/objstore"
)

// Store is one bucket in a folder. It may be used from several goroutines.
type Store struct {
	// Sync makes each Put wait until the object is on the disk. It is set before the Store is used.
	Sync bool

	folder string
	sweep  sync.Once
}

var (
	_ objstore.Store    = (*Store)(nil)
	_ objstore.Stater   = (*Store)(nil)
	_ objstore.Leveler  = (*Store)(nil)
	_ objstore.Composer = (*Store)(nil)
	_ objstore.Opener   = (*Store)(nil)
)

// New returns the store in a folder, an absolute path, which need not exist.
func New(folder string) *Store { return &Store{folder: folder} }

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
	p, version := s.place(key), ""
	if create {
		version = objstore.Absent
		if _, _, err := p.stat(); err == nil { // without reading the body
			return objstore.KeyError("put", key, fs.ErrExist)
		}
	}
	err := s.write(ctx, p, version, func(f *os.File) error { return objstore.Copy(ctx, f, body, size) })
	if create && errors.Is(err, objstore.ErrChanged) {
		err = fs.ErrExist
	}
	return objstore.KeyError("put", key, err)
}

// Compose implements objstore.Composer. The kernel copies, and where the file system can it shares the blocks.
func (s *Store) Compose(ctx context.Context, key, version string, sources ...string) error {
	if err := begin(ctx, "compose", key); err != nil {
		return err
	}
	source := key
	err := s.write(ctx, s.place(key), version, func(f *os.File) error {
		for _, source = range sources {
			from, _, err := s.open(ctx, source)
			if err != nil {
				return err
			}
			err = objstore.Copy(ctx, f, from, -1)
			from.Close()
			if err != nil {
				return err
			}
		}
		source = key
		return nil
	})
	return objstore.KeyError("compose", source, err)
}

// Get implements objstore.Store.
func (s *Store) Get(ctx context.Context, key string, off, n int64) (io.ReadCloser, error) {
	if off < 0 {
		return nil, objstore.KeyError("get", key, fs.ErrInvalid)
	}
	f, info, err := s.open(ctx, key)
	if err != nil {
		return nil, objstore.KeyError("get", key, err)
	}
	start, length := objstore.Range(info.Size(), off, n)
	return body{objstore.WithContext(ctx, io.NewSectionReader(f, start, length)), f}, nil
}

// body is what Get returns.
type body struct {
	io.Reader
	io.Closer
}

// Open implements objstore.Opener.
func (s *Store) Open(ctx context.Context, key string) (*os.File, error) {
	f, _, err := s.open(ctx, key)
	return f, objstore.KeyError("open", key, err)
}

// Stat implements objstore.Stater.
func (s *Store) Stat(ctx context.Context, key string) (objstore.Object, error) {
	if err := begin(ctx, "stat", key); err != nil {
		return objstore.Object{}, err
	}
	_, info, err := s.place(key).stat()
	if err != nil {
		return objstore.Object{}, objstore.KeyError("stat", key, err)
	}
	return objstore.Object{Key: key, Size: info.Size(), ModTime: info.ModTime(), Version: versionOf(info)}, nil
}

// versionOf tells contents apart by the file and when it was written, which Put sets to the nanosecond.
func versionOf(info fs.FileInfo) string {
	var inode uint64
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		inode = uint64(st.Ino)
	}
	return fmt.Sprintf("%x-%x-%x", inode, info.ModTime().UnixNano(), info.Size())
}

func (s *Store) open(ctx context.Context, key string) (*os.File, fs.FileInfo, error) {
	p := s.place(key)
	for {
		if err := begin(ctx, "open", key); err != nil {
			return nil, nil, err
		}
		path, _, err := p.stat() // first, since to open a pipe would wait for its writer
		if err != nil {
			return nil, nil, err
		}
		f, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue // moved beside, or deleted
		}
		if err != nil {
			return nil, nil, err
		}
		info, err := f.Stat()
		if err == nil && info.Mode().IsRegular() {
			return f, info, nil
		}
		f.Close()
		if err != nil {
			return nil, nil, err
		}
	}
}

// stat finds the object's file. An object moves from plain to beside only, in one step, so that whoever looks at them
// in this order misses none.
func (p place) stat() (path string, info fs.FileInfo, err error) {
	for _, path := range []string{p.plain, p.beside} {
		info, err := os.Stat(path)
		switch {
		case err == nil && info.Mode().IsRegular():
			return path, info, nil
		case err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR):
			return "", nil, err
		}
	}
	return "", nil, fs.ErrNotExist
}
