package handler

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// waiting gives the processes that are there between two invocations.
func (f *function) waiting() []int {
	f.t.Helper()
	f.handler.mu.Lock()
	defer f.handler.mu.Unlock()
	kin, err := descendants(os.Getpid())
	if err != nil {
		f.t.Fatal(err)
	}
	return kin
}

// shell runs source, and gives the process that ran it.
func (f *function) shell() int {
	f.t.Helper()
	o := f.do(f.t.Context(), source(`sh -c 'echo $PPID'`), nil)
	pid, err := strconv.Atoi(strings.TrimSpace(o.out))
	if err != nil || o.err != nil {
		f.t.Fatalf("got %q, %q, %v", o.out, o.errs, o.err)
	}
	return pid
}

func TestNextProcessIsStartedAhead(t *testing.T) {
	f := newFunction(t)
	if kin := f.waiting(); len(kin) != 0 {
		t.Fatalf("before anybody is ready: %v", kin)
	}
	f.handler.Ready()
	const rounds = 20 // on a machine that is very busy it may not be there in time, and is given up
	taken := 0
	for range rounds {
		kin := f.waiting()
		if len(kin) != 1 {
			t.Fatalf("one should wait: %v", kin)
		}
		if f.shell() == kin[0] {
			taken++
		}
	}
	if taken == 0 {
		t.Errorf("of %d that waited none ran a task", rounds)
	}
	killed := f.waiting()[0]
	syscall.Kill(killed, syscall.SIGKILL) // as the kernel does for want of memory
	if err := unix.Waitid(unix.P_PID, killed, nil, unix.WEXITED|unix.WNOWAIT, nil); err != nil {
		t.Fatal(err)
	}
	if pid := f.shell(); pid == killed {
		t.Errorf("%d ran the task, dead", pid)
	}
	if o := f.do(t.Context(), argv("true"), nil); o.err != nil || len(f.waiting()) != 0 {
		t.Errorf("after a program, which needs no shell: %v, %v wait", o.err, f.waiting())
	}
	f.handler.Ready() // which is too late
	if kin := f.waiting(); len(kin) != 0 {
		t.Errorf("the first invocation has long come: %v", kin)
	}
	f.shell()
	f.handler.Close()
	if kin := f.waiting(); len(kin) != 0 {
		t.Errorf("after the handler's end: %v", kin)
	}
}
