package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sshell/interp/plan"
	sshelllambda "sshell/lambda"
	"sshell/pipes/objstore"
	"sshell/remote"
)

type outcome struct {
	out, errs string
	result    *remote.Result
	err       error
}

// do runs a task in the function and looks that nothing stays.
func do(t *testing.T, f *environment, task *remote.Task, stdin *os.File) outcome {
	t.Helper()
	r, store := f.runner(t)
	task.Run, task.Environ = "run", []string{"PATH=" + os.Getenv("PATH")}
	var files [2]*os.File
	for i := range files {
		var err error
		if files[i], err = os.CreateTemp(t.TempDir(), ""); err != nil {
			t.Fatal(err)
		}
		defer files[i].Close()
	}
	var o outcome
	o.result, o.err = r.Run(t.Context(), task, remote.Streams{Stdin: stdin, Stdout: files[0], Stderr: files[1]})
	for i, to := range []*string{&o.out, &o.errs} {
		data, err := os.ReadFile(files[i].Name())
		if err != nil {
			t.Fatal(err)
		}
		*to = string(data)
	}
	if err := r.End(t.Context(), "run"); err != nil {
		t.Error(err)
	}
	if keys := list(t, store); len(keys) > 0 {
		t.Errorf("left in the bucket: %q", keys)
	}
	return o
}

func list(t *testing.T, s objstore.Store) (keys []string) {
	t.Helper()
	for o, err := range s.List(t.Context(), "tmp/") {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, o.Key)
	}
	return keys
}

func argv(words ...string) *remote.Task {
	return &remote.Task{Stages: []remote.Stage{{Argv: words}}}
}

func source(text string) *remote.Task {
	return &remote.Task{Stages: []remote.Stage{{Source: text}}}
}

func TestTasks(t *testing.T) {
	f := start(t)
	shared := source("f 1 '2 3'; (ulimit -c 0; echo $v)")
	shared.Snapshot = &plan.Snapshot{
		Version: plan.SnapshotVersion,
		Vars:    []plan.Variable{{Name: "v", Set: true, Value: "caf\xe9"}, {Name: "pad", Set: true, Value: strings.Repeat("\xff", 100<<10)}},
		Funcs:   []plan.Function{{Name: "f", Source: "{ a=(x \"$v\"); printf '%s|' \"${a[@]}\" \"$@\" ${#pad}; }"}},
	}
	store, err := f.buckets.Bucket(t.Context(), "lab")
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Put(t.Context(), "reads", strings.NewReader("0123456789"), 10, true); err != nil {
		t.Fatal(err)
	}
	chunk := argv("cat")
	chunk.Input = remote.Input{Kind: remote.ChunkInput, Object: "s3://lab/reads", Start: 3, End: 7}
	stages := &remote.Task{Stages: []remote.Stage{
		{Source: "while echo x; do :; done"}, {Argv: []string{"sh", "-c", "kill -9 $$"}}, {Source: "exit 3"}}}
	for _, c := range []struct {
		name      string
		task      *remote.Task
		out, errs string
		statuses  []plan.Status
		signal    int
	}{
		{"echo", argv("echo", "caf\xe9"), "caf\xe9\n", "", []plan.Status{0}, 0},
		{"source with a snapshot", shared, "x|caf\xe9|1|2 3|102400|caf\xe9\n", "", []plan.Status{0}, 0},
		{"chunk", chunk, "3456", "", []plan.Status{0}, 0},
		{"stages", stages, "", "", []plan.Status{141, 137, 3}, 0},
		{"signal", argv("sh", "-c", "echo err >&2; kill -SEGV $$"), "", "err\n", []plan.Status{139}, 11},
		{"large output", argv("head", "-c", "3000000", "/dev/zero"), strings.Repeat("\x00", 3000000), "", []plan.Status{0}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := do(t, f, c.task, nil)
			if o.err != nil {
				t.Fatal(o.err)
			}
			if o.out != c.out || o.errs != c.errs || !slices.Equal(o.result.Statuses, c.statuses) || o.result.Signal != c.signal {
				t.Errorf("got %.100q, %q, %+v, want %.100q, %q, %v", o.out, o.errs, o.result, c.out, c.errs, c.statuses)
			}
		})
	}
}

