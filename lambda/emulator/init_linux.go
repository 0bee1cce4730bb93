package emulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// The descriptors of RunEnvironment: its launch comes from one, until it is closed; its reports go to the other.
const (
	orderFD  = 3
	reportFD = 4
)

// RunEnvironment is the first process of an environment, which Config.Self starts: it builds the root, starts the bootstrap,
// waits for it and for every process that loses its parent, and when the bootstrap has ended, or the server is gone, kills the
// rest. It gives the exit status.
func RunEnvironment() int {
	runtime.LockOSThread() // what it gives up is the thread's
	unix.CloseOnExec(orderFD)
	unix.CloseOnExec(reportFD)
	order := os.NewFile(orderFD, "order")
	orders := json.NewDecoder(order)
	reports := json.NewEncoder(os.NewFile(reportFD, "report"))
	var o launch
	if err := orders.Decode(&o); err != nil {
		return 1 // the server is gone
	}
	if err := enter(&o); err != nil {
		reports.Encode(report{RootRefused: err.Error()})
		return 1
	}
	pid, err := startBootstrap(&o)
	if err != nil {
		reports.Encode(report{NotStarted: err.Error()})
		return 1
	}
	reports.Encode(report{Started: true})
	go func() {
		io.Copy(io.Discard, order)   // until the server closes it, or is gone
		unix.Kill(pid, unix.SIGKILL) // not reaped yet, or all ends anyway
	}()
	reports.Encode(report{Ended: reap(pid)})
	if !o.Root {
		killRest()
	}
	return 0
}

// enter settles what the bootstrap sees.
func enter(o *launch) error {
	if o.Root {
		return enterRoot(o)
	}
	return unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
}

// noBootstrap is a zip without one, in the service's words.
type noBootstrap struct{}

func (noBootstrap) Error() string {
	return "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"
}

// startBootstrap starts the bootstrap as the leader of a process group.
func startBootstrap(o *launch) (int, error) {
	if _, err := os.Stat(o.Path); errors.Is(err, os.ErrNotExist) && !o.Image {
		return 0, noBootstrap{}
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return 0, err
	}
	defer null.Close()
	pid, err := syscall.ForkExec(o.Path, append([]string{o.Path}, o.Args...), &syscall.ProcAttr{
		Dir: o.Dir, Env: o.Env, Files: []uintptr{null.Fd(), 1, 2}, Sys: &syscall.SysProcAttr{Setpgid: true},
	})
	if err != nil {
		return 0, fmt.Errorf("fork/exec %s: %w", o.Path, err)
	}
	return pid, nil
}

// reap waits for processes until it is this one that ended, and says how, in the service's words.
func reap(pid int) string {
	for {
		var status syscall.WaitStatus
		got, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return err.Error()
		case got != pid:
		case status.Signaled():
			return "signal: " + status.Signal().String()
		case status.ExitStatus() != 0:
			return "exit status " + strconv.Itoa(status.ExitStatus())
		default:
			return ""
		}
	}
}

// killRest kills and reaps all descendants. Those whose parents die come to this process.
func killRest() {
	for {
		for _, pid := range children(os.Getpid()) {
			unix.Kill(pid, unix.SIGKILL) // an error means that it has ended
		}
		if _, err := syscall.Wait4(-1, nil, 0, nil); err != nil && err != syscall.EINTR {
			return // no children
		}
	}
}

// children are the processes that have pid as their parent.
func children(pid int) []int {
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return nil // it has ended
	}
	var list []int
	for _, t := range threads {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", pid, t.Name()))
		if err != nil {
			continue
		}
		for field := range strings.FieldsSeq(string(text)) {
			if child, err := strconv.Atoi(field); err == nil {
				list = append(list, child)
			}
		}
	}
	return list
}
