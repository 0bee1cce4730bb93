package worker

import (
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"sshell/remote"
)

// rssUnit is the unit of Rusage.Maxrss in bytes, see getrusage(2).
const rssUnit = 1024

// program starts a program. It is killed when this thread ends, which is when this process does: see Worker.Run.
func (f *fork) program() (int, error) {
	return f.start(&syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL})
}

// worker starts a process of ours, which looks after itself.
func (f *fork) worker() (int, error) { return f.start(new(syscall.SysProcAttr)) }

// await waits until the process has ended, and leaves it to be reaped, so that its number stays its own.
func (p *process) await() {
	for {
		_, _, e := syscall.Syscall6(syscall.SYS_WAITID, unix.P_PID, uintptr(p.pid), 0,
			unix.WEXITED|unix.WNOWAIT, 0, 0)
		if e != syscall.EINTR {
			return
		}
	}
}

// reap takes the process's status and usage.
func (p *process) reap() {
	for {
		_, err := syscall.Wait4(p.pid, &p.state, 0, &p.usage)
		if err != syscall.EINTR {
			p.waitErr = err
			return
		}
	}
}

// alive reports whether the process has not ended.
func (p *process) alive() bool {
	var info unix.Siginfo
	_, _, e := syscall.Syscall6(syscall.SYS_WAITID, unix.P_PID, uintptr(p.pid), uintptr(unsafe.Pointer(&info)),
		unix.WEXITED|unix.WNOWAIT|unix.WNOHANG, 0, 0)
	return e == 0 && info.Signo == 0
}

const canLimitMemory = true

// limitMemory bounds what a process, and each that it starts, may hold in writable memory of its own. RLIMIT_DATA counts
// just that; RLIMIT_AS would also count what programs reserve and never touch.
func limitMemory(pid int, bytes int64) error {
	return unix.Prlimit(pid, unix.RLIMIT_DATA, &unix.Rlimit{Cur: uint64(bytes), Max: uint64(bytes)}, nil)
}

func pipe() (fds [2]int, err error) {
	return fds, unix.Pipe2(fds[:], unix.O_CLOEXEC)
}

func socketpair() ([2]int, error) {
	return unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
}

// ownThread calls run in a goroutine whose thread has a umask of its own, as all that it starts then has. The thread
// ends with the goroutine.
func ownThread(umask int, run func() (*remote.Result, error)) (r *remote.Result, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if err = unix.Unshare(unix.CLONE_FS); err != nil {
			return
		}
		unix.Umask(umask)
		r, err = run()
	}()
	<-done
	return r, err
}

// selfPath names this program's file: the one that runs, even where it has been replaced on disk.
func selfPath() string { return "/proc/self/exe" }
