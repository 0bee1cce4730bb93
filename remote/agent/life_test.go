package agent

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sshell/interp/plan"
	"sshell/remote"
)

// begun starts a segment that says a line and goes on. The line has been read when begun returns.
func begun(t *testing.T, c *Client, ctx context.Context, words ...string) (rest *bufio.Reader, ended <-chan error) {
	t.Helper()
	r, w := pipe(t)
	done := make(chan error, 1)
	seg := act(words...)
	seg.Stdout, seg.Stderr = w, []*os.File{os.Stderr}
	go func() {
		_, err := c.Run(ctx, seg)
		w.Close()
		done <- err
	}()
	t.Cleanup(func() { r.Close() })
	rest = bufio.NewReader(r)
	if _, err := rest.ReadString('\n'); err != nil {
		t.Fatalf("%v, %v", err, <-done)
	}
	return rest, done
}

func TestCancel(t *testing.T) {
	c := newClient(t, testConfig())
	ctx, cancel := context.WithCancel(t.Context())
	out, ended := begun(t, c, ctx, "hang")
	other, cancelOther := context.WithCancel(t.Context())
	_, otherEnded := begun(t, c, other, "hang")
	cancel()
	if err := <-ended; err != context.Canceled {
		t.Error(err)
	}
	// The answer was awaited: what the segment did at its end is there.
	if said, err := io.ReadAll(out); string(said) != "stopped\n" || err != nil {
		t.Errorf("%q, %v", said, err)
	}
	select {
	case err := <-otherEnded:
		t.Errorf("another segment ended too: %v", err)
	default:
	}
	cancelOther()
	<-otherEnded
	ctx, cancel = context.WithCancel(t.Context())
	_, ended = begun(t, c, ctx, "late")
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("a segment that ended has an answer: %v", err)
	}
	if _, err := c.Run(ctx, act("nothing")); err != context.Canceled {
		t.Error(err)
	}
}

// An agent that ends takes no segment for ended, and the next one gets a new agent.
func TestCrash(t *testing.T) {
	for _, tt := range []struct{ act, says string }{
		{"die", "signal: killed"},
		{"end", "exit status 4"},
		{"panic", "panic: the moon"},
	} {
		t.Run(tt.act, func(t *testing.T) {
			c := newClient(t, testConfig())
			var under []<-chan error
			for range 5 {
				_, ended := begun(t, c, t.Context(), "hang")
				under = append(under, ended)
			}
			_, _, err := run(t, c, t.Context(), act(tt.act), "")
			for _, ended := range append([]error{err}, <-under[0], <-under[1], <-under[2], <-under[3], <-under[4]) {
				if !errors.Is(ended, remote.ErrLost) || !strings.Contains(ended.Error(), tt.says) || strings.Contains(ended.Error(), "\n") {
					t.Errorf("%v", ended)
				}
			}
			if out, _, err := run(t, c, t.Context(), act("cat"), "again"); out != "again" || err != nil {
				t.Errorf("the next one: %q, %v", out, err)
			}
		})
	}
}

// pidOf asks the agent for its process.
func pidOf(t *testing.T, c *Client, seg plan.Segment) (pid int, words []string) {
	t.Helper()
	seg.Stages = act("process").Stages
	out, _, err := run(t, c, t.Context(), seg, "")
	if err != nil {
		t.Fatal(err)
	}
	words = strings.Fields(out)
	if pid, err = strconv.Atoi(words[0]); err != nil {
		t.Fatal(err)
	}
	return pid, words
}

