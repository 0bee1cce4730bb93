package interp

import (
	"bytes"
	"os"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// awaitEnd waits until a child has ended, and leaves it to be waited for.
func awaitEnd(pid int) bool {
	for {
		switch unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil) {
		case unix.EINTR:
		case nil:
			return true
		default:
			return false
		}
	}
}

// killTrees kills processes and all that descend from them. They are stopped first, so that none starts another meanwhile, or
// sees the end of what another wrote.
func killTrees(roots []int) {
	if len(roots) == 0 {
		return
	}
	var tree []int
	for known := -1; len(tree) > known; {
		known = len(tree)
		for _, pid := range descendants(roots) {
			if !slices.Contains(tree, pid) {
				unix.Kill(pid, unix.SIGSTOP) // it may have gone meanwhile
				tree = append(tree, pid)
			}
		}
	}
	for _, pid := range tree {
		unix.Kill(pid, unix.SIGKILL)
	}
}

// descendants gives processes with those below them.
func descendants(roots []int) []int {
	dir, err := os.Open("/proc")
	if err != nil {
		return roots
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	children := make(map[int][]int)
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			parent := parentOf(name)
			children[parent] = append(children[parent], pid)
		}
	}
	found := slices.Clone(roots)
	for i := 0; i < len(found); i++ {
		found = append(found, children[found[i]]...)
	}
	return found
}

// parentOf reads the parent's number, the second field behind the command's name in /proc/PID/stat (see proc(5)); 0 for a process
// that has ended meanwhile.
func parentOf(pid string) int {
	data, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(data[bytes.LastIndexByte(data, ')')+1:])
	if len(fields) < 2 {
		return 0
	}
	parent, err := strconv.Atoi(string(fields[1]))
	if err != nil {
		return 0
	}
	return parent
}
