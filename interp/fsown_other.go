//go:build !linux

package interp

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// threadsHaveOwnFs says that subshells which change directory or umask must be processes here.
const threadsHaveOwnFs = false

// thread stands for the process, which all shells of it share.
type thread struct {
	own  bool
	from int
	mask int
}

func (t *thread) separate() error { return nil }

func makePipe() (r, w int, err error) {
	var p [2]int
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := unix.Pipe(p[:]); err != nil {
		return -1, -1, err
	}
	unix.CloseOnExec(p[0])
	unix.CloseOnExec(p[1])
	return p[0], p[1], nil
}

func dupTo(from, to int) error { return unix.Dup2(from, to) }

func chdirFd(fd int) error { return unix.Fchdir(fd) }

const openPath = 0
