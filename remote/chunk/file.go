package chunk

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
)

// ErrNotSeekable says that a path leads to something that can only be read from
// one end to the other, such as a pipe, a terminal, or a file in /proc. Open it
// and use a [Splitter].
var ErrNotSeekable = errors.New("not a regular file")

// A File is a Source over a regular file. Its methods may be called concurrently.
type File struct {
	path  string
	name  string
	base  int64
	size  int64
	info  os.FileInfo
	owned bool // f is ours to close and to open again

	mu sync.RWMutex
	f  *os.File
}

// OpenFile returns the file at path, which must exist, be readable and regular.
// Errors are one line that begins with the path and wrap the cause; for what is
// neither a regular file nor a directory they wrap [ErrNotSeekable].
//
// The descriptor is closed again until the first read, so that a glob of more
// files than the process may hold open can be planned.
func OpenFile(path string) (*File, error) {
	// Opening a named pipe would wait for its writer: look first.
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", path, cause(err))
	case info.IsDir():
		return nil, fmt.Errorf("%s: %w", path, syscall.EISDIR)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: %w", path, ErrNotSeekable)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, cause(err))
	}
	defer f.Close()
	if info.Size() == 0 && hasBytes(f) {
		return nil, fmt.Errorf("%s: %w", path, ErrNotSeekable)
	}
	return &File{path: path, name: path, size: info.Size(), info: info, owned: true}, nil
}

// hasBytes tells a file of the kernel's, which has content but no size, from an
// empty one.
func hasBytes(f *os.File) bool {
	n, _ := f.ReadAt(make([]byte, 1), 0)
	return n > 0
}

// FromFile returns what is left of a regular file that is already open, from its
// offset to its end, as a Source called name: standard input, when a file was
// redirected to it. The offset is not moved. The file stays the caller's: the
// Source neither closes it nor reads it after the caller did. If f is not regular
// the error wraps [ErrNotSeekable].
func FromFile(f *os.File, name string) (*File, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, cause(err))
	}
	if info.IsDir() {
		return nil, fmt.Errorf("%s: %w", name, syscall.EISDIR)
	}
	if !info.Mode().IsRegular() || info.Size() == 0 && hasBytes(f) {
		return nil, fmt.Errorf("%s: %w", name, ErrNotSeekable)
	}
	base, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, cause(err))
	}
	size := max(0, info.Size()-base)
	return &File{path: f.Name(), name: name, base: base, size: size, info: info, f: f}, nil
}

// Name returns the path, or the name given to FromFile.
func (f *File) Name() string { return f.name }

// Size returns the number of bytes that there were when the file was opened.
func (f *File) Size() int64 { return f.size }

// Path returns what the file can be opened by: for FromFile, what the open file
// calls itself, which may no longer lead to it.
func (f *File) Path() string { return f.path }

// Base returns where in the file at Path the Source's first byte lies.
func (f *File) Base() int64 { return f.base }

// ReadAt reads as io.ReaderAt says, no further than Size. A file that has been
// replaced by another one since OpenFile is an error.
func (f *File) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, fmt.Errorf("read at %d: %w", off, os.ErrInvalid)
	}
	if off >= f.size {
		return 0, io.EOF
	}
	file, err := f.acquire()
	if err != nil {
		return 0, err
	}
	defer f.mu.RUnlock()
	short := int64(len(p)) > f.size-off
	if short {
		p = p[:f.size-off]
	}
	n, err := file.ReadAt(p, f.base+off)
	if err == nil && short {
		err = io.EOF
	}
	return n, err
}

// acquire returns the open file, with f.mu held for reading.
func (f *File) acquire() (*os.File, error) {
	for {
		f.mu.RLock()
		if f.f != nil {
			return f.f, nil
		}
		f.mu.RUnlock()
		if err := f.reopen(); err != nil {
			return nil, err
		}
	}
}

func (f *File) reopen() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.f != nil {
		return nil
	}
	if !f.owned {
		return os.ErrClosed
	}
	file, err := os.Open(f.path)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err == nil && !os.SameFile(info, f.info) {
		err = errors.New("replaced by another file since it was opened")
	}
	if err != nil {
		file.Close()
		return err
	}
	f.f = file
	return nil
}

// Idle closes the descriptor until the next read, which opens the file again.
func (f *File) Idle() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.owned || f.f == nil {
		return nil
	}
	err := f.f.Close()
	f.f = nil
	return err
}

// Close closes the descriptor, if it is ours, for good.
func (f *File) Close() error {
	err := f.Idle()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.owned, f.f = false, nil
	return err
}
