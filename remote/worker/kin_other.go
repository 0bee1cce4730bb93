//go:build !linux

package worker

import "syscall"

// kin finds the processes of an attempt: here only those that stayed in its group.
type kin struct {
	group  int
	roots  []int
	census *census
	apart  func(pid int) bool
}

// kinship is what is known of one process: nothing.
type kinship struct{}

// everybody lists no processes.
func everybody() []kinship { return nil }

// living gives the group's number, as that of a process, while it has members.
func (k *kin) living() []int {
	if k.group == 0 || syscall.Kill(-k.group, 0) != nil {
		return nil
	}
	return []int{k.group}
}

func (k *kin) signal(_ []int, sig syscall.Signal) {
	if k.group != 0 {
		syscall.Kill(-k.group, sig)
	}
}
