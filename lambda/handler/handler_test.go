package handler

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"sshell/interp/plan"
	"sshell/lambda"
	"sshell/pipes/objstore/mem"
	"sshell/remote"
	"sshell/remote/worker"
)

// TestMain lets the test's own program be the process of a stage.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "--worker" {
		os.Exit(worker.Main(os.Args[2:], nil))
	}
	if len(os.Args) == 4 && os.Args[1] == agentFlag {
		parting(os.Args[2], os.Args[3] == "stubborn")
	}
	os.Exit(m.Run())
}

// function is a function in this process, and a runner of its tasks.
type function struct {
	t       *testing.T
	handler *Handler
	runner  *lambda.Runner
	buckets *mem.Buckets
	tmp     string
	timeout time.Duration // of an invocation
}

// Invoke implements lambda.Invoker.
func (f *function) Invoke(ctx context.Context, _ string, payload []byte, take func([]byte) error) error {
	ctx, stop := context.WithTimeout(ctx, f.timeout)
	defer stop()
	answer, err := f.handler.Handle(ctx, payload)
	if err != nil {
		return err
	}
	for buf := make([]byte, 32<<10); ; {
		n, err := answer.Read(buf)
		if terr := take(buf[:n]); terr != nil {
			return terr
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func newFunction(t *testing.T) *function {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	f := &function{t: t, buckets: new(mem.Buckets), tmp: t.TempDir(), timeout: time.Minute}
	if f.handler, err = New(Config{Buckets: f.buckets, Self: []string{self, "--worker"}, Tmp: f.tmp, Agent: agentFlag}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.handler.Close)
	store, err := f.buckets.Bucket(t.Context(), "work-bucket")
	if err != nil {
		t.Fatal(err)
	}
	cfg := lambda.Config{Invoker: f, Function: "sshell", Bucket: "work-bucket", Store: store, Buckets: f.buckets}
	if f.runner, err = lambda.New(cfg); err != nil {
		t.Fatal(err)
	}
	return f
}

// left lists what is in the work bucket.
func (f *function) left() (keys []string) {
	f.t.Helper()
	store, err := f.buckets.Bucket(f.t.Context(), "work-bucket")
	if err != nil {
		f.t.Fatal(err)
	}
	for o, err := range store.List(f.t.Context(), "tmp/") {
		if err != nil {
			f.t.Fatal(err)
		}
		keys = append(keys, o.Key)
	}
	return keys
}

type outcome struct {
	out, errs string
	result    *remote.Result
	err       error
}

// do runs a task with its environment, and looks that nothing stays.
func (f *function) do(ctx context.Context, task *remote.Task, stdin *os.File) outcome {
	f.t.Helper()
	o := f.run(ctx, task, stdin)
	if keys := f.left(); len(keys) > 0 {
		f.t.Errorf("left in the bucket: %q", keys)
	}
	if entries, err := os.ReadDir(f.tmp); err != nil || len(entries) != 1 || entries[0].Name() != cacheName {
		f.t.Errorf("left in the function: %v, %v", entries, err)
	}
	return o
}

// run runs a task with its environment.
func (f *function) run(ctx context.Context, task *remote.Task, stdin *os.File) outcome {
	f.t.Helper()
	task.Run = "run"
	if task.Environ == nil {
		task.Environ = []string{"PATH=" + os.Getenv("PATH"), "PWD=/nowhere"}
	}
	dir := f.t.TempDir()
	var files [2]*os.File
	for i := range files {
		var err error
		if files[i], err = os.Create(filepath.Join(dir, strconv.Itoa(i))); err != nil {
			f.t.Fatal(err)
		}
		defer files[i].Close()
	}
	var o outcome
	o.result, o.err = f.runner.Run(ctx, task, remote.Streams{Stdin: stdin, Stdout: files[0], Stderr: files[1]})
	for i, to := range []*string{&o.out, &o.errs} {
		data, err := os.ReadFile(files[i].Name())
		if err != nil {
			f.t.Fatal(err)
		}
		*to = string(data)
	}
	return o
}

func argv(words ...string) *remote.Task {
	return &remote.Task{Stages: []remote.Stage{{Argv: words}}}
}

func source(text string) *remote.Task {
	return &remote.Task{Stages: []remote.Stage{{Source: text}}}
}

func TestTasks(t *testing.T) {
	arrays := &plan.Snapshot{
		Version: plan.SnapshotVersion,
		Vars:    []plan.Variable{{Name: "v", Set: true, Value: "caf\xe9"}},
		Funcs:   []plan.Function{{Name: "f", Source: "{ a=(x \"$v\"); printf '%s|' \"${a[@]}\" \"$@\"; }"}},
	}
	withSnapshot := source("f 1 '2 3'")
	withSnapshot.Snapshot = arrays
	three := &remote.Task{Stages: []remote.Stage{
		{Argv: []string{"sh", "-c", "while echo x; do :; done"}}, {Argv: []string{"sh", "-c", "kill -9 $$"}}, {Source: "exit 3"}}}
	inline := argv("cat")
	inline.Input = remote.Input{Kind: remote.InlineInput, Inline: []byte("caf\xe9\x00\n")}
	f := newFunction(t)
	for _, c := range []struct {
		name      string
		task      *remote.Task
		out, errs string
		statuses  []plan.Status
	}{
		{"program", argv("printf", "%s", "caf\xe9"), "caf\xe9", "", []plan.Status{0}},
		{"snapshot", withSnapshot, "x|caf\xe9|1|2 3|", "", []plan.Status{0}},
		{"statuses", three, "", "", []plan.Status{141, 137, 3}},
		{"inline input", inline, "caf\xe9\x00\n", "", []plan.Status{0}},
		{"stderr", argv("sh", "-c", "echo out; echo err >&2; exit 7"), "out\n", "err\n", []plan.Status{7}},
		{"no input", argv("cat"), "", "", []plan.Status{0}},
		{"signal", argv("sh", "-c", "kill -TERM $$"), "", "", []plan.Status{143}},
		{"large output", argv("head", "-c", "1000000", "/dev/zero"), strings.Repeat("\x00", 1000000), "", []plan.Status{0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := f.do(t.Context(), c.task, nil)
			if o.err != nil {
				t.Fatal(o.err)
			}
			if o.out != c.out || o.errs != c.errs || !slices.Equal(o.result.Statuses, c.statuses) {
				t.Errorf("got %.100q, %q, %v, want %.100q, %q, %v", o.out, o.errs, o.result.Statuses, c.out, c.errs, c.statuses)
			}
		})
	}
}

func TestArtifacts(t *testing.T) {
	f := newFunction(t)
	dir := t.TempDir()
	for name, text := range map[string]string{"worker": "#!/bin/sh\ncat data/list; echo x >>data/list; pwd", "data/list": "caf\xe9\n"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // the second has them in its cache, and no trace of the first
		task := argv("./worker")
		task.Dir, task.Artifacts = dir, []string{"data/list", "/etc/passwd", "./no-such-file"}
		o := f.do(t.Context(), task, nil)
		if o.err != nil || !strings.HasPrefix(o.out, "caf\xe9\n"+f.tmp+"/task-") {
			t.Errorf("got %q, %q, %v", o.out, o.errs, o.err)
		}
	}
}

func TestNotFound(t *testing.T) {
	o := newFunction(t).do(t.Context(), argv("no-such-program"), nil)
	var no *remote.NotStartedError
	if !errors.As(o.err, &no) || no.Status != 127 {
		t.Errorf("got %v", o.err)
	}
}

func TestStreamedInput(t *testing.T) {
	f := newFunction(t)
	data := strings.Repeat("0123456789abcde\n", 40000)
	for _, c := range []struct {
		task *remote.Task
		want string
	}{
		{argv("cat"), data},
		{argv("head", "-n", "1"), "0123456789abcde\n"},
	} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			io.WriteString(w, data)
			w.Close()
		}()
		c.task.Input.Kind = remote.StreamInput
		if o := f.do(t.Context(), c.task, r); o.err != nil || o.out != c.want {
			t.Errorf("%v: got %d bytes, %v, want %d", c.task.Stages[0].Argv, len(o.out), o.err, len(c.want))
		}
		r.Close()
	}
}

func TestReaderThatLeaves(t *testing.T) {
	f := newFunction(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		io.ReadFull(r, make([]byte, 10))
		r.Close()
	}()
	task := argv("yes")
	task.Run, task.Environ = "run", []string{"PATH=" + os.Getenv("PATH")}
	result, err := f.runner.Run(t.Context(), task, remote.Streams{Stdout: w})
	w.Close()
	if err != nil || result.Statuses[0] != 141 {
		t.Errorf("got %+v, %v", result, err)
	}
	if keys := f.left(); len(keys) > 0 {
		t.Errorf("left %d objects", len(keys))
	}
}

func TestChunkInput(t *testing.T) {
	f := newFunction(t)
	store, err := f.buckets.Bucket(t.Context(), "lab")
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Put(t.Context(), "reads", strings.NewReader("0123456789"), 10, true); err != nil {
		t.Fatal(err)
	}
	chunk := func(object string, start, end int64) *remote.Task {
		task := argv("cat")
		task.Input = remote.Input{Kind: remote.ChunkInput, Object: object, Start: start, End: end}
		return task
	}
	if o := f.do(t.Context(), chunk("s3://lab/reads", 3, 7), nil); o.err != nil || o.out != "3456" || o.result.In != 4 {
		t.Errorf("got %q, %+v, %v", o.out, o.result, o.err)
	}
	if o := f.do(t.Context(), chunk("s3://lab/reads", 3, 70), nil); o.err == nil || !strings.Contains(o.err.Error(), "cut short") {
		t.Errorf("beyond the end: got %v", o.err)
	}
	if o := f.do(t.Context(), chunk("reads", 3, 7), nil); o.err == nil || !strings.Contains(o.err.Error(), "sees no files of the client") {
		t.Errorf("a file: got %v", o.err)
	}
}

func TestStopsBeforeTheDeadline(t *testing.T) {
	f := newFunction(t)
	f.timeout = lambda.StopMargin + 300*time.Millisecond
	o := f.do(t.Context(), argv("sh", "-c", "echo begun; sleep 1000"), nil)
	if o.err != nil || !o.result.TimedOut || o.result.Statuses[0] != 124 || o.out != "begun\n" || !strings.Contains(o.errs, "time was up") {
		t.Errorf("got %+v", o)
	}
	f.timeout = lambda.StopMargin / 2
	if o := f.do(t.Context(), argv("true"), nil); o.err == nil || !strings.Contains(o.err.Error(), "deploy it with a longer timeout") {
		t.Errorf("without time: got %v", o.err)
	}
}

func TestCancelMark(t *testing.T) {
	f := newFunction(t)
	ctx, stop := context.WithCancel(t.Context())
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	go func() {
		io.ReadFull(r, make([]byte, 6)) // it has begun
		stop()
	}()
	task := argv("sh", "-c", "echo begun; sleep 1000")
	task.Run = "run"
	task.Environ = []string{"PATH=" + os.Getenv("PATH")}
	if _, err := f.runner.Run(ctx, task, remote.Streams{Stdout: w}); err != context.Canceled {
		t.Errorf("got %v", err)
	}
	w.Close()
	if keys := f.left(); len(keys) > 0 {
		t.Errorf("left %q", keys)
	}
}

func TestOtherVersions(t *testing.T) {
	f := newFunction(t)
	answer, err := f.handler.Handle(t.Context(), []byte(`{"sshell":99,"body":"AA=="}`))
	if err != nil {
		t.Fatal(err)
	}
	payload, err := io.ReadAll(answer)
	if err != nil {
		t.Fatal(err)
	}
	var version *lambda.VersionError
	if _, err := lambda.DecodeResponse(payload); !errors.As(err, &version) || !strings.Contains(version.Why, "version 99") {
		t.Errorf("got %v", err)
	}
}

// alive reports whether a process is there and no zombie.
func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

func TestNothingLeaks(t *testing.T) {
	f := newFunction(t)
	t.Setenv("FUNCTION_SECRET", "secret")
	before := descriptors(t)
	first := f.do(t.Context(), source(`cd /; umask 0; export LEAK=1; mkdir -p `+f.tmp+`/x/y; chmod 0 `+f.tmp+`/x
		echo $FUNCTION_SECRET; setsid sh -c 'trap "" TERM HUP; exec 1>&- 2>&-; (sleep 1000; :) & echo $$ >'`+f.tmp+`'/pid; sleep 1000; :' &
		until [ -s `+f.tmp+`/pid ]; do :; done; cat `+f.tmp+`/pid`), nil)
	if first.err != nil {
		t.Fatal(first.err)
	}
	fields := strings.Fields(first.out)
	if len(fields) != 1 {
		t.Fatalf("got %q, want the daemon's number and no secret", first.out)
	}
	if pid, err := strconv.Atoi(fields[0]); err != nil || alive(pid) {
		t.Errorf("the daemon %q lives on", fields[0])
	}
	second := f.do(t.Context(), source(`echo "$LEAK$FUNCTION_SECRET $(umask) $(ls -A) ${PWD#`+f.tmp+`/}"`), nil)
	words := strings.Fields(second.out)
	if second.err != nil || len(words) != 2 || words[0] != "0022" || !strings.HasPrefix(words[1], "task-") {
		t.Errorf("second invocation: got %q %q, %v", second.out, second.errs, second.err)
	}
	f.handler.Close()
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// A live answer has the output as it comes.
func TestLive(t *testing.T) {
	f := newFunction(t)
	task := &remote.Task{Stages: []remote.Stage{{Source: "echo one; read x; echo two >&2; exit 3"}}}
	data, err := remote.EncodeTask(task)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := lambda.EncodeRequest(&lambda.Request{Run: "r", Bucket: "bucket", Task: lambda.Part{Inline: data}, Stdout: "s/1", Stderr: "s/2"})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := f.handler.Handle(t.Context(), payload)
	if err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(answer)
	if err != nil {
		t.Fatal(err)
	}
	said, rest, ok := strings.Cut(string(all), "r")
	if !ok || len(rest) < 6 || said != "1000004one\n2000004two\n" && said != "2000004two\n1000004one\n" {
		t.Fatalf("got %q", all)
	}
	response, err := lambda.DecodeResponse([]byte(rest[6:]))
	if err != nil {
		t.Fatal(err)
	}
	result, err := remote.DecodeResult(response.Result)
	if err != nil || len(result.Statuses) != 1 || result.Statuses[0] != 3 || response.Stdout.Streamed {
		t.Errorf("%+v, %+v, %v", response, result, err)
	}
}
