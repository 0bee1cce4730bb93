package agent

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// conn is one end of the socket. Frames are sent from any goroutine, and received in one.
type conn struct {
	file *os.File
	raw  syscall.RawConn

	sending sync.Mutex
}

func newConn(file *os.File) (*conn, error) {
	raw, err := file.SyscallConn()
	if err != nil {
		return nil, err
	}
	return &conn{file: file, raw: raw}, nil
}

// newSocket takes a descriptor as an end of a socket, which reads and writes can be called off from.
func newSocket(fd int) (*os.File, error) {
	if err := unix.SetNonblock(fd, true); err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), "agent"), nil
}

// errCut says that a frame was not sent whole: the other end cannot have acted on it, and the connection is of no
// more use.
var errCut = errors.New("connection lost")

// send sends a frame with files, which stay the caller's. After an error that wraps errCut nothing more can be sent;
// after another one the frame has not been sent.
func (c *conn) send(k kind, call uint64, body []byte, files []*os.File) error {
	if len(body) > maxBody {
		return fmt.Errorf("%d bytes are more than can be passed", len(body))
	}
	if len(files) > maxFiles {
		return fmt.Errorf("%d descriptors are more than can be passed", len(files))
	}
	fds := make([]int, len(files))
	for i, f := range files {
		var err error
		if fds[i], err = descriptor(f); err != nil {
			return fmt.Errorf("pass descriptor: %w", err)
		}
	}
	c.sending.Lock()
	defer c.sending.Unlock()
	return c.write(head(k, call, len(body), len(files)), body, fds)
}

// write writes a frame: start is its head and the bytes of more.
func (c *conn) write(start, body []byte, fds []int) error {
	first, more := start[:headSize], len(start)-headSize
	if more == 0 && len(body) <= bodyAtOnce {
		first, body = append(start, body...), nil
	}
	riders := min(len(fds), filesAtOnce)
	n, err := c.sendmsg(first, fds[:riders])
	if n == 0 && err != nil && err != unix.EPIPE && err != unix.ECONNRESET && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("pass descriptors: %w", err)
	}
	if err == nil {
		err = c.sendAll(first[n:])
	}
	for batch := range slices.Chunk(fds[riders:], filesAtOnce) {
		if err == nil {
			_, err = c.sendmsg([]byte{0}, batch)
		}
	}
	if err == nil {
		err = c.sendAll(body)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errCut, err)
	}
	return nil
}

func (c *conn) sendAll(p []byte) error {
	for len(p) > 0 {
		n, err := c.sendmsg(p, nil)
		if err != nil {
			return err
		}
		p = p[n:]
	}
	return nil
}

// sendmsg sends some of p, with descriptors on its first byte.
func (c *conn) sendmsg(p []byte, fds []int) (n int, err error) {
	var rights []byte
	if len(fds) > 0 {
		rights = unix.UnixRights(fds...)
	}
	done := c.raw.Write(func(fd uintptr) bool {
		for {
			n, err = unix.SendmsgN(int(fd), p, rights, nil, sendFlags)
			if err != unix.EINTR {
				return err != unix.EAGAIN
			}
		}
	})
	if done != nil {
		return 0, done
	}
	return max(n, 0), err
}

func (c *conn) Read(p []byte) (int, error) { return c.file.Read(p) }

func (c *conn) readFiles(p []byte) (n int, fds []int, lost bool, err error) {
	rights := make([]byte, unix.CmsgSpace(filesAtOnce*4)) // a descriptor is an int of 4 bytes
	var used, flags int
	done := c.raw.Read(func(fd uintptr) bool {
		for {
			n, used, flags, err = recvmsg(int(fd), p, rights)
			if err != unix.EINTR {
				return err != unix.EAGAIN
			}
		}
	})
	switch {
	case done != nil:
		return 0, nil, false, done
	case err != nil:
		return 0, nil, false, err
	}
	fds, err = parseRights(rights[:used])
	if err == nil && n == 0 {
		err = io.EOF
	}
	return n, fds, flags&unix.MSG_CTRUNC != 0, err
}

func parseRights(b []byte) ([]int, error) {
	if len(b) == 0 {
		return nil, nil
	}
	messages, err := unix.ParseSocketControlMessage(b)
	if err != nil {
		return nil, err
	}
	var all []int
	for _, m := range messages {
		fds, err := unix.ParseUnixRights(&m)
		if err != nil {
			return all, err
		}
		all = append(all, fds...)
	}
	return all, nil
}

// hangUp ends the connection for both; what was sent still arrives.
func (c *conn) hangUp() { c.shutdown(unix.SHUT_RDWR) }

func (c *conn) shutdown(how int) {
	// An error says that it is down already.
	_ = c.raw.Control(func(fd uintptr) { _ = unix.Shutdown(int(fd), how) })
}

// hearOnly gives what the other end may still have sent so much time.
func (c *conn) hearOnly(d time.Duration) {
	_ = c.file.SetReadDeadline(time.Now().Add(d)) // it fails for a connection that is closed
}

func (c *conn) close() { c.file.Close() }

// descriptor gives a file's number without changing how the file behaves, as its Fd may.
func descriptor(f *os.File) (int, error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return -1, err
	}
	fd := -1
	err = raw.Control(func(n uintptr) { fd = int(n) })
	return fd, err
}

func closeFds(fds []int) {
	for _, fd := range fds {
		unix.Close(fd)
	}
}
