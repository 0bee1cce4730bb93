//go:build !linux

package interp

import (
	"os/signal"

	"golang.org/x/sys/unix"
)

// defaultAction gives a signal its default action, as far as the Go runtime does.
func defaultAction(s unix.Signal) { signal.Reset(s) }

func signalIgnored(s unix.Signal) bool { return signal.Ignored(s) }
