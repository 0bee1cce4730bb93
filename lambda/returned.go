package lambda

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
)

// Returned are the files that a task gives back: a tar archive of what its patterns match in its working directory.
type Returned struct {
	Inline  []byte   `cbor:"inline,omitempty"`
	Key     string   `cbor:"key,omitempty"`     // of the object that holds them, empty for inline ones
	Missing []string `cbor:"missing,omitempty"` // patterns that match nothing
}

// ArchiveReturned writes the archive of a working directory's files, folders with all that is in them. Nothing outside the
// directory is in it. It gives the patterns that match nothing.
func ArchiveReturned(dir string, patterns []string, w io.Writer) (missing []string, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	files, archive := root.FS(), tar.NewWriter(w)
	for _, pattern := range patterns {
		names, err := fs.Glob(files, path.Clean(pattern))
		if err != nil || len(names) == 0 {
			missing = append(missing, pattern)
		}
		for _, name := range names {
			if _, err := root.Stat(name); err != nil { // a link that leads outside, or nowhere
				missing = append(missing, name)
				continue
			}
			err := fs.WalkDir(files, name, func(name string, d fs.DirEntry, err error) error {
				if err != nil || !d.Type().IsRegular() && !d.IsDir() {
					return err
				}
				return archiveFile(archive, files, name)
			})
			if err != nil {
				return nil, err
			}
		}
	}
	return missing, archive.Close()
}

func archiveFile(to *tar.Writer, files fs.FS, name string) error {
	f, err := files.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	h := &tar.Header{Name: name, Mode: int64(info.Mode().Perm()), ModTime: info.ModTime(), Typeflag: tar.TypeDir, Format: tar.FormatPAX}
	if !info.IsDir() {
		h.Typeflag, h.Size = tar.TypeReg, info.Size()
	}
	if err := to.WriteHeader(h); err != nil || info.IsDir() {
		return err
	}
	_, err = io.CopyN(to, f, h.Size)
	return err
}

// takeReturned puts the files that a task gave back into the client's working directory: each appears whole, in the place of
// one that is there.
func (c *call) takeReturned(ctx context.Context, r *Returned) error {
	if r == nil {
		return nil
	}
	var archive io.Reader = bytes.NewReader(r.Inline)
	if r.Key != "" {
		body, err := c.r.cfg.Store.Get(ctx, r.Key, 0, -1)
		if err != nil {
			return fmt.Errorf("fetch returned files: %w", err)
		}
		defer body.Close()
		archive = body
	}
	if err := extract(c.task.Dir, archive); err != nil {
		return fmt.Errorf("take returned files: %w", err)
	}
	return nil
}

func extract(dir string, archive io.Reader) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for from := tar.NewReader(archive); ; {
		h, err := from.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if h.Typeflag == tar.TypeDir {
			if err := root.MkdirAll(h.Name, fs.FileMode(h.Mode).Perm()|0o700); err != nil {
				return err
			}
			continue
		}
		if err := extractFile(root, h, from); err != nil {
			return err
		}
	}
}

// extractFile writes a file beside its place, and moves it there.
func extractFile(root *os.Root, h *tar.Header, from io.Reader) error {
	if err := root.MkdirAll(path.Dir(h.Name), 0o777); err != nil {
		return err
	}
	beside := path.Join(path.Dir(h.Name), "."+strings.TrimPrefix(path.Base(h.Name), ".")+".sshell-part")
	f, err := root.OpenFile(beside, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, fs.FileMode(h.Mode).Perm())
	if err != nil {
		return err
	}
	_, err = io.Copy(f, from)
	if err = errors.Join(err, f.Close()); err == nil {
		err = root.Rename(beside, h.Name)
	}
	if err != nil {
		err = errors.Join(err, root.Remove(beside))
	}
	return err
}
