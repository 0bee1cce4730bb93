package dir

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"sshell/pipes/objstore"
)

// makeFolders makes the folders that are not there, outermost first. If one's name is a file's it stops there and
// returns that name. The caller shares the lock, so that none of them is removed meanwhile.
func makeFolders(folders []string) (file string, err error) {
	if len(folders) == 0 || isFolder(folders[len(folders)-1]) {
		return "", nil
	}
	for _, folder := range folders {
		err := os.Mkdir(folder, 0o777)
		if errors.Is(err, fs.ErrExist) {
			var info fs.FileInfo
			if info, err = os.Stat(folder); err == nil && !info.IsDir() {
				return folder, nil
			}
		}
		if err != nil {
			return "", err
		}
	}
	return "", nil
}

// moveBeside makes room for a folder where an object's file is.
func (s *Store) moveBeside(ctx context.Context, path string) error {
	unlock, err := s.lock(ctx, alone)
	if err != nil {
		return err
	}
	defer unlock()
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.IsDir():
		return nil
	}
	if err := os.Rename(path, path+fileMark); err != nil {
		return err
	}
	return os.Mkdir(path, 0o777)
}

// prune removes folders that became empty, innermost first.
func (s *Store) prune(folders []string) error {
	if len(folders) == 0 || !isFolder(folders[0]) {
		return nil
	}
	unlock, err := s.lock(context.Background(), alone)
	if err != nil {
		return err
	}
	defer unlock()
	for i := len(folders) - 1; i >= 0; i-- {
		err := syscall.Rmdir(folders[i])
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil // it has entries, or is a link, or not ours to remove
		}
	}
	return nil
}

// Delete implements objstore.Store. Folders that become empty go too.
func (s *Store) Delete(ctx context.Context, keys ...string) error {
	emptied := map[string][]string{}
	var errs []error
	for _, key := range keys {
		if err := begin(ctx, "delete", key); err != nil {
			errs = append(errs, err)
			break
		}
		p := s.place(key)
		gone, err := s.remove(ctx, p)
		errs = append(errs, objstore.KeyError("delete", key, err))
		if gone && len(p.folders) > 0 {
			emptied[filepath.Dir(p.plain)] = p.folders
		}
	}
	for _, folders := range emptied {
		errs = append(errs, s.prune(folders))
	}
	return errors.Join(errs...)
}

// remove removes an object's file, and reports whether it was there.
func (s *Store) remove(ctx context.Context, p place) (gone bool, err error) {
	unlock, err := s.shareLock(ctx)
	if err != nil {
		return false, err
	}
	defer unlock()
	for _, path := range []string{p.beside, p.plain} { // so that a hidden file never comes to light
		info, err := os.Lstat(path)
		if err == nil && (info.IsDir() || info.Mode()&fs.ModeSymlink != 0 && isFolder(path)) {
			continue
		}
		if err == nil {
			err = os.Remove(path)
		}
		switch {
		case err == nil:
			gone = true
		case !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR):
			return gone, err
		}
	}
	return gone, nil
}
