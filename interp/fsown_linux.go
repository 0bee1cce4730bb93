package interp

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// threadsHaveOwnFs says that a thread can have a working directory and umask apart from its process's.
const threadsHaveOwnFs = true

// thread is the thread of the goroutine that runs a shell and the subshells within it. The kernel keeps the working
// directory and the umask per process, unless a thread asks for its own: two subshells beside each other must
// not share them.
type thread struct {
	own  bool // this goroutine is locked to a thread with a file-system state of its own
	from int  // descriptor of the directory to begin in, -1 for the process's
	mask int
}

// separate gives the running goroutine a thread of its own. The goroutine must not unlock it: the thread ends
// with it.
func (t *thread) separate() error {
	if t.own {
		return nil
	}
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_FS); err != nil {
		return err
	}
	t.own = true
	return nil
}

func makePipe() (r, w int, err error) {
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
		return -1, -1, err
	}
	return p[0], p[1], nil
}

func dupTo(from, to int) error { return unix.Dup3(from, to, 0) }

func chdirFd(fd int) error { return unix.Fchdir(fd) }

const openPath = unix.O_PATH
