package worker

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"sshell/interp"
	"sshell/interp/plan"
	"sshell/remote"
)

// crashVariable makes a process of ours break when it is set.
const crashVariable = "SSHELL_TEST_CRASH"

// TestMain lets the test's own program be the process of a stage, and a client to be killed.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 {
		switch os.Args[1] {
		case "--worker":
			os.Exit(Main(os.Args[2:], func(*interp.Config) {
				if os.Getenv(crashVariable) != "" {
					panic("the worker broke")
				}
			}))
		case "--client":
			client(os.Args[2])
		}
	}
	os.Exit(m.Run())
}

// client is the main of a process that runs two tasks until it is killed.
func client(marker string) {
	path, err := os.Executable()
	if err != nil {
		panic(err)
	}
	w, err := New(Config{Self: []string{path, "--worker"}})
	if err != nil {
		panic(err)
	}
	run := func(st remote.Stage) {
		task := &remote.Task{Stages: []remote.Stage{st}, Environ: os.Environ(), Env: []string{marker}}
		w.Run(context.Background(), task, remote.Streams{Stdout: os.Stdout}, nil)
	}
	go run(sh("echo program; exec sleep 1000"))
	go run(sh("sleep 1000 & sleep 1000 & sleep 1.5; echo old; wait")) // old enough for the guard
	run(remote.Stage{Source: "sleep 1000 & echo source; setsid sleep 1000; true"})
}

func self(t testing.TB) []string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return []string{path, "--worker"}
}

