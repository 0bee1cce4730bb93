package local

import (
	"errors"
	"io/fs"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// errNoSplice says that a file's pages cannot be moved into a pipe.
var errNoSplice = errors.New("no splice")

// feedPipe makes a pipe of which only the reading end blocks.
func feedPipe() (r, w *os.File, err error) {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		return nil, nil, err
	}
	if err := unix.SetNonblock(fds[1], true); err != nil {
		unix.Close(fds[0])
		unix.Close(fds[1])
		return nil, nil, err
	}
	return os.NewFile(uintptr(fds[0]), "pipe"), os.NewFile(uintptr(fds[1]), "pipe"), nil
}

// growPipe enlarges a pipe as far as the system lets this user: who has many large ones gets small ones then.
func growPipe(w *os.File, size int64) {
	if c, err := w.SyscallConn(); err == nil {
		c.Control(func(fd uintptr) { unix.FcntlInt(fd, unix.F_SETPIPE_SZ, int(size)) })
	}
}

// splice moves up to n bytes at an offset of a file into a pipe, waiting until there is room for some. 0 bytes without
// an error means that the file has none there.
func splice(w, file *os.File, from, n int64) (moved int64, err error) {
	c, err := w.SyscallConn()
	if err != nil {
		return 0, err
	}
	source := int(file.Fd())
	werr := c.Write(func(fd uintptr) bool {
		for {
			off := from
			moved, err = unix.Splice(source, &off, int(fd), nil, int(n), unix.SPLICE_F_NONBLOCK)
			if err != unix.EINTR {
				return err != unix.EAGAIN
			}
		}
	})
	switch {
	case werr != nil:
		return 0, werr
	case err == unix.EINVAL || err == unix.ENOSYS:
		return 0, errNoSplice
	case err != nil:
		return 0, err
	}
	return moved, nil
}

// reopen opens a file again, at its beginning and whatever its name is by now, when it is a regular one of just this
// size.
func reopen(file *os.File, size int64) (*os.File, bool) {
	f, err := os.Open("/proc/self/fd/" + strconv.Itoa(int(file.Fd())))
	if err != nil {
		return nil, false
	}
	if st, err := f.Stat(); err != nil || st.Mode().Type() != fs.FileMode(0) || st.Size() != size {
		f.Close()
		return nil, false
	}
	return f, true
}
