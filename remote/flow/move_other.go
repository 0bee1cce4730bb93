//go:build !linux

package flow

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

const pipeBuf = 512

func movePipe(from, to int, off *int64, n int64) (int64, error) { return 0, unix.ENOSYS }

func moveFile(s *sink, from int, off, n int64) (int64, error) { return 0, unix.ENOSYS }

func newPipe() (r int, w *os.File, err error) {
	var fds [2]int
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := syscall.Pipe(fds[:]); err != nil {
		return -1, nil, os.NewSyscallError("pipe", err)
	}
	unix.CloseOnExec(fds[0])
	unix.CloseOnExec(fds[1])
	if err := unix.SetNonblock(fds[0], true); err != nil {
		unix.Close(fds[0])
		unix.Close(fds[1])
		return -1, nil, os.NewSyscallError("fcntl", err)
	}
	return fds[0], os.NewFile(uintptr(fds[1]), "pipe"), nil
}

func widen(*os.File, int) {}

func nameless(dir string) (*os.File, error) { return unlinked(dir) }

var errNoMemoryFile = errors.New("no files in memory")

func memoryFile() (*os.File, error) { return nil, errNoMemoryFile }
