package handler

import (
	"context"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"sshell/remote"
)

// spoolMost bounds an input that is made a file, in bytes: that much comes from a store in a few seconds, before the task
// starts, and fits beside its own files into the smallest /tmp.
const spoolMost = 256 << 20

// spool makes the input a file, so that one command goes on reading where another stopped. One of
// more than most bytes stays a pipe.
func (f *feed) spool(ctx context.Context, tmp string, most int64) error {
	defer context.AfterFunc(ctx, f.drop)()
	src, err := f.open(f.ctx)
	if err != nil {
		return fmt.Errorf("open %s: %w: %w", f.name, err, remote.ErrLost)
	}
	file, err := unnamed(tmp)
	if err != nil {
		src.Close()
		return refused(err)
	}
	n, err := io.Copy(file, io.LimitReader(src, most+1))
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	switch {
	case err != nil:
		file.Close()
		if ctx.Err() == nil { // see copy
			src.Close()
		}
		return f.readError(err)
	case n > most:
		f.open = func(context.Context) (io.ReadCloser, error) {
			return &spooled{io.MultiReader(file, src), file, src}, nil
		}
		return nil
	}
	src.Close()
	f.r.Close()
	f.w.Close()
	f.r, f.at, f.file = file, n, true
	return nil
}

// spooled is a source of which the beginning is in a file.
type spooled struct {
	io.Reader
	file *os.File
	src  io.Closer
}

// Close closes both.
func (s *spooled) Close() error {
	s.file.Close()
	return s.src.Close()
}

// unnamed makes a file that has no name.
func unnamed(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, "input-")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// spoolSize is how large an input may be for it to become a file there, in bytes: half of what is free is left to the task.
func spoolSize(dir string) int64 {
	var st unix.Statfs_t
	if unix.Statfs(dir, &st) != nil {
		return 0
	}
	return min(spoolMost, int64(st.Bavail)*int64(st.Bsize)/2)
}
