package interp

import "golang.org/x/sys/unix"

// The requests of ioctl(2) for a terminal's state.
const (
	getTermios        = unix.TCGETS
	setTermiosDrained = unix.TCSETSW
)
