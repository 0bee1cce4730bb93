package agent

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sshell/interp/plan"
	"sshell/pipes/objstore/dir"
	"sshell/remote"
	"sshell/remote/files"
)

// TestMain lets the test's own program be the agent, and the shell that is killed.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "--agent":
			os.Exit(agentMain(os.Args[2:]))
		case "--shell":
			shellMain()
		case "--silent":
			time.Sleep(time.Hour) // until it is killed
		case "--babble":
			socket := os.NewFile(socketFd, "socket")
			socket.WriteString(strings.Repeat("this is not what an agent says ", 4))
			io.Copy(io.Discard, socket)
			os.Exit(0)
		case "--failing":
			fmt.Fprintln(os.Stderr, "sshell-agent: this machine has no moon")
			os.Exit(3)
		}
	}
	os.Exit(m.Run())
}

// agentMain is the agent of these tests: "BUILD --socket N".
func agentMain(args []string) int {
	socket, err := Socket(args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	var named Files
	if root := os.Getenv("AGENT_TEST_OBJECTS"); root != "" {
		named = files.New(&dir.Buckets{Root: root})
	}
	if err := Serve(ctx, socket, new(acts), named, args[0]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// acts are the segments of the test's agent: the first stage's first word says what one does.
type acts struct{ running atomic.Int64 }

func (a *acts) Explain(_ context.Context, s plan.Segment) ([]string, error) {
	if s.Stages[0].Name == "bad" {
		return []string{"one"}, errors.New("cannot explain")
	}
	return []string{"on " + string(s.Target), s.Stages[0].Source, fmt.Sprint(s.Stdin == nil, s.Stdout == nil, len(s.Stderr))}, nil
}

func (a *acts) Run(ctx context.Context, s plan.Segment) ([]plan.Status, error) {
	a.running.Add(1)
	defer a.running.Add(-1)
	words := s.Stages[0].Argv
	say := func(format string, args ...any) ([]plan.Status, error) {
		_, err := fmt.Fprintf(s.Stdout, format+"\n", args...)
		return []plan.Status{0}, err
	}
	switch words[0] {
	case "nothing":
		return []plan.Status{0}, nil
	case "compose": // its output of the objects that it names
		if o, ok := s.Out.(plan.ObjectOutput); ok {
			name, add := o.Object()
			o.Make(plan.Content{Sources: words[1:], Scratch: "s3://data/tmp/"})
			return say("%s %v %s", name, add, s.In)
		}
		return say("no object")
	case "cat":
		_, err := io.Copy(s.Stdout, s.Stdin)
		return []plan.Status{0, 3, 141}[:len(s.Stages)], err
	case "errors":
		for i, f := range s.Stderr {
			fmt.Fprintf(f, "stage %d\n", i)
		}
		return make([]plan.Status, len(s.Stages)), nil
	case "hang":
		say("hangs")
		<-ctx.Done()
		say("stopped")
		return nil, ctx.Err()
	case "deaf":
		say("stops")
		if err := syscall.Kill(os.Getpid(), syscall.SIGSTOP); err != nil {
			return nil, err
		}
		select {} // other threads may run for a moment
	case "late": // its answer overtakes the end of its context
		say("hangs")
		<-ctx.Done()
		return []plan.Status{7}, nil
	case "panic":
		say("panics")
		panic("the moon")
	case "die":
		unix.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	case "end":
		os.Exit(4)
	case "fault":
		return nil, map[string]error{
			"lost":     fmt.Errorf("function: %w", remote.ErrLost),
			"started":  &remote.NotStartedError{Status: 127, Err: errors.New("x: not found")},
			"plain":    errors.New("caf\xe9"),
			"canceled": fmt.Errorf("call: %w", context.Canceled),
			"timeout":  fmt.Errorf("call: %w", context.DeadlineExceeded),
		}[words[1]]
	case "snapshot":
		v := s.Snapshot.Vars[len(s.Snapshot.Vars)-1]
		return say("%s %x %o %s", v.Name, sha256.Sum256([]byte(v.Value)), s.Snapshot.Umask, s.Snapshot.Dir)
	case "process":
		dir, _ := os.Getwd()
		sid, _ := unix.Getsid(0)
		return say("%d %d %s %s %s", os.Getpid(), sid, dir, os.Getenv("AWS_PROFILE"), strings.Join(openFds(), ","))
	}
	return nil, fmt.Errorf("unknown act %s", words[0])
}

// openFds are the open descriptors and what they are.
func openFds() []string {
	names, _ := filepath.Glob("/proc/self/fd/*")
	var all []string
	for _, n := range names {
		if to, err := os.Readlink(n); err == nil {
			all = append(all, filepath.Base(n)+":"+strings.Map(func(r rune) rune {
				if r >= '0' && r <= '9' {
					return -1
				}
				return r
			}, to))
		}
	}
	return all
}

func testConfig() Config {
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	return Config{Program: filepath.Base(self), Beside: self, Args: []string{"--agent", "test"}, Build: "test"}
}

// newClient gives a client that is closed at the end of the test, which then looks for what it left behind.
func newClient(t testing.TB, cfg Config) *Client {
	t.Helper()
	c := New(cfg)
	fds, routines := openFds(), runtime.NumGoroutine()
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		settle(t, "goroutines", func() bool { return runtime.NumGoroutine() <= routines })
		settle(t, "descriptors", func() bool { return len(openFds()) <= len(fds) })
		if pid, err := unix.Wait4(-1, nil, unix.WNOHANG, nil); err != unix.ECHILD {
			t.Errorf("a child is left: %d, %v", pid, err)
		}
	})
	return c
}

// settle waits until what is ending has ended.
func settle(t testing.TB, what string, ended func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ended(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			buf := make([]byte, 1<<20)
			t.Fatalf("%s are left: %v\n%s", what, openFds(), buf[:runtime.Stack(buf, true)])
		}
	}
}

