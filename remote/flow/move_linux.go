package flow

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

const pipeBuf = 4096

// movePipe moves up to n bytes from a pipe, which does not block, to another descriptor, at off unless that is nil.
func movePipe(from, to int, off *int64, n int64) (int64, error) {
	moved, err := unix.Splice(from, nil, to, off, int(n), unix.SPLICE_F_MOVE|unix.SPLICE_F_NONBLOCK)
	return max(moved, 0), err // -1 comes with an error
}

// moveFile moves n bytes of a file from off on to a sink.
func moveFile(s *sink, from int, off, n int64) (int64, error) {
	if s.pipe {
		moved, err := unix.Splice(from, &off, s.fd, nil, int(n), unix.SPLICE_F_MOVE|unix.SPLICE_F_NONBLOCK)
		return max(moved, 0), err
	}
	moved, err := unix.Sendfile(s.fd, from, &off, int(n))
	return int64(max(moved, 0)), err
}

// newPipe returns a pipe whose read end does not block and whose write end is for commands: it does.
func newPipe() (r int, w *os.File, err error) {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		return -1, nil, os.NewSyscallError("pipe2", err)
	}
	if err := unix.SetNonblock(fds[0], true); err != nil {
		unix.Close(fds[0])
		unix.Close(fds[1])
		return -1, nil, os.NewSyscallError("fcntl", err)
	}
	return fds[0], os.NewFile(uintptr(fds[1]), "pipe"), nil
}

// widen makes a pipe hold more, where that is allowed: fewer turns between its two ends.
func widen(f *os.File, size int) {
	if fd, err := descriptor(f); err == nil {
		unix.FcntlInt(uintptr(fd), unix.F_SETPIPE_SZ, size)
	}
}

// nameless makes a file in dir that has no name.
func nameless(dir string) (*os.File, error) {
	f, err := os.OpenFile(dir, os.O_RDWR|unix.O_TMPFILE|os.O_EXCL, 0o600)
	if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.EISDIR) || errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOENT) {
		return unlinked(dir)
	}
	return f, err
}

// memoryFile makes a file that is memory.
func memoryFile() (*os.File, error) {
	fd, err := unix.MemfdCreate("chunk", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), "chunk"), nil
}
