//go:build !linux

package interp

import "golang.org/x/sys/unix"

// The requests of ioctl(2) for a terminal's state.
const (
	getTermios        = unix.TIOCGETA
	setTermiosDrained = unix.TIOCSETAW
)
