package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sshell/interp/plan"
	"sshell/remote/agent"
)

// programs builds the shell and the agent as they are installed, and gives their folder.
func programs(t *testing.T) string {
	t.Helper()
	bin := t.TempDir()
	build := exec.Command("go", "build", "-o", bin, "../sshell", ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return bin
}

func output(t *testing.T, program string, args ...string) string {
	t.Helper()
	out, err := exec.Command(program, args...).Output()
	if err != nil {
		t.Fatalf("%s: %v", program, err)
	}
	return strings.TrimSpace(string(out))
}

// run runs a segment of one stage with text as its input.
func run(t *testing.T, c *agent.Client, target plan.Target, stage plan.Stage, text string) (string, []plan.Status, error) {
	t.Helper()
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	if err := os.WriteFile(in, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	stdin, err := os.Open(in)
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	stdout, err := os.Create(out)
	if err != nil {
		t.Fatal(err)
	}
	defer stdout.Close()
	stage.Name = "on"
	snap := &plan.Snapshot{Dir: dir, Umask: 0o22, Vars: []plan.Variable{{Name: "PATH", Attr: 1, Set: true, Value: os.Getenv("PATH")}}}
	statuses, err := c.Run(t.Context(), plan.Segment{
		Target: target, Stages: []plan.Stage{stage}, Snapshot: snap, Stdin: stdin, Stdout: stdout, Stderr: []*os.File{stdout},
	})
	if _, serr := stdout.Seek(0, io.SeekStart); serr != nil {
		t.Fatal(serr)
	}
	said, rerr := io.ReadAll(stdout)
	if rerr != nil {
		t.Fatal(rerr)
	}
	return string(said), statuses, err
}

func TestAgent(t *testing.T) {
	bin := programs(t)
	sshell := filepath.Join(bin, "sshell")
	version := strings.TrimPrefix(output(t, filepath.Join(bin, "sshell-agent"), "--version"), "sshell-agent ")
	cfg := agent.Config{Program: "sshell-agent", Beside: sshell, Args: []string{"--shell", sshell}, Build: version}
	c := agent.New(cfg)
	defer c.Close()
	cases := []struct {
		name     string
		target   plan.Target
		stage    plan.Stage
		stdout   string
		statuses []plan.Status
	}{
		{"a program", plan.Local, plan.Stage{Role: plan.On, Argv: []string{"on", "local", "tr", "a-z", "A-Z"}}, "TEXT", []plan.Status{0}},
		{"source", plan.Local, plan.Stage{Source: "read x; echo ${x^^}; exit 3"}, "TEXT\n", []plan.Status{3}},
		{"source that needs a process", plan.Local, plan.Stage{Source: "(ulimit -c 0; cat)"}, "text", []plan.Status{0}},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			stdout, statuses, err := run(t, c, tt.target, tt.stage, "text")
			if err != nil || stdout != tt.stdout || !slices.Equal(statuses, tt.statuses) {
				t.Errorf("%q, %v, %v", stdout, statuses, err)
			}
		})
	}
	// Nothing of a segment stays open: a descriptor that each left would be one more each time. What closes beside the
	// answer may still be seen once.
	const segments = 20
	first := descriptors(t, c)
	for range segments {
		descriptors(t, c)
	}
	if last := descriptors(t, c); last >= first+segments/2 {
		t.Errorf("%d descriptors, %d after %d segments", first, last, segments)
	}
	if _, _, err := run(t, c, "moon", plan.Stage{Argv: []string{"cat"}}, ""); err == nil || err.Error() != "the agent has no target moon; it has: local lambda" {
		t.Errorf("%v", err)
	}
	other := cfg
	other.Build = "v9"
	o := agent.New(other)
	defer o.Close()
	if _, _, err := run(t, o, plan.Local, plan.Stage{Argv: []string{"cat"}}, ""); err == nil || !strings.Contains(err.Error(), "this shell of v9") {
		t.Errorf("%v", err)
	}
}

// descriptors runs a segment that counts what its agent has open.
func descriptors(t *testing.T, c *agent.Client) int {
	t.Helper()
	count := plan.Stage{Argv: []string{"sh", "-c", "sort in >&2; ls /proc/$PPID/fd | wc -l"}}
	stdout, _, err := run(t, c, plan.Local, count, "text\n")
	fields := strings.Fields(stdout)
	if err != nil || len(fields) != 2 {
		t.Fatalf("%q, %v", stdout, err)
	}
	n, err := strconv.Atoi(fields[1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// An agent whose standard error nobody reads any more is not killed by a line: it may have something to remove.
func TestStandardErrorIsGone(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	defer w.Close()
	cmd := exec.Command(filepath.Join(programs(t), "sshell-agent"), "--nonsense")
	cmd.Stderr = w
	cmd.Run()
	if state := cmd.ProcessState; state.ExitCode() != 2 {
		t.Errorf("%v", state)
	}
}
