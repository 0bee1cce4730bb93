package chunk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// A Source is an object whose bytes can be read anywhere and do not change while
// it is being split. Its methods may be called concurrently.
type Source interface {
	io.ReaderAt
	// Size is the number of bytes, the same at every call.
	Size() int64
	// Name is what messages call the source: a path or an URL.
	Name() string
}

// A rangeReader is a Source on the other side of a network: it can be cancelled,
// and a round trip costs as much as many bytes do.
type rangeReader interface {
	ReadRange(ctx context.Context, p []byte, off int64) (int, error)
}

// An idler is a Source that holds something scarce, which it can do without
// until it is read again.
type idler interface {
	Idle() error
}

// readFull fills p with the bytes from off on. The caller asks for no byte beyond
// the source's size, so that an end of file means that the source has shrunk.
func readFull(ctx context.Context, src Source, p []byte, off int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var n int
	var err error
	if r, ok := src.(rangeReader); ok {
		n, err = r.ReadRange(ctx, p, off)
	} else {
		n, err = src.ReadAt(p, off)
	}
	switch {
	case n == len(p):
		return nil
	case err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%s: shorter than the %d bytes it had: %w", src.Name(), src.Size(), io.ErrUnexpectedEOF)
	}
	return fmt.Errorf("%s: %w", src.Name(), cause(err))
}

// cause strips the operation and the path that package os puts before an error,
// since messages name the source already.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