func newWorker(t testing.TB, cfg Config) *Worker {
	t.Helper()
	if cfg.Self == nil {
		cfg.Self = self(t)
	}
	w, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// outcome is what an attempt left.
type outcome struct {
	*remote.Result
	err            error
	stdout, stderr string
}

// do runs a task with its output in files.
func do(t testing.TB, w *Worker, ctx context.Context, task *remote.Task, in Input) outcome {
	t.Helper()
	dir := t.TempDir()
	create := func(name string) *os.File {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	out, errs := create("out"), create("err")
	defer out.Close()
	defer errs.Close()
	if task.Environ == nil {
		task.Environ = os.Environ()
	}
	r, err := w.Run(ctx, task, remote.Streams{Stdout: out, Stderr: errs}, in)
	read := func(f *os.File) string {
		b, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	return outcome{r, err, read(out), read(errs)}
}

func argv(words ...string) remote.Stage { return remote.Stage{Argv: words} }

func sh(script string) remote.Stage { return argv("sh", "-c", script) }

func stages(list ...remote.Stage) *remote.Task { return &remote.Task{Stages: list} }

func TestStatuses(t *testing.T) {
	w := newWorker(t, Config{})
	tests := []struct {
		name   string
		task   *remote.Task
		want   []plan.Status
		signal int
		stdout string
	}{
		{"true", stages(argv("true")), []int{0}, 0, ""},
		{"status", stages(sh("exit 7")), []int{7}, 0, ""},
		{"killed", stages(sh("kill -9 $$")), []int{137}, 9, ""},
		{"terminated", stages(sh("kill -TERM $$")), []int{143}, 15, ""},
		{"arguments", stages(argv("printf", "%s|", "a b", "", "*", "\xff", "$x")), []int{0}, 0, "a b||*|\xff|$x|"},
		{"assignments", stages(remote.Stage{Argv: []string{"sh", "-c", "echo $A$B"}, Env: []string{"A=1", "B=2", "A=3"}}),
			[]int{0}, 0, "32\n"},
		{"no input", stages(argv("cat")), []int{0}, 0, ""},
		{"stages", stages(argv("printf", "b\na\n"), argv("sort"), argv("tr", "a-z", "A-Z")), []int{0, 0, 0}, 0, "A\nB\n"},
		{"a status each", stages(sh("exit 1"), sh("exit 2"), sh("exit 3")), []int{1, 2, 3}, 0, ""},
		{"reader leaves", stages(argv("yes"), argv("head", "-n", "1")), []int{141, 0}, 0, "y\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := do(t, w, t.Context(), tt.task, nil)
			if o.err != nil {
				t.Fatal(o.err)
			}
			if !slices.Equal(o.Statuses, tt.want) || o.Signal != tt.signal || o.stdout != tt.stdout {
				t.Errorf("got %v, signal %d, %q; want %v, %d, %q", o.Statuses, o.Signal, o.stdout, tt.want, tt.signal, tt.stdout)
			}
			if o.Start.IsZero() || o.Wall <= 0 || o.MaxRSS <= 0 {
				t.Errorf("not measured: start %v, wall %v, memory %d", o.Start, o.Wall, o.MaxRSS)
			}
		})
	}
}

func TestUsage(t *testing.T) {
	w := newWorker(t, Config{})
	o := do(t, w, t.Context(), stages(sh("i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done"), argv("cat")), nil)
	if o.err != nil || o.User <= 0 {
		t.Errorf("user time %v, %v", o.User, o.err)
	}
}

func TestEnvironment(t *testing.T) {
	w := newWorker(t, Config{})
	task := stages(argv("env"))
	task.Environ = []string{"PATH=/usr/bin:/bin", "A=1", "B=2", "A=3", "odd"}
	task.Env = []string{"C=4", "B=5", "C=6"}
	o := do(t, w, t.Context(), task, nil)
	if want := "PATH=/usr/bin:/bin\nA=3\nB=5\nodd\nC=6\n"; o.err != nil || o.stdout != want {
		t.Errorf("got %q, %v; want %q", o.stdout, o.err, want)
	}
}

func TestStandardInputFromStreams(t *testing.T) {
	w := newWorker(t, Config{})
	r, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	go func() {
		io.WriteString(in, "from the stream")
		in.Close()
	}()
	task := stages(argv("cat"))
	task.Environ, task.Input.Kind = os.Environ(), remote.StreamInput
	if _, err := w.Run(t.Context(), task, remote.Streams{Stdin: r, Stdout: out}, nil); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(out.Name()); err != nil || string(b) != "from the stream" {
		t.Errorf("got %q, %v", b, err)
	}
}

func TestContextThatHasEnded(t *testing.T) {
	w := newWorker(t, Config{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	mark := filepath.Join(t.TempDir(), "mark")
	o := do(t, w, ctx, stages(argv("touch", mark)), nil)
	if !errors.Is(o.err, context.Canceled) {
		t.Errorf("got error %v", o.err)
	}
	if _, err := os.Stat(mark); err == nil {
		t.Error("the command ran")
	}
}

func TestTimeout(t *testing.T) {
	w := newWorker(t, Config{})
	tests := []struct {
		name   string
		task   *remote.Task
		want   []plan.Status
		stdout string
	}{
		{"sleeps", stages(argv("sleep", "100")), []int{124}, ""},
		{"cleans up", stages(sh(`trap 'echo bye; exit 9' TERM; echo hi; while :; do sleep 0.01; done`)), []int{124}, "hi\nbye\n"},
		{"ignores TERM", stages(sh(`trap '' TERM; while :; do sleep 0.01; done`)), []int{124}, ""},
		{"one stage of two", stages(argv("sleep", "100"), sh("exit 3")), []int{124, 3}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.task.Limits.Timeout = time.Second
			o := do(t, w, t.Context(), tt.task, nil)
			if o.err != nil {
				t.Fatal(o.err)
			}
			if !o.TimedOut || !slices.Equal(o.Statuses, tt.want) || o.stdout != tt.stdout {
				t.Errorf("got %v, timed out %v, %q; want %v, %q", o.Statuses, o.TimedOut, o.stdout, tt.want, tt.stdout)
			}
		})
	}
	task := stages(argv("true"))
	task.Limits.Timeout = time.Hour
	if o := do(t, w, t.Context(), task, nil); o.err != nil || o.TimedOut {
		t.Errorf("within its time: %+v, %v", o.Result, o.err)
	}
}

func TestMemory(t *testing.T) {
	w := newWorker(t, Config{})
	task := stages(sh(`x=$(head -c 200000000 /dev/zero | tr '\0' x); echo ${#x}`))
	task.Limits.Memory = 64 << 20
	o := do(t, w, t.Context(), task, nil)
	if !canLimitMemory {
		if o.err == nil {
			t.Error("a bound that cannot be kept was accepted")
		}
		return
	}
	if o.err != nil || o.Statuses[0] == 0 || strings.Contains(o.stdout, "200000000") {
		t.Errorf("got %+v, %v, %q; want a command that ran out of memory", o.Result, o.err, o.stdout)
	}
	task = stages(sh("echo fine"))
	task.Limits.Memory = 64 << 20
	if o := do(t, w, t.Context(), task, nil); o.err != nil || o.stdout != "fine\n" {
		t.Errorf("within its bound: %q, %v", o.stdout, o.err)
	}
}

func TestUmask(t *testing.T) {
	w := newWorker(t, Config{})
	before := syscall.Umask(0o22)
	defer syscall.Umask(before)
	for _, mask := range []int{0, 0o77, 0o27} {
		task := stages(sh("umask"))
		task.Umask = &mask
		o := do(t, w, t.Context(), task, nil)
		want := "0" + string([]byte{'0' + byte(mask>>6), '0' + byte(mask>>3&7), '0' + byte(mask&7)}) + "\n"
		if o.err != nil || o.stdout != want {
			t.Errorf("umask %o: got %q, %v", mask, o.stdout, o.err)
		}
	}
	if o := do(t, w, t.Context(), stages(sh("umask")), nil); o.stdout != "0022\n" {
		t.Errorf("this process's umask became %q", o.stdout)
	}
}

func TestProcessGroupOfItsOwn(t *testing.T) {
	w := newWorker(t, Config{})
	// The group of both stages is the first one's number, and not ours.
	script := `set -- $(cut -d' ' -f5 /proc/$$/stat) $$; echo $*`
	o := do(t, w, t.Context(), stages(sh(script), sh("read a; echo $a; "+script)), nil)
	f := strings.Fields(o.stdout)
	if o.err != nil || len(f) != 4 || f[0] != f[1] || f[2] != f[0] || f[3] == f[0] {
		t.Errorf("groups and numbers are %q, %v", f, o.err)
	}
}

// failing is an input that breaks after its first bytes.
type failing struct {
	r, w *os.File
	err  error
}

func (f *failing) File() *os.File { return f.r }
func (f *failing) Stop()          {}
func (f *failing) Feed() error {
	f.w.Write([]byte("some of it\n"))
	return f.err
}
func (f *failing) End() (int64, error) {
	f.w.Close()
	return 0, nil
}

func TestBrokenInputIsNoEndOfFile(t *testing.T) {
	w := newWorker(t, Config{})
	r, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	bad := errors.New("disk is gone")
	mark := filepath.Join(t.TempDir(), "mark")
	o := do(t, w, t.Context(), stages(sh("cat; touch "+mark)), &failing{r, in, bad})
	if o.err == nil || !errors.Is(o.err, bad) || errors.Is(o.err, remote.ErrLost) {
		t.Errorf("got error %v, want %v", o.err, bad)
	}
	if _, err := os.Stat(mark); err == nil {
		t.Error("the command saw an end of file")
	}
}

func TestManyAtOnce(t *testing.T) {
	w := newWorker(t, Config{})
	const tasks, width = 600, 8
	errs := make(chan error, tasks)
	slots := make(chan struct{}, width)
	for i := range tasks {
		slots <- struct{}{}
		go func() {
			defer func() { <-slots }()
			task := stages(argv("true"))
			if i%3 == 0 {
				task = stages(argv("true"), argv("false"))
			}
			task.Environ = os.Environ()
			r, err := w.Run(context.Background(), task, remote.Streams{}, nil)
			if err == nil && r.Statuses[0] != 0 {
				err = errors.New("status")
			}
			errs <- err
		}()
	}
	for range tasks {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}
