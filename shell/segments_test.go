package shell

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"sshell/interp"
	"sshell/interp/plan"
	"sshell/remote"
	"sshell/remote/agent"
	"sshell/remote/flow"
	"sshell/remote/local"
	"sshell/remote/worker"
)

// moon is a target that these tests have an agent for: this machine, from another process.
const moon plan.Target = "moon"

// TestMain lets the test's own program be the shell, its agent, and the worker of both.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 {
		switch os.Args[1] {
		case "--sshell":
			os.Exit(shellMain(append([]string{"sshell"}, os.Args[2:]...)))
		case "--agent":
			os.Exit(agentMain(os.Args[3]))
		case "--worker":
			os.Exit(worker.Main(os.Args[2:], func(c *interp.Config) { c.Self = own("--sshell") }))
		}
	}
	os.Exit(m.Run())
}

// own is how this program is started again.
func own(flag string) []string {
	path, err := os.Executable()
	if err != nil {
		panic(err)
	}
	return []string{path, flag}
}

func tasks(Setup) (plan.Segments, error) {
	runner := func(plan.Target, flow.RunnerOptions) (remote.Runner, error) {
		return local.New(local.Config{Self: own("--worker")})
	}
	return flow.New(flow.Config{Runner: runner}), nil
}

func shellMain(args []string) int {
	p := Program{Args: args, Self: own("--sshell"), Routes: []Route{
		{Targets: []plan.Target{plan.Local}, Segments: tasks},
		{Targets: []plan.Target{moon}, Segments: func(Setup) (plan.Segments, error) {
			self := own("--agent")
			return agent.New(agent.Config{Program: filepath.Base(self[0]), Beside: self[0], Args: self[1:], Build: "test"}), nil
		}},
	}}
	if len(args) == 3 && args[1] == interp.SubshellFlag {
		fd, err := strconv.Atoi(args[2])
		if err != nil {
			return statusUsage
		}
		return p.Subshell(fd)
	}
	return p.Run(context.Background())
}

func agentMain(number string) int {
	socket, err := agent.Socket(number)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	segments, _ := tasks(Setup{})
	if err := agent.Serve(ctx, socket, segments, nil, "test"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// script is a shell that will run a text in a folder of its own.
func script(t *testing.T, text string) *exec.Cmd {
	t.Helper()
	self := own("--sshell")
	c := exec.Command(self[0], self[1], "--norc", "-c", text)
	c.Dir = t.TempDir()
	c.Env = append(os.Environ(), "PWD="+c.Dir, "XDG_DATA_HOME="+t.TempDir(), "AGENT="+self[0])
	return c
}

func TestAgentTarget(t *testing.T) {
	cases := []struct {
		name, script, stdout, stderr string // stderr is a part of it, empty for none at all
	}{
		{"a pipe from and to the client", `echo hi | on moon tr a-z A-Z | cat`, "HI\n", ""},
		{"both ways in one pipeline", `seq 3 | on moon cat | on local cat | on moon tac`, "3\n2\n1\n", ""},
		{"status", `on moon sh -c 'exit 3'; echo $?; on moon false | cat; echo ${PIPESTATUS[@]}`, "3\n1 0\n", ""},
		{"not found", `on moon no-such-program; echo $?`, "127\n", "no-such-program"},
		{"directory, mask and variables", `mkdir d; cd d; umask 027; export X=1; on moon sh -c 'echo ${PWD##*/} $X; umask'`, "d 1\n0027\n", ""},
		{"a function", `v=5; f() { echo "$1 $v"; return 4; }; on moon f x; echo $?`, "x 5\n4\n", ""},
		{"parmap", `seq 20 | parmap --on moon -j4 echo | tail -n 1`, "20\n", ""},
		{"standard error", `on moon sh -c 'echo e >&2' 2>err; cat err`, "e\n", ""},
		{"a subshell in this process", `(v=1; on moon echo sub) | cat; x=$(on moon echo caught); echo $x`, "sub\ncaught\n", ""},
		{"a subshell that is a process", `(ulimit -c 0; on moon echo sub); on moon echo after`, "sub\nafter\n", ""},
		{"one agent", `a=$(on moon sh -c 'echo $PPID'); b=$(on moon sh -c 'echo $PPID'); [ $a = $b ] && echo same`, "same\n", ""},
		{"in the background", `on moon echo back & wait; on moon echo front`, "back\nfront\n", ""},
		{"an unknown target", `on sun true; echo $?`, "125\n", "sshell: on: no target sun; targets: local moon\n"},
		{"a crash", `on moon sh -c 'kill -9 $PPID'; echo $?; on moon echo again`, "125\nagain\n", "ended (signal: killed): attempt lost; the next use starts a new one\n"},
		{"a crash commits nothing", `on moon sh -c 'echo part; kill -9 $PPID' > s3://bucket/k 2>/dev/null; echo $?; [ -e s3://bucket/k ] || echo none`,
			"125\nnone\n", "attempt lost"},
		{"a crash under two", `on moon sh -c 'echo; exec sleep 1000' | cat | on moon sh -c 'read x; kill -9 $PPID'; echo ${PIPESTATUS[@]}`,
			"125 125 125\n", "attempt lost"},
		{"no agent", `export SSHELL_AGENT=/no/such/agent; on moon true; echo $?; unset SSHELL_AGENT; on moon echo there`, "125\nthere\n",
			"sshell: agent: /no/such/agent: no such file or directory; it is what SSHELL_AGENT names\n"},
		{"no agent at all", `export SSHELL_AGENT=/bin/cat; on moon true; echo $?`, "125\n", "ended before it said hello (exit status 1: "},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := script(t, tt.script)
			var stdout, stderr bytes.Buffer
			c.Stdout, c.Stderr = &stdout, &stderr
			c.Run() // its status is not what is asked here
			if stdout.String() != tt.stdout || !strings.Contains(stderr.String(), tt.stderr) || tt.stderr == "" && stderr.Len() > 0 {
				t.Errorf("%q, %q\nwant %q, %q", stdout.String(), stderr.String(), tt.stdout, tt.stderr)
			}
		})
	}
}

