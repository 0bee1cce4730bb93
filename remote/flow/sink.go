package flow

import (
	"errors"
	"io"
	"os"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

var (
	// errGone says that the reader of a stage's output left.
	errGone = errors.New("reader left")
	// errStopped says that a write was given up because the run is over.
	errStopped = errors.New("stopped")
)

const (
	// copyBuffer is the size of the buffer where the kernel cannot move bytes by itself: past 128 KiB a copy gets no
	// faster (coreutils' cat uses as much).
	copyBuffer = 128 << 10

	// pipeRoom is what a pipe that poll calls writable takes without blocking: a page, PIPE_BUF of Linux. Other systems
	// promise 512 bytes.
	pipeRoom = pipeBuf

	// moveMax is how much the kernel is asked to move in one call: as much as a pipe can hold.
	moveMax = 1 << 20
)

var copyBuffers = sync.Pool{New: func() any { return new([copyBuffer]byte) }}

// sink is where the output of a stage goes: a descriptor that others made and that may be anything. Its methods are for one
// goroutine at a time, but for stop.
type sink struct {
	fd        int
	pipe      bool // a pipe
	hasReader bool // a pipe or a socket: it has another end, which may be closed
	poll      bool // it can be full: these, and terminals
	moves     bool // the kernel moves bytes to it by itself
	stopped   *waker
	anything  atomic.Bool // something was written
}

// newSink returns the sink of f, which stays the caller's. Writes are given up when w is woken.
func newSink(f *os.File, w *waker) (*sink, error) {
	fd, err := descriptor(f)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	mode := info.Mode()
	return &sink{
		fd:        fd,
		pipe:      mode&os.ModeNamedPipe != 0,
		hasReader: mode&(os.ModeNamedPipe|os.ModeSocket) != 0,
		poll:      mode&(os.ModeNamedPipe|os.ModeSocket|os.ModeCharDevice) != 0,
		moves:     true,
		stopped:   w,
	}, nil
}

// descriptor returns f's number without changing how it blocks, as Fd may.
func descriptor(f *os.File) (int, error) {
	conn, err := f.SyscallConn()
	if err != nil {
		return -1, err
	}
	fd := -1
	err = conn.Control(func(n uintptr) { fd = int(n) })
	return fd, err
}

// wait waits until the sink has room.
func (s *sink) wait() error {
	if !s.poll {
		return nil
	}
	fds := []unix.PollFd{{Fd: int32(s.fd), Events: unix.POLLOUT}, s.stopped.pollFd()}
	if err := poll(fds); err != nil {
		return err
	}
	if fds[1].Revents != 0 {
		return errStopped
	}
	return nil
}

// write writes all of b.
func (s *sink) write(b []byte) error {
	for len(b) > 0 {
		if err := s.wait(); err != nil {
			return err
		}
		part := b
		if s.poll {
			part = b[:min(len(b), pipeRoom)]
		}
		n, err := unix.Write(s.fd, part)
		switch {
		case err == unix.EINTR || err == unix.EAGAIN:
			continue
		case err != nil:
			return sinkError(err)
		}
		s.anything.Store(true)
		b = b[n:]
	}
	return nil
}

func sinkError(err error) error {
	if err == unix.EPIPE || err == unix.ECONNRESET {
		return errGone
	}
	return err
}

// send writes n bytes of the file at fd from off on. To a pipe or a socket they are copied: what the kernel moves there is the
// file's own pages, and the store writes to them again before the reader has read them.
func (s *sink) send(fd int, off, n int64) error {
	for n > 0 && s.moves && !s.hasReader {
		if err := s.wait(); err != nil {
			return err
		}
		moved, err := moveFile(s, fd, off, min(n, moveMax))
		switch {
		case err == unix.EINTR || err == unix.EAGAIN:
			continue
		case cannotMove(err):
			s.moves = false
		case err != nil:
			return sinkError(err)
		case moved == 0:
			return io.ErrUnexpectedEOF
		}
		if moved > 0 {
			s.anything.Store(true)
			off, n = off+moved, n-moved
		}
	}
	if n == 0 {
		return nil
	}
	return s.copy(fd, off, n)
}

// copy is send by way of a buffer.
func (s *sink) copy(fd int, off, n int64) error {
	buf := copyBuffers.Get().(*[copyBuffer]byte)
	defer copyBuffers.Put(buf)
	for n > 0 {
		got, err := unix.Pread(fd, buf[:min(n, copyBuffer)], off)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return err
		case got == 0:
			return io.ErrUnexpectedEOF
		}
		if err := s.write(buf[:got]); err != nil {
			return err
		}
		off, n = off+int64(got), n-int64(got)
	}
	return nil
}

// take moves what there is in the pipe from, which does not block, and returns how much. 0 is its end; EAGAIN says that it
// is empty for now.
func (s *sink) take(from int) (int64, error) {
	for s.moves {
		n, err := movePipe(from, s.fd, nil, moveMax)
		switch {
		case err == unix.EINTR:
		case err == unix.EAGAIN && s.poll:
			if empty(from) {
				return 0, unix.EAGAIN
			}
			if err := s.wait(); err != nil {
				return 0, err
			}
		case cannotMove(err):
			s.moves = false
		case err == unix.EPIPE && s.pipe:
			return drained(from)
		case err != nil && err != unix.EAGAIN:
			return 0, sinkError(err)
		default:
			if n > 0 {
				s.anything.Store(true)
			}
			return n, err
		}
	}
	buf := copyBuffers.Get().(*[copyBuffer]byte)
	defer copyBuffers.Put(buf)
	n, err := readOnce(from, buf[:])
	if n > 0 {
		err = s.write(buf[:n])
	}
	return int64(n), err
}

// drained tells a pipe that is at its end, or empty, from one whose bytes nobody will read: splice says that the other end
// is broken even if there is nothing to write to it.
func drained(from int) (int64, error) {
	var b [1]byte
	n, err := readOnce(from, b[:])
	if n > 0 {
		return 0, errGone
	}
	return 0, err
}

// cannotMove reports whether err says that the kernel does not move bytes between two such descriptors.
func cannotMove(err error) bool {
	return err == unix.EINVAL || err == unix.ENOSYS || err == unix.EXDEV || err == unix.EBADF || err == unix.ESPIPE
}

// readOnce reads what there is. 0 without an error is the end.
func readOnce(fd int, b []byte) (int, error) {
	for {
		n, err := unix.Read(fd, b)
		if err == unix.EINTR {
			continue
		}
		return max(n, 0), err
	}
}

// empty reports whether a read from fd would block.
func empty(fd int) bool {
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	n, err := unix.Poll(fds, 0)
	return err == nil && n == 0
}

// poll waits for one of fds.
func poll(fds []unix.PollFd) error {
	for {
		if _, err := unix.Poll(fds, -1); err != unix.EINTR {
			return err
		}
	}
}

// waker ends waits for descriptors, for good.
type waker struct {
	r, w *os.File
	once sync.Once
	fd   int
}

func newWaker() (*waker, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	fd, err := descriptor(r)
	return &waker{r: r, w: w, fd: fd}, err
}

// wake ends every wait, now and from now on. It may be called more than once and concurrently.
func (w *waker) wake() { w.once.Do(func() { w.w.Close() }) }

// close releases the waker; nobody may wait any more.
func (w *waker) close() {
	w.wake()
	w.r.Close()
}

func (w *waker) pollFd() unix.PollFd { return unix.PollFd{Fd: int32(w.fd), Events: unix.POLLIN} }