// An agent that somebody ended while nothing ran is replaced, whenever that shows.
func TestAgentGoneMeanwhile(t *testing.T) {
	c := newClient(t, testConfig())
	for range 20 {
		pid, _ := pidOf(t, c, plan.Segment{})
		if err := unix.Kill(pid, syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		if err := unix.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		settle(t, "agents", func() bool { return unix.Kill(pid, 0) == unix.ESRCH })
		if again, _ := pidOf(t, c, plan.Segment{}); again == pid {
			t.Fatal("the same agent")
		}
	}
}

func TestNoAgent(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("plain", "", 0o644)
	write("script", "#!/no/such/interpreter\n", 0o755)
	write("words", "no program", 0o755)
	variable := func(value string) *plan.Snapshot {
		return &plan.Snapshot{Dir: dir, Vars: []plan.Variable{{Name: ProgramVar, Attr: exportedAttr, Set: true, Value: value}}}
	}
	path := func(value string) *plan.Snapshot {
		return &plan.Snapshot{Dir: dir, Vars: []plan.Variable{{Name: "PATH", Attr: exportedAttr, Set: true, Value: value}}}
	}
	own := testConfig()
	with := func(program string, args ...string) Config {
		cfg := own
		cfg.Program, cfg.Args, cfg.Patience = program, args, time.Minute
		return cfg
	}
	impatient := with(own.Program, "--silent")
	impatient.Patience = 10 * time.Millisecond
	cases := []struct {
		name string
		cfg  Config
		snap *plan.Snapshot
		want string
	}{
		{"missing", with("no-such-agent"), path("/usr/bin"), "no-such-agent: not found beside the shell's program or on PATH"},
		{"named and missing", own, variable("/no/such/file"), "/no/such/file: no such file or directory; it is what SSHELL_AGENT names"},
		{"not executable", own, variable("plain"), "plain: permission denied"},
		{"on PATH, not executable", with("plain"), path(dir), "plain: permission denied"},
		{"a folder", own, variable("/usr"), "/usr: is a directory"},
		{"no interpreter", own, variable("script"), "no such file or directory"},
		{"no program", own, variable("words"), "exec format error"},
		{"another version", with(own.Program, "--agent", "other"), nil, "is of version other, this shell of test: install"},
		{"ends at once", with("cat"), path("/usr/bin:/bin"), "ended before it said hello (exit status 1"},
		{"ends with a word", with(own.Program, "--failing"), nil, "(exit status 3: sshell-agent: this machine has no moon)"},
		{"says nothing", impatient, nil, "said no hello in 10ms"},
		{"babbles", with(own.Program, "--babble"), nil, "is no agent of sshell"},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			c := newClient(t, tt.cfg)
			seg := act("nothing")
			seg.Snapshot = tt.snap
			for range 2 { // the second is not worse
				_, err := c.Run(t.Context(), seg)
				var no *remote.NotStartedError
				if !errors.As(err, &no) || no.Status != plan.StatusMachinery {
					t.Fatalf("%v", err)
				}
				if !strings.HasPrefix(err.Error(), "agent: ") || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
					t.Errorf("%q, want %q in it", err, tt.want)
				}
			}
		})
	}
}

// Whoever waits for an agent that does not get ready can leave.
func TestCancelWhileItStarts(t *testing.T) {
	cfg := testConfig()
	cfg.Args, cfg.Patience = []string{"--silent"}, time.Hour
	c := New(cfg)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := c.Run(ctx, act("nothing"))
		ended <- err
	}()
	var l *link
	settle(t, "calls", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		l = c.current
		return l != nil
	})
	cancel()
	if err := <-ended; err != context.Canceled {
		t.Error(err)
	}
	settle(t, "agents", func() bool { // which is what the kernel does for a shell that ends
		children, _ := os.ReadFile(fmt.Sprintf("/proc/self/task/%d/children", os.Getpid()))
		for _, task := range tasks(t) {
			more, _ := os.ReadFile(task + "/children")
			children = append(children, more...)
		}
		for _, pid := range strings.Fields(string(children)) {
			if n, err := strconv.Atoi(pid); err == nil {
				unix.Kill(n, syscall.SIGKILL)
			}
		}
		select {
		case <-l.gone:
			return true
		default:
			return false
		}
	})
}

