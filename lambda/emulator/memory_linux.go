package emulator

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// measureEvery is the time between two looks at the memory of an environment without a cgroup. A look costs 0.1 ms; what a
// process can take between two, a few hundred MB, a machine that runs an emulator has.
const measureEvery = 100 * time.Millisecond

// initMemory is what a cgroup allows above the function's memory, in bytes, for the process that watches the bootstrap.
const initMemory = 24 << 20

// limitMemory gives the environment a cgroup, if one can be made. The bootstrap has not started yet.
func (p *process) limitMemory(e *environment) {
	g, err := newCgroup(groupPrefix(e.server.Dir)+e.id, p.limit+initMemory, p.cmd.Process.Pid)
	if err != nil {
		e.server.warn(fmt.Sprintf("memory is measured every %v, not limited: %v", measureEvery, err))
		return
	}
	p.group = g
}

// watchMemory calls exceeded when the environment takes more memory than it has, and returns when done is closed.
func (p *process) watchMemory(done <-chan struct{}, exceeded func()) {
	if p.group != nil {
		p.group.watch(done, exceeded)
		return
	}
	tick := time.NewTicker(measureEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if p.measure() > p.limit {
				exceeded()
				return
			}
		case <-done:
			return
		}
	}
}

// measure sums up the memory of the bootstrap and its descendants, in bytes.
func (p *process) measure() int64 {
	var total int64
	for _, pid := range descendants(p.cmd.Process.Pid) {
		total += anonymous(pid)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.highest = max(p.highest, total)
	return total
}

// peak is the most memory that was seen in use, in bytes.
func (p *process) peak() int64 {
	if p == nil {
		return 0
	}
	if p.group != nil {
		return min(p.group.peak(), p.limit)
	}
	p.measure()
	p.mu.Lock()
	defer p.mu.Unlock()
	return min(p.highest, p.limit)
}

func descendants(pid int) []int {
	var list []int
	for _, child := range children(pid) {
		list = append(append(list, child), descendants(child)...)
	}
	return list
}

// anonymous is a process's memory that is not of files, its share of what it has in common with others after a fork, in
// bytes; 0 when it has ended.
func anonymous(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0
	}
	var total int64
	for line := range bytes.Lines(text) {
		field := bytes.Fields(line)
		if len(field) < 2 {
			continue
		}
		switch string(field[0]) {
		case "Pss_Anon:", "Pss_Shmem:":
			kb, err := strconv.ParseInt(string(field[1]), 10, 64)
			if err == nil {
				total += kb << 10
			}
		}
	}
	return total
}
