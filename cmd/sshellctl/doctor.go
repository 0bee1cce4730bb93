package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"sshell/interp/plan"
	"sshell/lambda"
	"sshell/lambda/deploy"
	"sshell/pipes/objstore/s3"
	"sshell/remote"
	"sshell/remote/agent"
)

// statusWrong is doctor's, where something is wrong.
const statusWrong = 1

// agentName is the agent's program.
const agentName = "sshell-agent"

// agentPatience bounds how long the agent may take to say its build, which it does at once.
const agentPatience = 10 * time.Second

// examine looks at an account, and says what is wrong.
func examine(args []string, stdout, stderr io.Writer) int {
	f := newAccountFlags("doctor", stderr, "function", "bucket", "region")
	if status, done := f.parse(args); done {
		return status
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	a, err := f.open(ctx)
	if err != nil {
		fmt.Fprintf(stdout, "wrong  %v\n", err)
		return statusWrong
	}
	d := &deploy.Doctor{
		Clients: a.clients, Settings: a.settings, Region: a.config.Region, Credentials: a.config.Credentials, OwnBuckets: a.amazon,
		Build: agent.Build(), Agent: agentBuild, Try: a.try, Out: stdout,
	}
	if d.Examine(ctx) > 0 {
		return statusWrong
	}
	return 0
}

// agentBuild finds the agent's program as the shell does, which stands beside this program, and asks for its build.
func agentBuild(ctx context.Context) (path, build string, err error) {
	if path = os.Getenv(agent.ProgramVar); path == "" {
		self, err := os.Executable()
		if err != nil {
			return "", "", err
		}
		path = filepath.Join(filepath.Dir(self), agentName)
		if _, err := os.Stat(path); err != nil {
			if path, err = exec.LookPath(agentName); err != nil {
				return "", "", fmt.Errorf("%s: not found beside sshellctl or on PATH: install it there, or name it in %s", agentName, agent.ProgramVar)
			}
		}
	}
	ctx, cancel := context.WithTimeout(ctx, agentPatience)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, "--version").Output()
	build, ok := strings.CutPrefix(strings.TrimSpace(string(out)), agentName+" ")
	if err != nil || !ok {
		return "", "", fmt.Errorf("%s: is no agent of sshell: install all programs of one build", path)
	}
	return path, build, nil
}

// tryOutput is how many bytes the function writes: more than travel with the answer, so that they go through the bucket.
const tryOutput = lambda.InlineMax + 1

// try runs a stage in the function, with input and output that go through the bucket: so the function's rights are
// looked at by those who have them.
func (a *account) try(ctx context.Context) error {
	s := a.settings
	store, err := s3.New(a.config).Bucket(ctx, s.Bucket)
	if err != nil {
		return err
	}
	r, err := lambda.New(lambda.Config{Invoker: lambda.NewInvoker(a.config), Function: s.Function, Region: a.config.Region, Bucket: s.Bucket, Store: store})
	if err != nil {
		return err
	}
	run := fmt.Sprintf("doctor-%d", time.Now().UnixNano())
	said, result, err := runTask(ctx, r, &remote.Task{
		Run: run, Stages: []remote.Stage{{Source: fmt.Sprintf("read x; printf '%%*s' %d \"$x\"", tryOutput)}},
		Snapshot: &plan.Snapshot{Version: plan.SnapshotVersion}, Input: remote.Input{Kind: remote.StreamInput},
	})
	// What the run stored goes whatever happened.
	err = errors.Join(err, r.End(context.WithoutCancel(ctx), run), r.Close(context.WithoutCancel(ctx)))
	switch {
	case err != nil && strings.Contains(err.Error(), "access denied"):
		return fmt.Errorf("%s; it is the role of the function that needs the right: sshellctl deploy gives it", oneLine(err))
	case err != nil:
		return errors.New(oneLine(err))
	case len(result.Statuses) != 1 || result.Statuses[0] != 0 || len(said) != tryOutput || !strings.HasSuffix(said, "word"):
		return fmt.Errorf("function %s: a stage ended with %v and %d bytes of output: run sshellctl deploy", s.Function, result.Statuses, len(said))
	}
	return nil
}

func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

// runTask runs a task whose input is a word, and gives its output.
func runTask(ctx context.Context, r *lambda.Runner, t *remote.Task) (string, *remote.Result, error) {
	dir, err := os.MkdirTemp("", "sshell-doctor-")
	if err != nil {
		return "", nil, err
	}
	defer os.RemoveAll(dir)
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	if err := os.WriteFile(in, []byte("word\n"), 0o600); err != nil {
		return "", nil, err
	}
	stdin, err := os.Open(in)
	if err != nil {
		return "", nil, err
	}
	defer stdin.Close()
	stdout, err := os.Create(out)
	if err != nil {
		return "", nil, err
	}
	defer stdout.Close()
	result, err := r.Run(ctx, t, remote.Streams{Stdin: stdin, Stdout: stdout, Stderr: stdout})
	if err != nil {
		return "", nil, err
	}
	said, err := os.ReadFile(out)
	return string(said), result, err
}