func TestExplainAsksTheAgent(t *testing.T) {
	self := own("--sshell")
	c := exec.Command(self[0], self[1], "--explain", "-c", "seq 5 | parmap --on moon -j2 echo")
	out, err := c.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "moon") || !strings.Contains(string(out), "tasks one for each") {
		t.Errorf("%s, %v", out, err)
	}
}

// A termination ends a shell that has no trap for it, though a command of the client goes on that a segment reads from.
func TestTerminationEndsClientStages(t *testing.T) {
	for _, text := range []string{
		`{ echo ready >&2; exec sleep 1000; } | on moon cat`,
		`x=$({ echo ready >&2; exec sleep 1000; } | on moon cat)`,
	} {
		c := script(t, text)
		stderr, err := c.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		if line, err := bufio.NewReader(stderr).ReadString('\n'); line != "ready\n" {
			t.Fatalf("%s: %q, %v", text, line, err)
		}
		if err := c.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if err := c.Wait(); err == nil {
			t.Errorf("%s: status 0", text)
		}
	}
}

// Ctrl-C reaches the shell alone, which has its agent stop the segment. Neither it nor the command stays.
func TestInterrupt(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGKILL} {
		c := script(t, `on moon sh -c 'echo $PPID $$; exec sleep 1000'`)
		c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		c.Stderr = os.Stderr
		stdout, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		out := bufio.NewReader(stdout)
		line, err := out.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(-c.Process.Pid, s); err != nil {
			t.Fatal(err)
		}
		if rest, err := io.ReadAll(out); len(rest) > 0 || err != nil {
			t.Errorf("%v: %q, %v", s, rest, err)
		}
		if err := c.Wait(); err == nil {
			t.Errorf("%v: status 0", s)
		}
		for _, word := range strings.Fields(line) {
			awaitEnd(t, word)
		}
	}
}

// awaitEnd waits until a process that is not ours has ended.
func awaitEnd(t *testing.T, pid string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		stat, err := os.ReadFile("/proc/" + pid + "/stat")
		if err != nil {
			return
		}
		if _, state, _ := strings.Cut(string(stat), ") "); state[0] == 'Z' {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("process %s is left", pid)
		}
	}
}

// A segment does not take what an interrupted command has written for the whole of its input.
func TestInterruptIsNoEnd(t *testing.T) {
	for _, target := range []plan.Target{plan.Local, moon} {
		t.Run(string(target), func(t *testing.T) {
			t.Parallel()
			c := script(t, `sh -c 'echo part; until [ -e began ]; do sleep 0.01; done; kill -INT 0' | on `+string(target)+` 'read x; : > began; cat; : > ended'`)
			c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			c.Run() // the interrupt's status is another test's
			if _, err := os.Stat(filepath.Join(c.Dir, "began")); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(filepath.Join(c.Dir, "ended")); err == nil {
				t.Error("the segment saw the end of its input")
			}
		})
	}
}

// What was written before an interrupt is no object, unless the script deals with interrupts.
func TestInterruptMakesNoObject(t *testing.T) {
	for _, tt := range []struct{ name, trap, object string }{{"none", "", ""}, {"a trap", "trap : INT; ", "part\n"}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := script(t, tt.trap+`{ echo part; sh -c 'kill -INT 0; exec sleep 5'; } > s3://bucket/k`)
			c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			store := t.TempDir()
			c.Env = append(c.Env, "XDG_DATA_HOME="+store)
			c.Run() // the interrupt's status is another test's
			object, err := os.ReadFile(filepath.Join(store, "sshell/s3/bucket/k"))
			if string(object) != tt.object {
				t.Errorf("%q, want %q; %v", object, tt.object, err)
			}
		})
	}
}
