package flow

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"sshell/interp/plan"
	"sshell/remote/chunk"
)

// object is a source that can be read anywhere, as split and runners see it.
type object struct {
	chunk.Source
	name   string // what the user calls it; SSHELL_OBJECT
	object string // what a runner opens
	base   int64  // where in what the runner opens the source begins
	close  func()
	cutter *chunk.Cutter
}

// openObject opens a source of split. For one that can only be read from end to end the error wraps chunk.ErrNotSeekable.
func (s *segment) openObject(ctx context.Context, name string, format chunk.Format) (*object, error) {
	if files := s.cfg.Files; files != nil && files.Has(name) {
		stored, err := openStored(ctx, files, name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, cause(err))
		}
		src := chunk.Source(stored)
		if r, ok := files.(ranger); ok {
			src = &ranged{stored, r}
		}
		return &object{Source: src, name: name, object: name, close: stored.Close, cutter: chunk.NewCutter(src, format)}, nil
	}
	path := s.path(name)
	f, err := chunk.OpenFile(path)
	if err != nil {
		if rest, ok := strings.CutPrefix(err.Error(), path+": "); ok && path != name && !isStream(err) {
			err = fmt.Errorf("%s: %s", name, rest)
		}
		return nil, err
	}
	src := chunk.Source(f)
	if path != name {
		src = renamed{f, name}
	}
	return &object{Source: src, name: name, object: path, close: func() { f.Close() }, cutter: chunk.NewCutter(src, format)}, nil
}

// renamed is a file under the name that the user gave it.
type renamed struct {
	*chunk.File
	name string
}

func (r renamed) Name() string { return r.name }

// isStream reports whether a source can only be read from one end to the other.
func isStream(err error) bool { return errors.Is(err, chunk.ErrNotSeekable) }

// path returns a name as this process can open it: the shell's working directory need not be the process's.
func (s *segment) path(name string) string {
	if s.dir == "" || filepath.IsAbs(name) {
		return name
	}
	if here, err := os.Getwd(); err == nil && here == s.dir {
		return name
	}
	return s.dir + "/" + name
}

// openInput makes a file that is already open a source, from where it stands. It is read to its end as far as others can see.
func openInput(f *os.File, format chunk.Format) (*object, error) {
	src, err := chunk.FromFile(f, "standard input")
	if err != nil {
		return nil, err
	}
	fd, err := descriptor(f)
	if err != nil {
		return nil, err
	}
	path := "/dev/fd/" + strconv.Itoa(fd)
	if own := "/proc/" + strconv.Itoa(os.Getpid()) + "/fd/"; exists(own) {
		path = own + strconv.Itoa(fd) // also for a worker of another process
	}
	return &object{
		Source: src, name: "-", object: path, base: src.Base(), cutter: chunk.NewCutter(src, format),
		close: func() { f.Seek(src.Base()+src.Size(), io.SeekStart) },
	}, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// stored is a source that a plan.Files opens. It is open only while it is read.
type stored struct {
	files plan.Files
	name  string
	size  int64

	mu sync.RWMutex
	f  *os.File
}

func openStored(ctx context.Context, files plan.Files, name string) (*stored, error) {
	info, err := files.Stat(ctx, name)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, syscall.EISDIR
	}
	return &stored{files: files, name: name, size: info.Size()}, nil
}

func (s *stored) Name() string { return s.name }
func (s *stored) Size() int64  { return s.size }

func (s *stored) ReadAt(p []byte, off int64) (int, error) {
	for {
		s.mu.RLock()
		if s.f != nil {
			defer s.mu.RUnlock()
			return s.f.ReadAt(p, off)
		}
		s.mu.RUnlock()
		if err := s.open(); err != nil {
			return 0, err
		}
	}
}

func (s *stored) open() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.f != nil {
		return nil
	}
	f, err := s.files.Open(context.Background(), s.name)
	if err != nil {
		return err
	}
	if info, err := f.Stat(); err != nil || info.Size() != s.size {
		f.Close()
		return errors.Join(errors.New("changed since it was opened"), err)
	}
	s.f = f
	return nil
}

// Idle closes the file until it is read again.
func (s *stored) Idle() error {
	s.Close()
	return nil
}

func (s *stored) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.f != nil {
		s.f.Close()
		s.f = nil
	}
}

// ranger is a plan.Files of objects that are elsewhere: Range gives n bytes of one from byte off on. ok is false for one that is
// to be opened.
type ranger interface {
	Range(ctx context.Context, name string, off, n int64) (body io.ReadCloser, ok bool, err error)
}

// ranged is a source of which ranges are fetched, where it is elsewhere.
type ranged struct {
	*stored
	ranger ranger
}

// ReadRange reads as ReadAt does, until ctx ends.
func (r *ranged) ReadRange(ctx context.Context, p []byte, off int64) (int, error) {
	body, ok, err := r.ranger.Range(ctx, r.name, off, int64(len(p)))
	if err != nil {
		return 0, err
	}
	if !ok {
		return r.stored.ReadAt(p, off)
	}
	defer body.Close()
	return io.ReadFull(body, p)
}

// ReadAt implements io.ReaderAt.
func (r *ranged) ReadAt(p []byte, off int64) (int, error) {
	return r.ReadRange(context.Background(), p, off)
}

// expand expands the patterns and prefixes among names that a plan.Files knows; the shell has expanded all others.
func (s *segment) expand(ctx context.Context, names []string) ([]string, error) {
	var all []string
	for _, name := range names {
		if files := s.cfg.Files; files == nil || !files.Has(name) {
			all = append(all, name)
			continue
		}
		matches, err := s.expandObject(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, cause(err))
		}
		all = append(all, matches...)
	}
	return all, nil
}

// lister is a plan.Files that knows prefixes: Below gives the names of all objects below one, which ends in a slash, in the
// order of their keys.
type lister interface {
	Below(ctx context.Context, prefix string) ([]string, error)
}

// errEmptyPrefix is why a prefix cannot be split. An empty input would have a mistyped one pass for a success.
var errEmptyPrefix = errors.New("no objects are below it")

// expandObject gives the names, of which there is one at least, that one name of an object, a pattern or a prefix means.
func (s *segment) expandObject(ctx context.Context, name string) ([]string, error) {
	files := s.cfg.Files
	if strings.ContainsAny(name, "*?[") {
		if _, err := files.Stat(ctx, name); err != nil { // else the characters are its own
			matches, err := files.Glob(ctx, name)
			if err == nil && len(matches) == 0 {
				err = fs.ErrNotExist
			}
			return matches, err
		}
	}
	l, ok := files.(lister)
	if !ok || !strings.HasSuffix(name, "/") {
		return []string{name}, nil
	}
	names, err := l.Below(ctx, name)
	if err == nil && len(names) == 0 {
		err = errEmptyPrefix
	}
	return names, err
}
