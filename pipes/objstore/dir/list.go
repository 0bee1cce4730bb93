package dir

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"sshell/pipes/objstore"
)

// entry is one name of a level: an object's last segment, or a folder's with a '/' behind it. Their order by name is
// the order of the keys below.
type entry struct {
	name string
	path string
}

func (e entry) folder() bool { return strings.HasSuffix(e.name, "/") }

// List implements objstore.Store. It holds one level of each folder on its way in memory.
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[objstore.Object, error] {
	return func(yield func(objstore.Object, error) bool) {
		base, folder, part := s.start(prefix)
		s.walk(ctx, base, folder, part, yield)
	}
}

// Level implements objstore.Leveler. Folders without any object in them are left out.
func (s *Store) Level(ctx context.Context, prefix string) iter.Seq2[objstore.Object, error] {
	return func(yield func(objstore.Object, error) bool) {
		base, folder, part := s.start(prefix)
		entries, err := s.level(ctx, folder, part)
		if err != nil {
			yield(objstore.Object{}, objstore.KeyError("list", base, err))
			return
		}
		for _, e := range entries {
			if !s.yieldEntry(ctx, base, e, yield) {
				return
			}
		}
	}
}

func (s *Store) yieldEntry(ctx context.Context, base string, e entry, yield func(objstore.Object, error) bool) bool {
	if !e.folder() {
		return s.yieldObject(ctx, base+e.name, yield)
	}
	goOn := true
	s.walk(ctx, base+e.name, e.path, "", func(_ objstore.Object, err error) bool {
		if err != nil {
			yield(objstore.Object{}, err)
			goOn = false
		} else {
			goOn = yield(objstore.Object{Key: base + e.name, Size: objstore.FolderSize}, nil)
		}
		return false
	})
	return goOn
}

// start divides a prefix into the part up to the last '/', the folder that this is, and the rest.
func (s *Store) start(prefix string) (base, folder, part string) {
	i := strings.LastIndexByte(prefix, '/') + 1
	base, part = prefix[:i], prefix[i:]
	folder = s.folder
	if i > 0 {
		folder = s.place(base[:i-1]).plain
	}
	return base, folder, part
}

// walk yields the objects of a folder whose names in it begin with part, and reports whether to go on.
func (s *Store) walk(ctx context.Context, base, folder, part string, yield func(objstore.Object, error) bool) bool {
	entries, err := s.level(ctx, folder, part)
	if err != nil {
		yield(objstore.Object{}, objstore.KeyError("list", base, err))
		return false
	}
	for _, e := range entries {
		if e.folder() {
			if !s.walk(ctx, base+e.name, e.path, "", yield) {
				return false
			}
		} else if !s.yieldObject(ctx, base+e.name, yield) {
			return false
		}
	}
	return true
}

func (s *Store) yieldObject(ctx context.Context, key string, yield func(objstore.Object, error) bool) bool {
	o, err := s.Stat(ctx, key)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, objstore.ErrKey):
		return true // deleted since, or put there by somebody under a name that is no key
	case err != nil:
		yield(objstore.Object{}, err)
		return false
	}
	return yield(o, nil)
}

// level reads one level: the names in a folder that begin with part, sorted. A folder that is not there has none. The
// lock is held, since an object that is moved beside its name during the reading could be missed.
func (s *Store) level(ctx context.Context, folder, part string) ([]entry, error) {
	unlock, err := s.shareLock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	entries, err := s.read(folder, part, nil, nil)
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	// A file that somebody puts at the plain name hides the one beside it.
	return slices.CompactFunc(entries, func(a, b entry) bool { return a.name == b.name }), err
}

// read adds the names of a folder to entries. pieces are the names of the folders that a long segment began in.
func (s *Store) read(folder, part string, pieces []string, entries []entry) ([]entry, error) {
	f, err := os.Open(folder)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.EINVAL) {
		return entries, nil
	}
	if err != nil {
		return entries, err
	}
	defer f.Close()
	list, err := f.ReadDir(-1)
	if errors.Is(err, syscall.ENOTDIR) {
		return entries, nil
	}
	for _, d := range list {
		path := filepath.Join(folder, d.Name())
		switch kind := s.kind(d, path); {
		case kind.IsDir() && strings.HasSuffix(d.Name(), moreMark):
			more := append(slices.Clone(pieces), d.Name())
			if entries, err = s.read(path, part, more, entries); err != nil {
				return entries, err
			}
		case kind.IsDir():
			entries = add(entries, part, pieces, d.Name(), "/", path)
		case kind.IsRegular():
			entries = add(entries, part, pieces, strings.TrimSuffix(d.Name(), fileMark), "", path)
		}
	}
	return entries, err
}

func add(entries []entry, part string, pieces []string, name, slash, path string) []entry {
	segment, ok := decode(append(slices.Clip(pieces), name))
	if !ok || !strings.HasPrefix(segment, part) {
		return entries
	}
	return append(entries, entry{segment + slash, path})
}

// kind is the type of an entry, of a link what it points to. A link to a folder that it is in itself is of none.
func (s *Store) kind(d fs.DirEntry, path string) fs.FileMode {
	if d.Type()&fs.ModeSymlink == 0 {
		return d.Type()
	}
	info, err := os.Stat(path)
	if err != nil {
		return fs.ModeIrregular
	}
	for at := filepath.Dir(path); info.IsDir() && len(at) >= len(s.folder); at = filepath.Dir(at) {
		if above, err := os.Stat(at); err == nil && os.SameFile(above, info) {
			return fs.ModeIrregular
		}
	}
	return info.Mode().Type()
}
