package interp

import (
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// signalName gives a signal's name without SIG, or its number where it has no name.
func signalName(s unix.Signal) string {
	if name := unix.SignalName(s); name != "" {
		switch name {
		case "SIGIOT":
			return "ABRT"
		case "SIGPOLL":
			return "IO"
		}
		return strings.TrimPrefix(name, "SIG")
	}
	if n := realtimeName(int(s)); n != "" {
		return n
	}
	return strconv.Itoa(int(s))
}

// realtimeName names the real-time signals as bash does, counted from both ends.
func realtimeName(n int) string {
	switch {
	case n < minRealtime || n > maxRealtime:
		return ""
	case n == minRealtime:
		return "RTMIN"
	case n == maxRealtime:
		return "RTMAX"
	case n-minRealtime <= (maxRealtime-minRealtime)/2:
		return "RTMIN+" + strconv.Itoa(n-minRealtime)
	}
	return "RTMAX-" + strconv.Itoa(maxRealtime-n)
}

// The real-time signals that glibc leaves to programs (SIGRTMIN and SIGRTMAX of <signal.h>).
const (
	minRealtime = 34
	maxRealtime = 64
)

// signalNumber reads a signal's name, with or without SIG and in any case, or number.
func signalNumber(word string) (unix.Signal, bool) {
	if n, err := strconv.Atoi(word); err == nil {
		return unix.Signal(n), n > 0 && n <= maxRealtime
	}
	name := strings.TrimPrefix(strings.ToUpper(word), "SIG")
	if n := unix.SignalNum("SIG" + name); n != 0 {
		return n, true
	}
	for n := minRealtime; n <= maxRealtime; n++ {
		if realtimeName(n) == name {
			return unix.Signal(n), true
		}
	}
	return 0, false
}

// signalText is what the shell prints for a child that a signal ended, as the C library's strsignal.
func signalText(s unix.Signal) string {
	switch s {
	case unix.SIGSEGV:
		return "Segmentation fault"
	case unix.SIGFPE:
		return "Floating point exception"
	case unix.SIGBUS:
		return "Bus error"
	case unix.SIGABRT:
		return "Aborted"
	case unix.SIGTERM:
		return "Terminated"
	case unix.SIGKILL:
		return "Killed"
	case unix.SIGHUP:
		return "Hangup"
	case unix.SIGQUIT:
		return "Quit"
	case unix.SIGILL:
		return "Illegal instruction"
	case unix.SIGTRAP:
		return "Trace/breakpoint trap"
	case unix.SIGALRM:
		return "Alarm clock"
	case unix.SIGUSR1:
		return "User defined signal 1"
	case unix.SIGUSR2:
		return "User defined signal 2"
	case unix.SIGXCPU:
		return "CPU time limit exceeded"
	case unix.SIGXFSZ:
		return "File size limit exceeded"
	case unix.SIGINT:
		return "Interrupt"
	case unix.SIGPIPE:
		return "Broken pipe"
	}
	if s >= minRealtime && s <= maxRealtime {
		return "Real-time signal " + strconv.Itoa(int(s)-minRealtime)
	}
	return "Signal " + strconv.Itoa(int(s))
}
