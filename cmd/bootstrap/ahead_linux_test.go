package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// children gives the processes that the program has started, zombies too.
func (f *environment) children() (pids []string) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, stat := range stats {
		data, err := os.ReadFile(stat)
		_, rest, ok := strings.Cut(string(data), ") ")
		if fields := strings.Fields(rest); err == nil && ok && len(fields) > 1 && fields[1] == strconv.Itoa(f.pid) {
			pids = append(pids, filepath.Base(filepath.Dir(stat)))
		}
	}
	return pids
}

// until waits for something that others do.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(what)
		}
	}
}

// The first task's process is started when the first invocation has been asked for, and goes when the program is killed.
func TestProcessAheadFromTheFirst(t *testing.T) {
	f := start(t)
	<-f.asked
	until(t, "no process waits", func() bool { return len(f.children()) == 1 })
	first := f.children()[0]
	if o := do(t, f, source("echo $PPID; true"), nil); o.err != nil {
		t.Fatal(o.err)
	}
	var second string
	until(t, "no other process waits", func() bool {
		pids := f.children()
		second = strings.Join(pids, " ")
		return len(pids) == 1 && second != first
	})
	syscall.Kill(f.pid, syscall.SIGKILL)
	<-f.dead
	until(t, fmt.Sprintf("%s lives on", second), func() bool {
		_, err := os.Stat("/proc/" + second)
		return err != nil
	})
}
