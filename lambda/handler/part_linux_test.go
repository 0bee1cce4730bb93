package handler

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"sshell/lambda"
	"sshell/remote"
)

// withAgent is a task that starts an agent, says so, and goes on with more. The agent leaves file when it parts.
func withAgent(t *testing.T, kind, more string) (task *remote.Task, file string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "parted")
	return argv("sh", "-c", "setsid "+self+" "+agentFlag+" "+file+" "+kind+" </dev/null >/dev/null 2>&1 & until [ -s "+file+".pid ]; do :; done\n"+
		"echo begun; "+more), file
}

func agentGone(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file + ".pid")
	if err != nil {
		t.Fatal(err)
	}
	if pid, err := strconv.Atoi(string(text)); err != nil || alive(pid) {
		t.Errorf("the agent %s lives on: %v", text, err)
	}
}

func TestAgentsPart(t *testing.T) {
	f := newFunction(t)
	task, file := withAgent(t, "willing", "true")
	if o := f.do(t.Context(), task, nil); o.err != nil || o.out != "begun\n" {
		t.Errorf("got %q, %q, %v", o.out, o.errs, o.err)
	}
	if _, err := os.Stat(file); err != nil {
		t.Errorf("the agent was killed: %v", err)
	}
	agentGone(t, file)
}

func TestAgentsPartWhenCancelled(t *testing.T) {
	f := newFunction(t)
	task, file := withAgent(t, "willing", "sleep 1000")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		io.ReadFull(r, make([]byte, 6)) // it has begun
		stop()
	}()
	task.Run, task.Environ = "run", []string{"PATH=" + os.Getenv("PATH")}
	if _, err := f.runner.Run(ctx, task, remote.Streams{Stdout: w}); err != context.Canceled {
		t.Errorf("got %v", err)
	}
	w.Close()
	if _, err := os.Stat(file); err != nil {
		t.Errorf("the agent was killed: %v", err)
	}
	agentGone(t, file)
}

func TestStubbornAgentsAreKilledInTime(t *testing.T) {
	f := newFunction(t)
	f.timeout = lambda.StopMargin + time.Second
	task, file := withAgent(t, "stubborn", "sleep 1000")
	o := f.do(t.Context(), task, nil)
	if o.err != nil || !o.result.TimedOut || !strings.Contains(o.errs, "time was up") {
		t.Errorf("got %+v", o)
	}
	agentGone(t, file)
}