func act(words ...string) plan.Segment {
	return plan.Segment{Target: "test", Stages: []plan.Stage{{Argv: words}}}
}

// run runs a segment with input from text, and gives what its stages wrote to standard output.
func run(t testing.TB, c *Client, ctx context.Context, seg plan.Segment, text string) (string, []plan.Status, error) {
	t.Helper()
	in, inw := pipe(t)
	outr, out := pipe(t)
	defer in.Close()
	var feeding sync.WaitGroup
	feeding.Go(func() {
		io.WriteString(inw, text)
		inw.Close()
	})
	said := make(chan string, 1)
	go func() {
		b, _ := io.ReadAll(outr)
		said <- string(b)
		outr.Close()
	}()
	seg.Stdin, seg.Stdout = in, out
	for len(seg.Stderr) < len(seg.Stages) {
		seg.Stderr = append(seg.Stderr, os.Stderr)
	}
	statuses, err := c.Run(ctx, seg)
	out.Close()
	in.Close()
	feeding.Wait()
	return <-said, statuses, err
}

func pipe(t testing.TB) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	return r, w
}

func TestRun(t *testing.T) {
	c := newClient(t, testConfig())
	text := strings.Repeat("caf\xe9 \x00\n", 100_000)
	seg := act("cat")
	seg.Stages = append(seg.Stages, plan.Stage{Source: "b"}, plan.Stage{Source: "c"})
	out, statuses, err := run(t, c, t.Context(), seg, text)
	if err != nil || out != text || !slices.Equal(statuses, []plan.Status{0, 3, 141}) {
		t.Fatalf("%d bytes of %d, %v, %v", len(out), len(text), statuses, err)
	}
}