func tasks(t *testing.T) []string {
	all, err := filepath.Glob("/proc/self/task/*")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// The agent has nothing of ours, and keeps nothing of a segment's.
func TestAgentIsApart(t *testing.T) {
	null, err := unix.Open(os.DevNull, unix.O_RDWR, 0) // as if inherited: it would stay open in a process that we start
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(null)
	c := newClient(t, testConfig())
	pid, words := pidOf(t, c, plan.Segment{})
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if sid := strconv.Itoa(pid); words[1] != sid || words[2] != here {
		t.Errorf("agent %s, session %s, in %s", sid, words[1], words[2])
	}
	for range 10 {
		run(t, c, t.Context(), act("cat"), "text")
	}
	_, after := pidOf(t, c, plan.Segment{})
	if after[len(after)-1] != words[len(words)-1] {
		t.Errorf("descriptors %s, before %s", after[len(after)-1], words[len(words)-1])
	}
	for _, fd := range strings.Split(words[len(words)-1], ",") {
		n, what, _ := strings.Cut(fd, ":")
		if what == os.DevNull && n != "0" && n != "1" {
			t.Errorf("has our descriptor %s", fd)
		}
	}
}

// A segment's descriptors are closed when its answer is there.
func TestDescriptorsEndWithTheSegment(t *testing.T) {
	c := newClient(t, testConfig())
	for range 50 {
		r, w := pipe(t)
		seg := act("nothing")
		seg.Stdout, seg.Stderr = w, []*os.File{w}
		if _, err := c.Run(t.Context(), seg); err != nil {
			t.Fatal(err)
		}
		w.Close()
		fds := []unix.PollFd{{Fd: int32(r.Fd()), Events: unix.POLLIN}}
		if n, err := unix.Poll(fds, 0); n != 1 || fds[0].Revents != unix.POLLHUP {
			t.Fatalf("%d, %v, %v: somebody has the pipe", n, fds, err)
		}
		r.Close()
	}
}

// Other settings mean another agent; the first ends with its last segment.
func TestSettings(t *testing.T) {
	c := newClient(t, testConfig())
	env := func(name, value string) plan.Segment {
		s := act("process")
		s.Snapshot = &plan.Snapshot{Vars: []plan.Variable{{Name: name, Attr: exportedAttr, Set: true, Value: value}}}
		return s
	}
	first, words := pidOf(t, c, env("AWS_PROFILE", "one"))
	if words[3] != "one" {
		t.Errorf("%q", words)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	hang := env("AWS_PROFILE", "one")
	hang.Stages = act("hang").Stages
	r, w := pipe(t)
	defer r.Close()
	hang.Stdout = w
	var running sync.WaitGroup
	running.Go(func() {
		c.Run(ctx, hang)
		w.Close()
	})
	if _, err := bufio.NewReader(r).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	second, words := pidOf(t, c, env("AWS_PROFILE", "two"))
	if second == first || words[3] != "two" {
		t.Errorf("%d, then %d, %q", first, second, words)
	}
	if err := unix.Kill(first, 0); err != nil {
		t.Errorf("the first ended under its segment: %v", err)
	}
	if third, _ := pidOf(t, c, env("AWS_PROFILE", "two")); third != second {
		t.Errorf("%d, then %d", second, third)
	}
	cancel()
	running.Wait()
	settle(t, "agents", func() bool { return unix.Kill(first, 0) == unix.ESRCH })
	if base, _ := pidOf(t, c, env("x", "1")); base == second {
		t.Error("the settings went, the agent did not")
	} else if again, _ := pidOf(t, c, env("SSHELL_ON", "y")); again != base {
		t.Error("a variable that is no setting ended the agent")
	}
}

// shellMain is a shell that has an agent at work until it is killed.
func shellMain() {
	c := New(testConfig())
	seg := act("process")
	seg.Stdout, seg.Stderr = os.Stdout, []*os.File{os.Stderr}
	if _, err := c.Run(context.Background(), seg); err != nil {
		panic(err)
	}
	seg.Stages = act("hang").Stages
	c.Run(context.Background(), seg)
	panic("it ended")
}

func TestAgentDiesWithItsShell(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM} {
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		shell := exec.Command(self, "--shell")
		shell.Stderr = os.Stderr
		stdout, err := shell.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := shell.Start(); err != nil {
			t.Fatal(err)
		}
		out := bufio.NewReader(stdout)
		line, err := out.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		pid, err := strconv.Atoi(strings.Fields(line)[0])
		if err != nil {
			t.Fatal(err)
		}
		if line, err = out.ReadString('\n'); line != "hangs\n" {
			t.Fatalf("%q, %v", line, err)
		}
		if err := shell.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
		// Its segment is stopped, and the pipe ends: nobody holds it any more.
		if rest, err := io.ReadAll(out); string(rest) != "stopped\n" || err != nil {
			t.Errorf("%q, %v", rest, err)
		}
		shell.Wait()
		settle(t, "agents", func() bool { return ended(pid) })
	}
}

// ended reports whether a process that is not ours has ended, or waits for its parent to see it.
func ended(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return true
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return slices.Contains([]string{"Z", "X"}, rest[:1])
}

// An agent that does not run any more does not hold up whoever wants a segment to end.
func TestAgentStopped(t *testing.T) {
	cfg := testConfig()
	cfg.StopTime = 100 * time.Millisecond
	c := newClient(t, cfg)
	ctx, cancel := context.WithCancel(t.Context())
	_, ended := begun(t, c, ctx, "deaf")
	cancel()
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) && !errors.Is(err, remote.ErrLost) {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("it waits for an agent that is stopped")
	}
}
