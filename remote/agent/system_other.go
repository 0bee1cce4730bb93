//go:build !linux

package agent

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// sendFlags is empty: the socket is set up so that no write to it raises a signal.
const sendFlags = 0

func recvmsg(fd int, p, rights []byte) (n, used, flags int, err error) {
	syscall.ForkLock.RLock() // no process starts between the arrival of a descriptor and its mark
	defer syscall.ForkLock.RUnlock()
	n, used, flags, _, err = unix.Recvmsg(fd, p, rights, 0)
	if err != nil {
		return n, used, flags, err
	}
	fds, err := parseRights(rights[:used])
	for _, fd := range fds {
		unix.CloseOnExec(fd)
	}
	return n, used, flags, err
}

func socketpair() (fds [2]int, err error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if fds, err = unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0); err != nil {
		return fds, err
	}
	for _, fd := range fds {
		unix.CloseOnExec(fd)
		if err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_NOSIGPIPE, 1); err != nil {
			closeFds(fds[:])
			return fds, err
		}
	}
	return fds, nil
}

// apart is how an agent is started: in a session of its own. That the shell has ended it learns from its socket.
func apart() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }
