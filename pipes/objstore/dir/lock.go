package dir

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// ownFolder is where a bucket's folder keeps what is no object: its lock, and files that are being written. No key's
// segment is written so.
const ownFolder = ".%sshell"

// A bucket's lock orders the steps that change which names are files and which are folders. Steps that put or remove
// an object's file share it; those that turn a file's name into a folder's, or remove a folder, have it alone. It is
// held for some system calls only, never while a body is read. As it is flock(2)'s, the kernel drops it with its process.
type lockMode int

const (
	shared lockMode = syscall.LOCK_SH
	alone  lockMode = syscall.LOCK_EX
)

// lock takes the bucket's lock, and makes the bucket where there is none yet.
func (s *Store) lock(ctx context.Context, mode lockMode) (unlock func(), err error) {
	name := filepath.Join(s.folder, ownFolder, "lock")
	f, err := os.OpenFile(name, os.O_RDONLY|os.O_CREATE, 0o666)
	if errors.Is(err, fs.ErrNotExist) {
		if err := s.makeBucket(); err != nil {
			return nil, err
		}
		f, err = os.OpenFile(name, os.O_RDONLY|os.O_CREATE, 0o666)
	}
	if err != nil {
		return nil, err
	}
	return flock(ctx, f, mode)
}

// shareLock shares the lock of a bucket if it has one. In a bucket that nobody wrote to by a Store yet, or whose lock
// this user may not use, there is nothing to wait for.
func (s *Store) shareLock(ctx context.Context) (unlock func(), err error) {
	f, err := os.Open(filepath.Join(s.folder, ownFolder, "lock"))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.ENOTDIR) {
		return func() {}, nil
	}
	if err != nil {
		return nil, err
	}
	return flock(ctx, f, shared)
}

func flock(ctx context.Context, f *os.File, mode lockMode) (unlock func(), err error) {
	for {
		err := ctx.Err()
		if err == nil {
			err = syscall.Flock(int(f.Fd()), int(mode))
		}
		switch err {
		case nil:
			return func() { f.Close() }, nil
		case syscall.EINTR:
			continue
		}
		f.Close()
		return nil, err
	}
}

// makeBucket makes the bucket's folder with its own one in it. The folders above are private to the user, as the XDG
// base directory specification asks of a data folder; what is in them has the rights that the umask leaves.
func (s *Store) makeBucket() error {
	if err := os.MkdirAll(filepath.Dir(s.folder), 0o700); err != nil {
		return err
	}
	return os.MkdirAll(filepath.Join(s.folder, ownFolder), 0o777)
}
