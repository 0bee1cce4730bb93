package relocate

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"path/filepath"
)

// Patch is bytes that take the place of as many others.
type Patch struct {
	At  int64
	Put []byte
}

// constant is a path that is replaced.
type constant struct {
	path, put string // put is not longer
	exact     bool   // a NUL stands before and behind it
	inside    bool   // it may stand right behind other text: Go's strings have no ends
}

// ErrLoader says that a program names its loader by a path too short to be changed.
var ErrLoader = errors.New("the path of its loader is too short to be changed")

// window is how much of a file is looked at at once, margin how far a constant may reach beyond: both in bytes.
const (
	window = 1 << 20
	margin = 64
)

// Patches says what to change in a file for it to run in the Place: a program, a library or a loader, known by its first
// bytes, or a file of an interpreter's library, known by its name. For others that is nothing.
func (p *Place) Patches(name string, r io.ReaderAt, size int64) ([]Patch, error) {
	magic := make([]byte, len(elf.ELFMAG))
	_, err := r.ReadAt(magic, 0)
	if err != nil && err != io.EOF {
		return nil, err
	}
	if string(magic) != elf.ELFMAG {
		if !ofLibrary(name) {
			return nil, nil
		}
		return p.scan(r, size)
	}
	f, err := elf.NewFile(r)
	if err != nil {
		return nil, nil // what is no program is no program there either
	}
	patches, err := p.scan(r, size)
	if err != nil {
		return nil, err
	}
	first, err := p.interpreter(f)
	if err != nil || first == nil {
		return patches, err
	}
	return append([]Patch{*first}, patches...), nil
}

// Dynamic reports whether a file is a program that names a loader.
func Dynamic(r io.ReaderAt) bool {
	f, err := elf.NewFile(r)
	if err != nil {
		return false
	}
	for _, s := range f.Progs {
		if s.Type == elf.PT_INTERP {
			return true
		}
	}
	return false
}

// interpreter changes the path of the loader, nil where there is none.
func (p *Place) interpreter(f *elf.File) (*Patch, error) {
	for _, s := range f.Progs {
		if s.Type != elf.PT_INTERP {
			continue
		}
		path, err := io.ReadAll(s.Open())
		if err != nil {
			return nil, fmt.Errorf("read path of loader: %w", err)
		}
		name := p.Loader(string(bytes.TrimRight(path, "\x00")))
		if len(name) >= len(path) {
			return nil, ErrLoader
		}
		clear(path)
		copy(path, name)
		return &Patch{At: int64(s.Off), Put: path}, nil
	}
	return nil, nil
}

// ofLibrary reports whether a file belongs to the library of an interpreter, or is glibc's list of converters, and may have
// the paths that compiled programs have.
func ofLibrary(name string) bool {
	switch filepath.Ext(name) {
	case ".py", ".pyc", ".pm", ".pl":
		return true
	}
	return filepath.Base(name) == "gconv-modules.cache"
}

// scan finds the constants of a file. Those of loaders count where a loader's are found.
func (p *Place) scan(r io.ReaderAt, size int64) ([]Patch, error) {
	s := scanner{place: p}
	buf := make([]byte, min(size, window)+margin+1)
	buf[0] = 0 // what stands before the file
	for at := int64(0); at < size; at += window {
		n, err := r.ReadAt(buf[1:], at)
		if err != nil && err != io.EOF {
			return nil, err
		}
		s.look(buf[:1+n], at-1, at+window >= size)
		if n >= window {
			buf[0] = buf[window]
		}
	}
	if s.isLoader {
		return append(s.found, s.loader...), nil
	}
	return s.found, nil
}

type scanner struct {
	place         *Place
	isLoader      bool
	found, loader []Patch
}

// look finds what begins in a window, whose first byte is the last of the one before. at is where that stands in the file.
func (s *scanner) look(buf []byte, at int64, last bool) {
	end := len(buf)
	if !last {
		end = min(end, window+1)
	}
	for i := 1; i < end; i++ {
		next := bytes.IndexByte(buf[i:end], '/')
		if next < 0 {
			return
		}
		i += next
		if i+1 == len(buf) || int(buf[i+1]) >= len(s.place.constants) {
			continue
		}
		s.match(buf, i, at)
	}
}

// match looks at a slash. Where constants of loaders are those of other programs too, theirs come behind, and count.
func (s *scanner) match(buf []byte, i int, at int64) {
	patch := func(c *constant) Patch {
		return Patch{At: at + int64(i), Put: []byte(pad(c.put, len(c.path)))}
	}
	for _, c := range s.place.constants[buf[i+1]] {
		if c.matches(buf, i) {
			s.found = append(s.found, patch(&c))
			break
		}
	}
	if buf[i-1] != 0 {
		return
	}
	for _, c := range s.place.loader {
		if c.matches(buf, i) {
			s.isLoader = s.isLoader || c.path == loaderCache || c.path == muslFolders
			s.loader = append(s.loader, patch(&c))
			break
		}
	}
}

// matches reports whether a constant stands at a slash.
func (c *constant) matches(buf []byte, i int) bool {
	if !bytes.HasPrefix(buf[i:], []byte(c.path)) {
		return false
	}
	var behind byte
	if i+len(c.path) < len(buf) {
		behind = buf[i+len(c.path)]
	}
	switch {
	case c.exact:
		return behind == 0
	case int(buf[i-1]) == len(c.path):
		return true // a whole string of compiled Python: its length stands before it, and nothing behind
	}
	return (c.inside || !ofName(buf[i-1])) && !ofName(behind)
}

// ofName reports whether a byte next to a path makes it part of a longer name.
func ofName(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.'
}
