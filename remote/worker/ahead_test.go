package worker

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"sshell/remote"
)

func startAhead(t *testing.T) *Ahead {
	t.Helper()
	a, err := StartAhead(self(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	return a
}

// A process that was started ahead is as one that was started for its stage.
func TestAhead(t *testing.T) {
	t.Setenv("OF_THE_STARTER", "1")
	dir := t.TempDir()
	mask := 0o27
	task := stages(source(`pwd; umask; echo "$a$OF_THE_STARTER$MORE"; sh -c 'echo "$a$MORE $0 $(umask)"'; env | cut -d= -f1 | sort | tr '\n' ' '
		sh -c '[ $(cut -d" " -f5 /proc/$$/stat) = $PPID ] && echo mine'; ls /proc/self/fd | wc -l; cat; echo err >&2; exit 7`))
	task.Dir, task.Umask = dir, &mask
	task.Environ, task.Env = []string{"PATH=" + os.Getenv("PATH"), "a=caf\xe9"}, []string{"MORE=x=y", "PWD=" + dir}
	var plain outcome
	for i, a := range []*Ahead{nil, startAhead(t), startAhead(t)} {
		w := newWorker(t, Config{Ahead: a})
		if i == 2 { // it dies before it gets its stage
			syscall.Kill(a.pid, syscall.SIGKILL)
			(&process{pid: a.pid}).await()
		}
		var pid int
		if a != nil {
			pid = a.pid
		}
		r, in, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		in.WriteString("input\n")
		in.Close()
		o := do(t, w, t.Context(), task, &given{r})
		if o.err != nil || o.Statuses[0] != 7 || o.stderr != "err\n" || !strings.Contains(o.stdout, "input\n") || !strings.HasPrefix(o.stdout, dir+"\n0027\n") {
			t.Fatalf("%d: got %+v, %q, %q, %v", i, o.Result, o.stdout, o.stderr, o.err)
		}
		if i == 0 {
			plain = o
		} else if o.stdout != plain.stdout {
			t.Errorf("%d: got %q, and %q of one that was not started ahead", i, o.stdout, plain.stdout)
		}
		if a != nil && syscall.Kill(pid, 0) != syscall.ESRCH {
			t.Errorf("%d: the process is still there", i)
		}
	}
}

// Only one task takes it, and only its first stage of source.
func TestAheadIsTakenOnce(t *testing.T) {
	a := startAhead(t)
	pid := a.pid
	w := newWorker(t, Config{Ahead: a})
	if o := do(t, w, t.Context(), stages(sh("echo program")), nil); o.err != nil || a.pid != pid {
		t.Errorf("a program: %+v, %v", o, a.pid)
	}
	missing := stages(source("true"))
	missing.Dir = filepath.Join(t.TempDir(), "missing")
	if o := do(t, w, t.Context(), missing, nil); o.err == nil || a.pid != pid {
		t.Errorf("no folder: got %v, and %d is %d", o.err, a.pid, pid)
	}
	for range 2 {
		o := do(t, w, t.Context(), stages(source("echo one"), source("cat; echo two")), nil)
		if o.err != nil || o.stdout != "one\ntwo\n" || a.pid != 0 {
			t.Errorf("got %q, %v, with %d waiting", o.stdout, o.err, a.pid)
		}
	}
}

// One that dies when it has its place but no order has run nothing: the task was lost, and has no status of its own.
func TestAheadThatDiesBeforeItsOrder(t *testing.T) {
	pid, talk := startAhead(t).out()
	if err := talk.awaitReady(); err != nil {
		t.Fatal(err)
	}
	p := &process{pid: pid, talk: talk}
	talk.ahead = true
	go talk.listen()
	syscall.Kill(pid, syscall.SIGKILL)
	p.await()
	p.reap()
	p.reply, p.crash = talk.hear()
	p.settleOrder()
	if err := p.settle(false); !errors.Is(err, remote.ErrLost) {
		t.Errorf("got %v and status %d, want a lost attempt", err, p.status)
	}
}

// One that ends without a last word has the status that it ended with, as others do.
func TestAheadThatSaysNothingLast(t *testing.T) {
	for text, want := range map[string]int{"exec sh -c 'exit 5'": 5, "exec sh -c 'kill -9 $$'": 137, "true": 0} {
		w := newWorker(t, Config{Ahead: startAhead(t)})
		if o := do(t, w, t.Context(), stages(source(text)), nil); o.err != nil || o.Statuses[0] != want {
			t.Errorf("%s: got %+v, %v, want %d", text, o.Result, o.err, want)
		}
	}
}

// What waits ends when nobody needs it any more, and with the one who started it.
func TestAheadEnds(t *testing.T) {
	closed, orphan := startAhead(t), startAhead(t)
	pid := closed.pid
	closed.Close()
	if syscall.Kill(pid, 0) != syscall.ESRCH {
		t.Error("it is still there")
	}
	pid, talk := orphan.out()
	talk.end.Close() // as the kernel does it for one who dies
	p := &process{pid: pid}
	p.await()
	if p.reap(); p.state.Signaled() {
		t.Errorf("it did not end by itself: %v", p.state)
	}
}

// A process that does not come up is given up, and no harm is done.
func TestAheadThatIsStuck(t *testing.T) {
	a, err := StartAhead([]string{"/bin/sh", "-c", "exec sleep 1000"})
	if err != nil {
		t.Fatal(err)
	}
	pid := a.pid
	w := newWorker(t, Config{Ahead: a})
	if o := do(t, w, t.Context(), stages(source("echo fine")), nil); o.err != nil || o.stdout != "fine\n" {
		t.Errorf("got %q, %v", o.stdout, o.err)
	}
	if syscall.Kill(pid, 0) != syscall.ESRCH {
		t.Error("it is still there")
	}
}
