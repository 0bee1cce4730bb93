package dir

import (
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"sshell/pipes/objstore"
)

// write makes a file of what fill writes and gives it the object's name, if the object is of the version then: any if
// that is empty, else ErrChanged.
func (s *Store) write(ctx context.Context, p place, version string, fill func(*os.File) error) error {
	s.sweep.Do(func() { s.removeLeftovers(ctx) })
	f, err := s.newFile(ctx)
	if err != nil {
		return err
	}
	defer func() {
		f.Close()
		os.Remove(f.Name()) // which a rename has moved away
	}()
	if err := fill(f); err != nil {
		return err
	}
	if err := s.finish(f); err != nil {
		return err
	}
	if err := s.commit(ctx, f.Name(), p, version); err != nil {
		return errors.Join(err, s.prune(p.folders))
	}
	return s.syncFolder(filepath.Dir(p.plain))
}

// newFile makes a file that is no object yet. It is locked, so that nobody takes it for a leftover; the bucket's lock is
// held so long as it is not.
func (s *Store) newFile(ctx context.Context) (*os.File, error) {
	unlock, err := s.lock(ctx, shared)
	if err != nil {
		return nil, err
	}
	defer unlock()
	name := filepath.Join(s.folder, ownFolder, "put-"+strconv.FormatUint(rand.Uint64(), 36))
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		os.Remove(name)
		return nil, err
	}
	return f, nil
}

// removeLeftovers removes the files of processes that died while they wrote. One that cannot be removed is not in the
// way of anything but space, and is tried again by the next process.
func (s *Store) removeLeftovers(ctx context.Context) {
	unlock, err := s.lock(ctx, alone)
	if err != nil {
		return
	}
	defer unlock()
	left, _ := filepath.Glob(filepath.Join(s.folder, ownFolder, "put-*"))
	for _, name := range left {
		f, err := os.Open(name)
		if err != nil {
			continue
		}
		if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			os.Remove(name)
		}
		f.Close()
	}
}

// finish stamps the file with a time that no earlier version has: the kernel's own stamps are ticks of some
// milliseconds.
func (s *Store) finish(f *os.File) error {
	now := time.Now()
	if err := os.Chtimes(f.Name(), now, now); err != nil {
		return err
	}
	if s.Sync {
		return f.Sync()
	}
	return nil
}

func (s *Store) syncFolder(folder string) error {
	if !s.Sync {
		return nil
	}
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// errTurned says that a name became a folder's, or a folder's name a file's, between two steps: look again.
var errTurned = errors.New("name turned")

// commit gives the file at path the object's name.
func (s *Store) commit(ctx context.Context, path string, p place, version string) error {
	mode := shared
	if version != "" && version != objstore.Absent {
		mode = alone // nobody may commit between the look at the version and the rename
	}
	for {
		unlock, err := s.lock(ctx, mode)
		if err != nil {
			return err
		}
		var file string
		if file, err = makeFolders(p.folders); err == nil && file == "" {
			err = p.take(path, version, mode)
		}
		unlock()
		switch {
		case file != "":
			err = s.moveBeside(ctx, file)
		case errors.Is(err, errTurned):
			err = nil
		case noLinks(err) && mode == shared:
			mode, err = alone, nil
		default:
			return err
		}
		if err != nil {
			return err
		}
	}
}

// take gives the file at path the object's name if the object is of that version. The caller has the lock.
func (p place) take(path, version string, mode lockMode) error {
	to, info, err := p.stat()
	exists := err == nil
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	case !exists && isFolder(p.plain):
		to = p.beside
	case !exists:
		to = p.plain
	}
	switch {
	case version == "":
		err = os.Rename(path, to)
	case version == objstore.Absent && exists, version != objstore.Absent && (!exists || version != versionOf(info)):
		return objstore.ErrChanged
	case version == objstore.Absent && mode == shared:
		err = os.Link(path, to)
	default:
		err = os.Rename(path, to)
	}
	if errors.Is(err, fs.ErrExist) || errors.Is(err, syscall.EISDIR) {
		if to == p.plain && isFolder(to) {
			return errTurned
		}
		return objstore.ErrChanged
	}
	return err
}

// noLinks reports whether err is that of link(2) on a file system that has none.
func noLinks(err error) bool {
	var link *os.LinkError
	return errors.As(err, &link) && link.Op == "link" && (errors.Is(err, syscall.EPERM) || errors.Is(err, errors.ErrUnsupported))
}
