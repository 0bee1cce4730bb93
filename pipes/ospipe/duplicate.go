package ospipe

import (
	"fmt"
	"os"
	"syscall"
)

// duplicate gives another descriptor of f's pipe, in blocking mode as programs expect it. f is not written to any more.
func duplicate(f *os.File) (*os.File, error) {
	syscall.ForkLock.RLock() // so that no child is started before the descriptor is marked
	defer syscall.ForkLock.RUnlock()
	fd, err := syscall.Dup(int(f.Fd()))
	if err != nil {
		return nil, fmt.Errorf("duplicate descriptor: %w", err)
	}
	syscall.CloseOnExec(fd)
	return os.NewFile(uintptr(fd), f.Name()), nil
}
