package handler

import (
	"bytes"
	"os"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// partAgents kills all processes but agents, and waits for those to end, until a time. Their shells are gone then, and they stop
// what they have under way.
func (h *Handler) partAgents(until time.Time) error {
	asked := make(map[int]bool)
	for pause := lookAgain; !reapAll(); pause = min(2*pause, lookLast) {
		kin, err := descendants(os.Getpid())
		if err != nil {
			return err
		}
		agents := slices.DeleteFunc(slices.Clone(kin), func(pid int) bool { return !h.isAgent(pid) })
		if len(agents) == 0 || time.Now().After(until) {
			return nil
		}
		for _, pid := range kin {
			switch {
			case !slices.Contains(agents, pid):
				unix.Kill(pid, unix.SIGKILL)
			case !asked[pid]:
				asked[pid] = true
				unix.Kill(pid, unix.SIGTERM) // its socket may be held by one that does not go
			}
		}
		time.Sleep(pause)
	}
	return nil
}

// lookLast is the longest time between two looks whether agents have gone, which is often at once, and may take seconds.
const lookLast = 32 * time.Millisecond

// isAgent reports whether a process is this program as an agent.
func (h *Handler) isAgent(pid int) bool {
	if h.cfg.Agent == "" {
		return false
	}
	dir := "/proc/" + strconv.Itoa(pid)
	mine, err1 := os.Stat("/proc/self/exe")
	its, err2 := os.Stat(dir + "/exe")
	if err1 != nil || err2 != nil || !os.SameFile(mine, its) {
		return false
	}
	line, err := os.ReadFile(dir + "/cmdline")
	return err == nil && bytes.Contains(line, []byte("\x00"+h.cfg.Agent+"\x00"))
}
