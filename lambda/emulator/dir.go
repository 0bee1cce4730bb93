package emulator

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

const (
	// dirPrefix begins the names of emulators' temporary folders.
	dirPrefix = "sshell-emulate-"
	// dirLock is the file in it on which its owner has a lock. The kernel ends that with the owner, however it ends.
	dirLock = "lock"
	// dirFresh ends the name of a folder that is not locked yet.
	dirFresh = ".new"
)

// Dir is a temporary folder for an emulator. When its owner is killed the next OpenDir removes it.
type Dir struct {
	// Path is absolute.
	Path string
	lock *os.File
}

// OpenDir makes a folder where temporary files go, and removes those of emulators that were killed, with control groups that
// these left.
func OpenDir() (*Dir, error) {
	place, err := filepath.Abs(os.TempDir())
	if err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	sweep(place)
	fresh, err := os.MkdirTemp(place, dirPrefix+"*"+dirFresh)
	if err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	d := &Dir{Path: strings.TrimSuffix(fresh, dirFresh)}
	if d.lock, err = lockDir(fresh, os.O_CREATE); err == nil {
		err = os.Rename(fresh, d.Path)
	}
	if err != nil {
		d.Path = fresh
		return nil, errors.Join(fmt.Errorf("make folder: %w", err), d.Close())
	}
	return d, nil
}

// lockDir takes a folder's lock, or says that somebody has it.
func lockDir(path string, flags int) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(path, dirLock), os.O_RDWR|syscall.O_NOFOLLOW|flags, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// sweep removes the folders that nobody has. What cannot be removed is another user's, or is left for another time.
func sweep(place string) {
	left, _ := filepath.Glob(filepath.Join(place, dirPrefix+"*"))
	for _, path := range left {
		if strings.HasSuffix(path, dirFresh) {
			continue
		}
		lock, err := lockDir(path, 0)
		if err != nil {
			continue
		}
		if sweepGroups(groupPrefix(path)) == nil {
			os.RemoveAll(path)
		}
		lock.Close()
	}
}

// groupPrefix begins the names of the control groups of an emulator that has a folder.
func groupPrefix(dir string) string {
	return "sshell-" + strings.TrimPrefix(filepath.Base(dir), "sshell-") + "-"
}

// Close removes the folder and what is in it.
func (d *Dir) Close() error {
	err := os.RemoveAll(d.Path)
	if d.lock != nil {
		err = errors.Join(err, d.lock.Close())
	}
	return err
}
