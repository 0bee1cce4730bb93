package artifact

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"sshell/remote/ship"
	"sshell/remote/ship/relocate"
)

// Cache is a folder that keeps artifacts between tasks. Its methods may be called from several goroutines and, on the same
// folder, from several processes, of which any may die at any time.
//
// An entry is a file DIGEST-MODE-TIME-SIZE or a folder DIGEST-tree-SIZE; in front of SIZE there is r- if it was relocated. It appears by a link or a rename, whole and with the right
// digest. Whoever uses one holds a shared lock on it (flock), so that it is not removed meanwhile. What is being fetched has a
// name that begins with "new-", and the lock of its maker: without one it is a dead process's, and is removed.
type Cache struct {
	dir     string
	limit   int64
	place   *relocate.Place // nil where programs stand under their own paths
	fetches flights[string, struct{}]

	mu    sync.Mutex
	trees map[string]*look // each folder when it was first seen
}

// newPrefix begins the names of what is not an entry yet, or no longer.
const newPrefix = "new-"

// lockName is the file whose lock is held while room is made and taken.
const lockName = "lock"

// ErrNoRoom says that what tasks use at this moment leaves no room for more.
var ErrNoRoom = errors.New("no room in the cache of artifacts")

// OpenCache opens a cache in a folder, which is made if need be, for at most limit bytes. The bound is on the artifacts' own
// bytes; what a file system takes besides is not counted.
func OpenCache(dir string, limit int64) (*Cache, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open cache: %w", err)
	}
	return &Cache{dir: dir, limit: limit}, nil
}

// OpenRelocatedCache is OpenCache for one whose artifacts are to stand in a Place, see Install. Its other users have the same
// one.
func OpenRelocatedCache(dir string, limit int64, place *relocate.Place) (*Cache, error) {
	c, err := OpenCache(dir, limit)
	if err == nil {
		c.place = place
	}
	return c, err
}

// relocates reports whether an artifact is changed for the Place before it is kept. Of a folder below the working
// directory Install changes what it must.
func (c *Cache) relocates(a *Artifact) bool {
	return c.place != nil && !a.Exact && (a.Kind == ship.PlainFile || path.IsAbs(a.Path))
}

// name is the name of the entry of an artifact.
func (c *Cache) name(a *Artifact) string {
	changed := ""
	if c.relocates(a) {
		changed = "r-"
	}
	if a.Kind == ship.Tree {
		return fmt.Sprintf("%s-tree-%s%d", a.Digest, changed, a.Size)
	}
	return fmt.Sprintf("%s-%o-%d-%s%d", a.Digest, uint32(a.Mode), a.ModTime, changed, a.Size)
}

// entry is the path of the entry of an artifact.
func (c *Cache) entry(a *Artifact) string { return filepath.Join(c.dir, c.name(a)) }

// lockFile opens a file or folder and locks it; nil if it is gone, or, where how has LOCK_NB, somebody else's.
func lockFile(path string, how int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW, 0)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return nil, err
	}
	for {
		if err = unix.Flock(int(f.Fd()), how); err != unix.EINTR {
			break
		}
	}
	if err != nil {
		f.Close()
		if err == unix.EWOULDBLOCK {
			return nil, nil
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	// Whoever had the lock before may have removed it.
	mine, err1 := f.Stat()
	there, err2 := os.Lstat(path)
	if err1 != nil || err2 != nil || !os.SameFile(mine, there) {
		f.Close()
		return nil, nil
	}
	return f, nil
}

// exclusive holds the cache's own lock while it does something short.
func (c *Cache) exclusive(work func() error) error {
	f, err := os.OpenFile(filepath.Join(c.dir, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("lock cache: %w", err)
	}
	defer f.Close()
	for {
		if err = unix.Flock(int(f.Fd()), unix.LOCK_EX); err != unix.EINTR {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("lock cache: %w", err)
	}
	return work()
}

// kept is what a listing of the cache tells of an entry.
type kept struct {
	path string
	size int64
	used unix.Timespec
	temp bool
}

// entries lists what is in the cache, the least recently used first, leftovers before all.
func (c *Cache) entries() ([]kept, error) {
	list, err := os.ReadDir(c.dir)
	if err != nil {
		return nil, fmt.Errorf("list cache: %w", err)
	}
	var all []kept
	for _, d := range list {
		at := strings.LastIndexByte(d.Name(), '-')
		size, err := strconv.ParseInt(d.Name()[at+1:], 10, 64)
		if at < 0 || err != nil {
			continue // the lock, or not ours
		}
		e := kept{path: filepath.Join(c.dir, d.Name()), size: size, temp: strings.HasPrefix(d.Name(), newPrefix)}
		var st unix.Stat_t
		if unix.Lstat(e.path, &st) != nil {
			continue
		}
		e.used = st.Atim
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b kept) int {
		switch {
		case a.temp != b.temp && a.temp:
			return -1
		case a.temp != b.temp:
			return 1
		}
		return cmp.Or(cmp.Compare(a.used.Sec, b.used.Sec), cmp.Compare(a.used.Nsec, b.used.Nsec))
	})
	return all, nil
}

// makeRoom removes what nobody uses until size more bytes fit. The cache's lock is held.
func (c *Cache) makeRoom(size int64) error {
	all, err := c.entries()
	if err != nil {
		return err
	}
	var total int64
	for _, e := range all {
		total += e.size
	}
	for _, e := range all {
		if !e.temp && total+size <= c.limit {
			break
		}
		gone, err := c.remove(e.path)
		if err != nil {
			return err
		}
		if gone {
			total -= e.size
		}
	}
	if total+size > c.limit {
		return fmt.Errorf("%w: %d bytes more than its %d", ErrNoRoom, total+size-c.limit, c.limit)
	}
	return nil
}

// remove takes away an entry that nobody holds; it reports false for one that somebody does.
func (c *Cache) remove(path string) (bool, error) {
	f, err := lockFile(path, unix.LOCK_EX|unix.LOCK_NB)
	if f == nil || err != nil {
		return false, err
	}
	defer f.Close()
	if strings.HasPrefix(filepath.Base(path), newPrefix) {
		return true, os.RemoveAll(path)
	}
	// A folder goes in many steps; under its new name no one takes it for an entry if we die between them.
	dead := filepath.Join(c.dir, newPrefix+filepath.Base(path))
	if err := os.Rename(path, dead); err != nil {
		return false, err
	}
	return true, os.RemoveAll(dead)
}
