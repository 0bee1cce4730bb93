package interp

import (
	"os/signal"
	"unsafe"

	"golang.org/x/sys/unix"
)

// kernelAction is struct sigaction of the kernel on amd64 and arm64.
type kernelAction struct {
	handler  uintptr
	flags    uint64
	restorer uintptr
	mask     uint64
}

// defaultAction gives a signal its default action, which the Go runtime does not for those that it handles
// itself.
func defaultAction(s unix.Signal) {
	var action kernelAction
	unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(s), uintptr(unsafe.Pointer(&action)), 0, unsafe.Sizeof(action.mask), 0, 0)
	all := ^uint64(0)
	const unblock = 1 // SIG_UNBLOCK of <signal.h>
	unix.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unblock, uintptr(unsafe.Pointer(&all)), 0, unsafe.Sizeof(all), 0, 0)
}

func signalIgnored(s unix.Signal) bool { return signal.Ignored(s) }
