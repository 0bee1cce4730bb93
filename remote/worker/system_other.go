//go:build !linux

package worker

import (
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"

	"sshell/remote"
)

// rssUnit is the unit of Rusage.Maxrss in bytes, see getrusage(2).
const rssUnit = 1

// program starts a program. This system does not end it with us.
func (f *fork) program() (int, error) { return f.start(new(syscall.SysProcAttr)) }

// worker starts a process of ours, which looks after itself.
func (f *fork) worker() (int, error) { return f.start(new(syscall.SysProcAttr)) }

// isolated cannot be done here.
func (f *fork) isolated() (int, error) { return 0, syscall.ENOSYS }

// await waits until the process has ended. It reaps it at once: the next signal to its group may find another one, if
// the system has come round to its number within the ladder's half second.
func (p *process) await() {
	for {
		_, err := syscall.Wait4(p.pid, &p.state, 0, &p.usage)
		if err != syscall.EINTR {
			p.waitErr = err
			return
		}
	}
}

func (p *process) reap() {}

// alive reports whether the process has not ended, or is not reaped yet.
func (p *process) alive() bool { return syscall.Kill(p.pid, 0) == nil }

const canLimitMemory = false

func limitMemory(int, int64) error { return syscall.ENOSYS }

func pipe() (fds [2]int, err error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := unix.Pipe(fds[:]); err != nil {
		return fds, err
	}
	unix.CloseOnExec(fds[0])
	unix.CloseOnExec(fds[1])
	return fds, nil
}

func socketpair() (fds [2]int, err error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if fds, err = unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0); err != nil {
		return fds, err
	}
	unix.CloseOnExec(fds[0])
	unix.CloseOnExec(fds[1])
	return fds, nil
}

// ownThread changes nothing: on this system a shell that has a umask apart is a process apart, and so are its tasks.
func ownThread(_ int, run func() (*remote.Result, error)) (*remote.Result, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	return run()
}

// selfPath names this program's file.
func selfPath() string {
	path, err := os.Executable()
	if err != nil {
		return os.Args[0]
	}
	return path
}
