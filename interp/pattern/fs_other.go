//go:build !linux

package pattern

import (
	"fmt"
	"io/fs"
	"os"
)

// ReadDir implements FS.
func (OS) ReadDir(dir string) ([]Entry, error) {
	if dir == "" {
		dir = "."
	}
	f, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("open directory: %w", err)
	}
	defer f.Close()
	list, err := f.ReadDir(-1)
	entries := make([]Entry, 0, len(list))
	for _, e := range list {
		entries = append(entries, Entry{e.Name(), modeKind(e.Type())})
	}
	if err != nil {
		return entries, fmt.Errorf("read directory: %w", err)
	}
	return entries, nil
}

// Stat implements FS.
func (OS) Stat(path string) Kind { return statKind(path, os.Stat) }

// Lstat implements FS.
func (OS) Lstat(path string) Kind { return statKind(path, os.Lstat) }

func statKind(path string, stat func(string) (fs.FileInfo, error)) Kind {
	if path == "" {
		path = "."
	}
	info, err := stat(path)
	if err != nil {
		return Missing
	}
	return modeKind(info.Mode())
}

func modeKind(mode fs.FileMode) Kind {
	switch {
	case mode.IsDir():
		return Dir
	case mode&fs.ModeSymlink != 0:
		return Symlink
	}
	return Other
}
