package interp

import (
	"os"
	"syscall"
)

// signalOf is the number of the signal that ended a process.
func signalOf(p *os.ProcessState) int {
	if ws, ok := p.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return int(ws.Signal())
	}
	return 0
}
