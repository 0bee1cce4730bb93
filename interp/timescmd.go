package interp

import (
	"time"

	"golang.org/x/sys/unix"
)

// runTimes is times: user and system time of the shell, then of its children.
func runTimes(sh *Shell, args []string) int {
	if _, ok := noOptions(sh, args); !ok {
		return 2
	}
	var self, children unix.Rusage
	unix.Getrusage(unix.RUSAGE_SELF, &self)
	unix.Getrusage(unix.RUSAGE_CHILDREN, &children)
	line := func(r *unix.Rusage) string {
		return clockText(time.Duration(r.Utime.Nano()), 3, true) + " " + clockText(time.Duration(r.Stime.Nano()), 3, true) + "\n"
	}
	return boolStatus(sh.Out("times", []byte(line(&self)+line(&children))))
}
