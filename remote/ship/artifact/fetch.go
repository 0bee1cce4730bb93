package artifact

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"sshell/pipes/objstore"
	"sshell/remote/ship"
)

// maxFetches bounds the objects that are read at a time: a cold function waits for the store, not for its cores.
const maxFetches = 16

// ErrDigest says that an object of the store is not what its key says.
var ErrDigest = errors.New("bytes of another digest")

// Held are the artifacts of a manifest in a cache. Until Release nobody removes them.
type Held struct {
	manifest *Manifest
	cache    *Cache
	files    []*os.File // an open and locked entry for each artifact, nil for one without an object
}

// Fetch brings what is missing of a manifest into the cache, and holds all of it. An object that is missing in the store is
// an error that wraps fs.ErrNotExist, one with other bytes ErrDigest; where the cache is too small for what is held,
// ErrNoRoom. A file that somebody has written to since it was fetched is fetched again.
func (c *Cache) Fetch(ctx context.Context, s objstore.Store, m *Manifest) (*Held, error) {
	h := &Held{manifest: m, cache: c, files: make([]*os.File, len(m.Artifacts))}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxFetches)
	for i := range m.Artifacts {
		a := &m.Artifacts[i]
		if !a.stored() {
			continue
		}
		group.Go(func() error {
			if err := a.check(); err != nil {
				return err
			}
			f, err := c.hold(ctx, s, a)
			if err != nil {
				return fmt.Errorf("fetch %s: %w", a.Path, err)
			}
			h.files[i] = f
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		h.Release()
		return nil, err
	}
	return h, nil
}

// Release lets go of the artifacts. What was placed as links to the cache must not be used any more.
func (h *Held) Release() {
	for i, f := range h.files {
		if f != nil {
			f.Close()
			h.files[i] = nil
		}
	}
}

// hold gives the locked entry of an artifact, fetched if need be.
func (c *Cache) hold(ctx context.Context, s objstore.Store, a *Artifact) (*os.File, error) {
	path := c.entry(a)
	for range maxTries {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		f, err := lockFile(path, unix.LOCK_SH)
		if err != nil {
			return nil, err
		}
		if f != nil && c.intact(a, f) {
			// Zero leaves the time of the last change as it is.
			return f, os.Chtimes(path, time.Now(), time.Time{})
		}
		if f != nil {
			f.Close()
			if err := c.exclusive(func() error { return c.discard(path, a) }); err != nil {
				return nil, err
			}
		}
		if err := c.fetchOnce(ctx, s, a); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("%s: %w", path, errUnstable)
}

// maxTries bounds how often an artifact is fetched in a row: another process may remove it before it is held, which is
// rare, or the file system may not keep modes and times, which will not change.
const maxTries = 10

// errUnstable says that what was fetched was never there, or never as it was fetched.
var errUnstable = errors.New("does not stay as it was fetched")

// discard takes an entry that is spoilt out of the way, also of those who hold it.
func (c *Cache) discard(path string, a *Artifact) error {
	f, err := lockFile(path, unix.LOCK_SH)
	if f == nil || err != nil {
		return err
	}
	defer f.Close()
	if c.intact(a, f) {
		return nil
	}
	c.mu.Lock()
	delete(c.trees, path)
	c.mu.Unlock()
	return os.RemoveAll(path)
}

// intact reports whether an entry is as it was fetched, by what can be seen without reading it. A folder is believed to be
// when this process sees it for the first time.
func (c *Cache) intact(a *Artifact, f *os.File) bool {
	if a.Kind == ship.Tree {
		return c.treeIntact(f)
	}
	st, err := f.Stat()
	if err != nil {
		return false
	}
	return st.Size() == a.Size && st.ModTime().Unix() == a.ModTime && st.Mode() == a.Mode
}

func (c *Cache) treeIntact(f *os.File) bool {
	c.mu.Lock()
	was := c.trees[f.Name()]
	c.mu.Unlock()
	if was != nil {
		return was.same(f)
	}
	is, err := lookAt(f)
	if err != nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.trees == nil || len(c.trees) >= maxTrees {
		c.trees = make(map[string]*look)
	}
	c.trees[f.Name()] = is
	return true
}

// maxTrees bounds the folders that are known; a task has a few.
const maxTrees = 256

// fetchOnce makes the entry of an artifact; goroutines of this process that want the same one wait for one of them.
func (c *Cache) fetchOnce(ctx context.Context, s objstore.Store, a *Artifact) error {
	name := c.name(a)
	_, err := c.fetches.do(ctx, name, func() (struct{}, error) { return struct{}{}, c.fetch(ctx, s, a) })
	c.fetches.drop(name) // it may be removed again: the folder knows, not we
	return err
}

// fetch reads an object under a name of its own and gives it the entry's when it is whole and right.
func (c *Cache) fetch(ctx context.Context, s objstore.Store, a *Artifact) error {
	var f *os.File
	var temp string
	err := c.exclusive(func() (err error) {
		if err = c.makeRoom(a.Size); err == nil {
			temp, f, err = c.newEntry(a)
		}
		return err
	})
	if err != nil {
		return err
	}
	defer f.Close()
	defer os.RemoveAll(temp)
	r, err := s.Get(ctx, a.Digest.Key(), 0, -1)
	if err != nil {
		return err
	}
	defer r.Close()
	sum := sha256.New()
	if err := c.receive(a, f, temp, io.TeeReader(io.LimitReader(r, a.Size+1), sum)); err != nil {
		return err
	}
	if Digest(sum.Sum(nil)) != a.Digest {
		return fmt.Errorf("%s: %w", a.Digest.Key(), ErrDigest)
	}
	c.mu.Lock()
	delete(c.trees, c.entry(a)) // it is another one now
	c.mu.Unlock()
	if err = publish(temp, c.entry(a)); errors.Is(err, fs.ErrExist) || errors.Is(err, unix.ENOTEMPTY) {
		return nil // another process was quicker
	}
	return err
}

// publish gives a new file or folder the name of its entry. It never takes the place of one: somebody may hold that.
func publish(temp, path string) error {
	if st, err := os.Stat(temp); err != nil || st.IsDir() {
		return os.Rename(temp, path)
	}
	return os.Link(temp, path)
}

// newEntry makes the locked file or folder that becomes the entry of an artifact. The cache's lock is held.
func (c *Cache) newEntry(a *Artifact) (string, *os.File, error) {
	pattern := fmt.Sprintf("%s*-%d", newPrefix, a.Size)
	var temp string
	var err error
	if a.Kind == ship.Tree {
		temp, err = os.MkdirTemp(c.dir, pattern)
	} else {
		var f *os.File
		if f, err = os.CreateTemp(c.dir, pattern); err == nil {
			temp = f.Name()
			err = f.Close()
		}
	}
	if err != nil {
		return "", nil, err
	}
	f, err := lockFile(temp, unix.LOCK_SH)
	if f == nil {
		return "", nil, errors.Join(err, os.RemoveAll(temp))
	}
	return temp, f, nil
}

// receive writes what an artifact's object holds, as it has to be here.
func (c *Cache) receive(a *Artifact, f *os.File, temp string, r io.Reader) error {
	change := func(string, *os.File) error { return nil }
	if c.relocates(a) {
		change = c.patch
	}
	if a.Kind == ship.Tree {
		err := unpack(r, temp, change)
		if err == nil {
			_, err = io.Copy(io.Discard, r)
		}
		return errors.Join(err, os.Chmod(temp, 0o755))
	}
	w, err := os.OpenFile(temp, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if _, err = io.Copy(w, r); err == nil {
		err = change("", w) // of an interpreter's library it would be in a folder
	}
	err = errors.Join(err, f.Chmod(a.Mode), w.Close())
	if err != nil {
		return err
	}
	return os.Chtimes(temp, time.Now(), time.Unix(a.ModTime, 0))
}