// Many stages share a standard error, and more have their own than ride on one byte.
func TestManyDescriptors(t *testing.T) {
	c := newClient(t, testConfig())
	for _, n := range []int{1, filesAtOnce - 2, filesAtOnce - 1, 300} {
		dir := t.TempDir()
		seg := act("errors")
		seg.Stages = slices.Repeat(seg.Stages, n+1)
		for i := range n {
			f, err := os.Create(filepath.Join(dir, fmt.Sprint(i)))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			seg.Stderr = append(seg.Stderr, f)
		}
		seg.Stderr = append(seg.Stderr, seg.Stderr[0])
		if _, statuses, err := run(t, c, t.Context(), seg, ""); err != nil || len(statuses) != n+1 {
			t.Fatalf("%d: %v, %v", n, statuses, err)
		}
		for i := range n {
			want := fmt.Sprintf("stage %d\n", i)
			if i == 0 {
				want += fmt.Sprintf("stage %d\n", n)
			}
			if got, err := os.ReadFile(filepath.Join(dir, fmt.Sprint(i))); string(got) != want {
				t.Fatalf("%d: stage %d: %q, %v", n, i, got, err)
			}
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	c := newClient(t, testConfig())
	var all sync.WaitGroup
	for i := range 100 {
		all.Go(func() {
			text := strings.Repeat(fmt.Sprintln("segment", i), 1000)
			if out, _, err := run(t, c, t.Context(), act("cat"), text); out != text || err != nil {
				t.Errorf("segment %d: %d bytes of %d, %v", i, len(out), len(text), err)
			}
		})
	}
	all.Wait()
}

func TestSnapshotTravels(t *testing.T) {
	c := newClient(t, testConfig())
	for _, size := range []int{0, bodyAtOnce - 200, bodyAtOnce, 20 << 20} {
		value := strings.Repeat("\xe9\x00x", size/3)
		seg := act("snapshot")
		seg.Snapshot = &plan.Snapshot{Dir: "/some/dir", Umask: 0o27, Vars: []plan.Variable{{Name: "v", Set: true, Value: value}}}
		want := fmt.Sprintf("v %x 27 /some/dir\n", sha256.Sum256([]byte(value)))
		if out, _, err := run(t, c, t.Context(), seg, ""); out != want || err != nil {
			t.Fatalf("%d: %q, %v", size, out, err)
		}
	}
}

func TestExplain(t *testing.T) {
	c := newClient(t, testConfig())
	seg := plan.Segment{Target: "moon", Stages: []plan.Stage{{Source: "s"}}, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: []*os.File{os.Stderr}}
	lines, err := c.Explain(t.Context(), seg)
	if err != nil || !slices.Equal(lines, []string{"on moon", "s", "true true 0"}) {
		t.Errorf("%q, %v", lines, err)
	}
	seg.Stages[0].Name = "bad"
	if lines, err := c.Explain(t.Context(), seg); len(lines) != 1 || err == nil || err.Error() != "cannot explain" {
		t.Errorf("%q, %v", lines, err)
	}
}

func TestErrorsKeepTheirKind(t *testing.T) {
	c := newClient(t, testConfig())
	cases := []struct {
		name, text string
		is         error
	}{
		{"lost", "function: attempt lost", remote.ErrLost},
		{"plain", "caf\xe9", nil},
		{"started", "x: not found", nil},
		{"canceled", "agent: stopped: call: context canceled", nil},
		{"timeout", "agent: stopped: call: context deadline exceeded", nil},
	}
	for _, tt := range cases {
		_, _, err := run(t, c, t.Context(), act("fault", tt.name), "")
		if err == nil || err.Error() != tt.text || tt.is != nil && !errors.Is(err, tt.is) {
			t.Errorf("%s: %v", tt.name, err)
		}
		var no *remote.NotStartedError
		if errors.As(err, &no) != (tt.name == "started") || no != nil && no.Status != 127 {
			t.Errorf("%s: %#v", tt.name, err)
		}
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: looks as if our context had ended", tt.name)
		}
	}
}
