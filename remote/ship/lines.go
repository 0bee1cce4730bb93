package ship

import (
	"fmt"
	"io/fs"
	"path/filepath"
)

// Lines says what files are, each with its size and what needs it, for people to read.
func Lines(files []File) []string {
	lines := make([]string, 0, len(files))
	for _, f := range files {
		line := f.Path
		if f.Target != "" {
			line += " -> " + f.Target
		} else if size, folder, err := sizeOf(f); err == nil {
			if folder {
				line += "/"
			}
			line += " (" + sizeText(size) + ")"
		}
		if f.Why != "" {
			line += " for " + f.Why
		}
		lines = append(lines, line)
	}
	return lines
}

// sizeOf gives the bytes of a file, or of all files in a folder.
func sizeOf(f File) (size int64, folder bool, err error) {
	real, err := filepath.EvalSymlinks(f.Path)
	if err != nil {
		return 0, false, err
	}
	err = filepath.WalkDir(real, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		switch {
		case err != nil:
			return err
		case path == real:
			folder = d.IsDir()
		case d.IsDir() && LeftOut(f.Without, path[len(real)+1:]):
			return fs.SkipDir
		}
		if info.Mode().IsRegular() {
			size += info.Size()
		}
		return nil
	})
	return size, folder, err
}

// sizeText writes a number of bytes with the unit that leaves a few digits.
func sizeText(n int64) string {
	const kib, mib = 1 << 10, 1 << 20
	switch {
	case n < kib:
		return fmt.Sprintf("%d B", n)
	case n < mib:
		return fmt.Sprintf("%d KiB", (n+kib-1)/kib)
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/mib)
}