func TestStreamedInput(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	data := strings.Repeat("0123456789abcde\n", 100000)
	go func() {
		io.WriteString(w, data)
		w.Close()
	}()
	task := argv("cat")
	task.Input.Kind = remote.StreamInput
	if o := do(t, start(t), task, r); o.err != nil || o.out != data {
		t.Errorf("got %d bytes, %v, want %d", len(o.out), o.err, len(data))
	}
}

func TestStopsBeforeTheDeadline(t *testing.T) {
	f := start(t)
	f.timeout = sshelllambda.StopMargin + time.Second
	o := do(t, f, argv("sh", "-c", "echo begun; sleep 1000"), nil)
	if o.err != nil || !o.result.TimedOut || o.out != "begun\n" || !strings.Contains(o.errs, "time was up") {
		t.Errorf("got %+v", o)
	}
	f.timeout = time.Minute
	if o := do(t, f, argv("echo", "again"), nil); o.err != nil || o.out != "again\n" {
		t.Errorf("afterwards: got %+v", o)
	}
}

func TestCancelMark(t *testing.T) {
	f := start(t)
	runner, store := f.runner(t)
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
	task := source("echo begun; sleep 1000")
	task.Run, task.Environ = "run", []string{"PATH=" + os.Getenv("PATH")}
	if _, err := runner.Run(ctx, task, remote.Streams{Stdout: w}); err != context.Canceled {
		t.Errorf("got %v", err)
	}
	w.Close()
	if err := runner.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if keys := list(t, store); len(keys) > 0 {
		t.Errorf("left %q", keys)
	}
}

func TestNothingLeaks(t *testing.T) {
	f := start(t)
	first := do(t, f, source(`cd /; umask 0; export LEAK=1; echo $AWS_LAMBDA_RUNTIME_API; mkdir `+f.tmp+`/x
		setsid sh -c 'exec 1>&- 2>&-; (sleep 1000; :) & echo $$ >'`+f.tmp+`'/pid; sleep 1000; :' &
		until [ -s `+f.tmp+`/pid ]; do :; done; cat `+f.tmp+`/pid`), nil)
	pid := strings.TrimSpace(first.out)
	if first.err != nil || pid == "" || strings.ContainsAny(pid, " \nt") {
		t.Fatalf("got %+v, want the daemon's number alone: the runtime is not the task's", first)
	}
	if _, err := os.Stat("/proc/" + pid); err == nil {
		t.Errorf("the daemon %s lives on", pid)
	}
	second := do(t, f, source(`echo "$LEAK $(umask) $(ls `+f.tmp+`)"; ls /proc/$PPID/fd | wc -l >&2`), nil)
	words := strings.Fields(second.out)
	if second.err != nil || len(words) != 2 || words[0] != "0022" || !strings.HasPrefix(words[1], "task-") {
		t.Errorf("second invocation: got %+v", second)
	}
	if third := do(t, f, source(`ls /proc/$PPID/fd | wc -l >&2`), nil); third.errs != second.errs {
		t.Errorf("descriptors: %s then %s", second.errs, third.errs)
	}
	if entries, err := filepath.Glob(f.tmp + "/[^.]*"); err != nil || len(entries) > 0 {
		t.Errorf("left %q, %v", entries, err)
	}
}

func TestOtherVersion(t *testing.T) {
	f := start(t)
	var payload []byte
	err := f.Invoke(t.Context(), "", []byte(`{"sshell":99,"body":"AA=="}`), func(p []byte) error {
		payload = append(payload, p...)
		return nil
	})
	if err != nil {
		t.Fatalf("got %q, %v", payload, err)
	}
	var version *sshelllambda.VersionError
	if _, err := sshelllambda.DecodeResponse(payload); !errors.As(err, &version) || !strings.Contains(version.Why, "version 99") {
		t.Errorf("got %v", err)
	}
}

func TestStartedByHand(t *testing.T) {
	cmd := exec.Command(program)
	cmd.Env = []string{"PATH=/bin"}
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != plan.StatusMachinery || bytes.Count(out, []byte("\n")) != 1 || !bytes.Contains(out, []byte("started by Lambda")) {
		t.Errorf("got %q, %v", out, err)
	}
}
