package agent

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// sendFlags keeps a script's trap for SIGPIPE out of our affairs.
const sendFlags = unix.MSG_NOSIGNAL

func recvmsg(fd int, p, rights []byte) (n, used, flags int, err error) {
	n, used, flags, _, err = unix.Recvmsg(fd, p, rights, unix.MSG_CMSG_CLOEXEC)
	return n, used, flags, err
}

func socketpair() ([2]int, error) {
	return unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
}

// apart is how an agent is started: in a session of its own, and told when the thread that started it ends.
func apart() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGTERM}
}
