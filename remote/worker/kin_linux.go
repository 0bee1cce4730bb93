package worker

import (
	"bytes"
	"os"
	"slices"
	"strconv"
	"syscall"
)

// kin finds the processes of an attempt: those of its group, those that descend from its stages, and those that were
// found once and live on.
type kin struct {
	group  int
	roots  []int
	census *census
	apart  func(pid int) bool // of which no notice is taken, nil for none
	known  map[int]uint64     // when each that was found began, which tells it from another with its number
}

// kinship is what the kernel says of one process.
type kinship struct {
	pid, parent, group int
	zombie             bool
	began              uint64 // ticks since the machine's start
}

// living gives the numbers of those that have not ended.
func (k *kin) living() []int {
	if k.group == 0 {
		return nil
	}
	all := k.census.take()
	if k.known == nil {
		k.known = make(map[int]uint64)
	}
	member := make(map[int]bool, len(k.roots))
	for _, pid := range k.roots {
		member[pid] = true
	}
	for grown := true; grown; {
		grown = false
		for _, p := range all {
			began, known := k.known[p.pid]
			if !member[p.pid] && (p.group == k.group || member[p.parent] || known && began == p.began) {
				member[p.pid], grown = true, true
			}
		}
	}
	var living []int
	for _, p := range all {
		if member[p.pid] && !p.zombie && (k.apart == nil || !k.apart(p.pid)) {
			living = append(living, p.pid)
			k.known[p.pid] = p.began
		}
	}
	return living
}

// signal sends a signal to those that have left the group, and to the group, which may be the caller's own.
func (k *kin) signal(living []int, sig syscall.Signal) {
	if k.group == 0 {
		return
	}
	for _, pid := range living {
		if group, err := syscall.Getpgid(pid); err == nil && group != k.group {
			syscall.Kill(pid, sig)
		}
	}
	syscall.Kill(-k.group, sig)
}

// everybody lists the processes of this machine, as far as they can be seen.
func everybody() []kinship {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil
	}
	var all []kinship
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		data, err := os.ReadFile("/proc/" + name + "/stat")
		if err != nil {
			continue // it has ended meanwhile
		}
		if p, ok := parseStat(pid, data); ok {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b kinship) int { return a.pid - b.pid }) // parents mostly come first
	return all
}

// The fields of /proc/PID/stat behind the command's name, which may itself hold blanks and parentheses; see proc(5).
const (
	statState  = 0
	statParent = 1
	statGroup  = 2
	statBegan  = 19
)

func parseStat(pid int, data []byte) (kinship, bool) {
	at := bytes.LastIndexByte(data, ')')
	fields := bytes.Fields(data[at+1:])
	if at < 0 || len(fields) <= statBegan {
		return kinship{}, false
	}
	parent, err1 := strconv.Atoi(string(fields[statParent]))
	group, err2 := strconv.Atoi(string(fields[statGroup]))
	began, err3 := strconv.ParseUint(string(fields[statBegan]), 10, 64)
	state := fields[statState][0]
	return kinship{pid, parent, group, state == 'Z' || state == 'X', began}, err1 == nil && err2 == nil && err3 == nil
}
