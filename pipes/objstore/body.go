package objstore

import (
	"context"
	"io"
	"os"
	"sync"
	"time"
)

const (
	// fileStep is how many bytes of a file are copied between two looks at the context: copying within the kernel
	// takes about a millisecond for them.
	fileStep = 8 << 20
	// bufferSize is the size of the buffers that other bodies are copied through: some kernel pipes' worth, so that
	// system calls cost little, and small enough for the processor's cache.
	bufferSize = 256 << 10
)

var buffers = sync.Pool{New: func() any { return new([bufferSize]byte) }}

// Copy copies exactly size bytes of body to dst, or all of it if size is negative, for a store's Put. It ends early with
// ctx's error when ctx ends, and with io.ErrUnexpectedEOF when body ends before size bytes. A file is copied to a file
// within the kernel, where that can. A body with the method SetReadDeadline is woken by it when ctx ends.
func Copy(ctx context.Context, dst io.Writer, body io.Reader, size int64) error {
	if d, ok := body.(interface{ SetReadDeadline(time.Time) error }); ok {
		stop := context.AfterFunc(ctx, func() {
			// Where it is not supported, such as on a regular file, Read does not block for long either.
			_ = d.SetReadDeadline(time.Unix(1, 0))
		})
		defer stop()
	}
	n, err := copyBody(ctx, dst, body, size)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return err
	case n < size:
		return io.ErrUnexpectedEOF
	}
	return nil
}

func copyBody(ctx context.Context, dst io.Writer, body io.Reader, size int64) (int64, error) {
	from, fromFile := body.(*os.File)
	to, toFile := dst.(*os.File)
	if fromFile && toFile {
		// Regular files only: a read of theirs does not wait for anybody, so that looks at ctx may be far apart.
		if info, err := from.Stat(); err == nil && info.Mode().IsRegular() {
			return copyFile(ctx, to, from, size)
		}
	}
	if size >= 0 {
		body = io.LimitReader(body, size)
	}
	buf := buffers.Get().(*[bufferSize]byte)
	defer buffers.Put(buf)
	// The wrappers hide the shortcuts of files and buffers, which would neither look at ctx nor use buf.
	return io.CopyBuffer(struct{ io.Writer }{dst}, WithContext(ctx, body), buf[:])
}

func copyFile(ctx context.Context, to, from *os.File, size int64) (n int64, err error) {
	for size < 0 || n < size {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		step := int64(fileStep)
		if size >= 0 {
			step = min(step, size-n)
		}
		m, err := io.CopyN(to, from, step)
		n += m
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// WithContext returns a reader of r whose Read fails with ctx's error once ctx ended.
func WithContext(ctx context.Context, r io.Reader) io.Reader { return contextReader{ctx, r} }

type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// Range clips n bytes from off on (to the end, if n is negative) to an object of size bytes: what Get reads.
func Range(size, off, n int64) (start, length int64) {
	start = min(off, size)
	if n < 0 || n > size-start {
		n = size - start
	}
	return start, n
}
