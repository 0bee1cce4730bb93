package handler

import (
	"bytes"
	"errors"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// adoptOrphans makes this process the parent of those that lose theirs, so that they can be found.
func adoptOrphans() error { return unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }

// killGrace is how long a killed process may take to go: one that waits for a disk goes when that has answered.
const killGrace = 2 * time.Second

// lookAgain is the time between two looks whether killed processes have gone.
const lookAgain = time.Millisecond

// killKin kills all processes that descend from this one, and reaps them. Nobody else may wait for children meanwhile.
func killKin() error {
	for end := time.Now().Add(killGrace); !reapAll(); time.Sleep(lookAgain) {
		kin, err := descendants(os.Getpid())
		if err != nil {
			return err
		}
		for _, pid := range kin {
			unix.Kill(pid, unix.SIGKILL) // it may have gone meanwhile
		}
		if time.Now().After(end) {
			return errors.New("a process does not go when it is killed")
		}
	}
	return nil
}

// reapAll reaps the children that have ended. It reports whether there are no others: then nothing descends from this process,
// since orphans would be its children.
func reapAll() bool {
	for {
		pid, err := unix.Wait4(-1, nil, unix.WNOHANG, nil)
		switch {
		case err == unix.ECHILD:
			return true
		case err != nil && err != unix.EINTR, err == nil && pid == 0:
			return false
		}
	}
}

// descendants gives the numbers of the processes below one, zombies too.
func descendants(root int) ([]int, error) {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	children := make(map[int][]int)
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			if parent, ok := parentOf(name); ok {
				children[parent] = append(children[parent], pid)
			}
		}
	}
	found := children[root]
	for i := 0; i < len(found); i++ {
		found = append(found, children[found[i]]...)
	}
	return found, nil
}

// parentOf reads the parent's number, the second field behind the command's name in /proc/PID/stat; see proc(5).
func parentOf(pid string) (int, bool) {
	data, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return 0, false // it has ended meanwhile
	}
	fields := bytes.Fields(data[bytes.LastIndexByte(data, ')')+1:])
	if len(fields) < 2 {
		return 0, false
	}
	parent, err := strconv.Atoi(string(fields[1]))
	return parent, err == nil
}
