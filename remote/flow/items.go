package flow

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// reader reads a descriptor that others made, until its waker is woken. It neither closes it nor changes how it blocks.
type reader struct {
	fd      int
	poll    bool // a read may block
	stopped *waker
}

func newReader(f *os.File, w *waker) (*reader, error) {
	fd, err := descriptor(f)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return &reader{fd: fd, poll: !info.Mode().IsRegular(), stopped: w}, nil
}

// Read returns errStopped when the waker was woken.
func (r *reader) Read(b []byte) (int, error) {
	for {
		if r.poll {
			fds := []unix.PollFd{{Fd: int32(r.fd), Events: unix.POLLIN}, r.stopped.pollFd()}
			if err := poll(fds); err != nil {
				return 0, err
			}
			if fds[1].Revents != 0 {
				return 0, errStopped
			}
		}
		n, err := readOnce(r.fd, b)
		switch {
		case err == unix.EAGAIN: // somebody else read what there was
			continue
		case err != nil:
			return 0, err
		case n == 0 && len(b) > 0:
			return 0, io.EOF
		}
		return n, nil
	}
}

// items reads what ends with a delimiter, one item at a time. It holds a buffer of 64 KiB, or the longest item.
type items struct {
	r         io.Reader
	delimiter byte
	buf       []byte
	from, to  int
	err       error
}

const itemBuffer = 64 << 10

// next returns the next item without its delimiter, or io.EOF. The last one need not have a delimiter.
func (it *items) next() (string, error) {
	searched := it.from
	for {
		if i := bytes.IndexByte(it.buf[searched:it.to], it.delimiter); i >= 0 {
			item := string(it.buf[it.from : searched+i])
			it.from = searched + i + 1
			return item, nil
		}
		searched = it.to
		if it.err != nil {
			return it.last()
		}
		searched -= it.room()
		var n int
		n, it.err = it.r.Read(it.buf[it.to:])
		it.to += n
	}
}

// last returns what follows the last delimiter.
func (it *items) last() (string, error) {
	if errors.Is(it.err, io.EOF) && it.from < it.to {
		item := string(it.buf[it.from:it.to])
		it.from = it.to
		return item, nil
	}
	return "", it.err
}

// room makes room behind what is in the buffer and returns by how much that moved.
func (it *items) room() int {
	if it.to < len(it.buf) {
		return 0
	}
	moved := it.from
	buf := it.buf
	if it.from < len(buf)/2 || len(buf) == 0 {
		buf = make([]byte, max(itemBuffer, 2*len(buf)))
	}
	it.to = copy(buf, it.buf[it.from:it.to])
	it.from, it.buf = 0, buf
	return moved
}

// noNULs shows the NULs in a value as \0, as GNU parallel does: no argument can hold them.
func noNULs(s string) (string, bool) {
	if strings.IndexByte(s, 0) < 0 {
		return s, false
	}
	return strings.ReplaceAll(s, "\x00", `\0`), true
}
