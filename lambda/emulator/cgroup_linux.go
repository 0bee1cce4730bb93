package emulator

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// cgroup is the control group of one environment. The kernel kills in it when its memory is used up.
type cgroup struct {
	dir    string
	v2     bool
	events *os.File // version 1: readable when the memory is used up
}

// newCgroup makes a control group beside this process's own one, and puts a process into it.
func newCgroup(name string, limit int64, pid int) (*cgroup, error) {
	dir, v2, err := memoryHierarchy()
	if err != nil {
		return nil, err
	}
	g := &cgroup{dir: filepath.Join(dir, name), v2: v2}
	if err := os.Mkdir(g.dir, 0o755); err != nil {
		// Said of the folder, the reason is the same for each environment, and is shown once.
		return nil, fmt.Errorf("make control group in %s: %w", dir, errors.Unwrap(err))
	}
	files := [][2]string{{"memory.limit_in_bytes", strconv.FormatInt(limit, 10)}}
	if v2 {
		files = [][2]string{{"memory.max", strconv.FormatInt(limit, 10)}, {"memory.oom.group", "1"}}
	}
	for _, f := range append(files, [2]string{"cgroup.procs", strconv.Itoa(pid)}) {
		if err := os.WriteFile(filepath.Join(g.dir, f[0]), []byte(f[1]), 0o644); err != nil {
			return nil, errors.Join(err, os.Remove(g.dir))
		}
	}
	// Where swap is counted, there is none. A kernel without the count has no such file.
	if v2 {
		os.WriteFile(filepath.Join(g.dir, "memory.swap.max"), []byte("0"), 0o644)
		return g, nil
	}
	os.WriteFile(filepath.Join(g.dir, "memory.memsw.limit_in_bytes"), []byte(strconv.FormatInt(limit, 10)), 0o644)
	if err := g.listen(); err != nil {
		// The process moves out before the group goes.
		os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte(strconv.Itoa(pid)), 0o644)
		g.remove()
		return nil, err
	}
	return g, nil
}

// memoryHierarchy finds the folder of this process's control group for memory; in version 2 its parent, since a group with
// processes can have no limited ones below it, and only where that hands out the memory controller.
func memoryHierarchy() (dir string, v2 bool, err error) {
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return "", false, err
	}
	var unified string
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		part := strings.SplitN(lines.Text(), ":", 3)
		if len(part) != 3 {
			continue
		}
		if part[1] == "memory" {
			return filepath.Join("/sys/fs/cgroup/memory", part[2]), false, nil
		}
		if part[1] == "" {
			unified = filepath.Join("/sys/fs/cgroup", filepath.Dir(part[2]))
		}
	}
	on, err := os.ReadFile(filepath.Join(unified, "cgroup.subtree_control"))
	if err != nil {
		return "", false, fmt.Errorf("no control group for memory: %w", err)
	}
	if !strings.Contains(string(on), "memory") {
		return "", false, fmt.Errorf("no control group for memory below %s", unified)
	}
	return unified, true, nil
}

// listen asks version 1 to be told when the memory is used up.
func (g *cgroup) listen() error {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return err
	}
	events := os.NewFile(uintptr(fd), "eventfd")
	control, err := os.Open(filepath.Join(g.dir, "memory.oom_control"))
	if err != nil {
		return errors.Join(err, events.Close())
	}
	defer control.Close()
	line := fmt.Sprintf("%d %d", fd, control.Fd())
	if err := os.WriteFile(filepath.Join(g.dir, "cgroup.event_control"), []byte(line), 0o644); err != nil {
		return errors.Join(err, events.Close())
	}
	g.events = events
	return nil
}

// watch calls exceeded when the kernel kills for want of memory, and returns when done is closed. In version 2 the
// kernel kills the whole group by itself, and is asked at the end.
func (g *cgroup) watch(done <-chan struct{}, exceeded func()) {
	if g.v2 {
		<-done
		if g.killed() {
			exceeded()
		}
		return
	}
	stop := make(chan struct{})
	go func() {
		defer close(stop)
		count := make([]byte, 8)
		if _, err := g.events.Read(count); err == nil { // told before the kernel kills
			exceeded()
		}
	}()
	<-done
	// Its processes have ended: what there was to tell was told.
	if g.killed() {
		exceeded()
	}
	g.events.SetReadDeadline(time.Unix(1, 0))
	<-stop
}

// killed says whether the kernel has killed in this group.
func (g *cgroup) killed() bool {
	name := "memory.oom_control"
	if g.v2 {
		name = "memory.events"
	}
	text, err := os.ReadFile(filepath.Join(g.dir, name))
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(text)) {
		if field := strings.Fields(line); len(field) == 2 && field[0] == "oom_kill" {
			return field[1] != "0"
		}
	}
	return false
}

// peak is the most memory that was in use, in bytes.
func (g *cgroup) peak() int64 {
	name := "memory.max_usage_in_bytes"
	if g.v2 {
		name = "memory.peak" // since Linux 5.19
	}
	text, err := os.ReadFile(filepath.Join(g.dir, name))
	if err != nil {
		return 0
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// remove takes away a group whose processes have ended.
func (g *cgroup) remove() {
	if g.events != nil {
		g.events.Close()
	}
	os.Remove(g.dir)
}

const (
	// dyingPolls and dyingPause bound the wait for killed processes to leave their group, which takes some milliseconds.
	dyingPolls = 100
	dyingPause = 10 * time.Millisecond
)

// sweepGroups removes the groups whose names begin so, and kills what is in them. Their emulator is gone.
func sweepGroups(prefix string) error {
	dir, _, err := memoryHierarchy()
	if err != nil {
		return nil // there are none
	}
	left, err := filepath.Glob(filepath.Join(dir, prefix+"*"))
	for _, g := range left {
		err = errors.Join(err, sweepGroup(g))
	}
	return err
}

func sweepGroup(dir string) error {
	for range dyingPolls {
		err := os.Remove(dir)
		if !errors.Is(err, unix.EBUSY) {
			return err
		}
		text, err := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
		if err != nil {
			return err
		}
		for word := range strings.FieldsSeq(string(text)) {
			if pid, err := strconv.Atoi(word); err == nil && pid > 0 {
				unix.Kill(pid, unix.SIGKILL) // an error means that it has ended
			}
		}
		time.Sleep(dyingPause)
	}
	return fmt.Errorf("remove control group %s: %w", dir, unix.EBUSY)
}
