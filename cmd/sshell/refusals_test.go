package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// refusal is one thing that is wrong with what somebody asks for.
type refusal struct {
	name   string
	change []string // NAME=VALUE, NAME to unset, or one of the words of (*ward).changed
	script string
	line   string // all of standard error, without the name of the shell before it
	status int
	stdout string
}

// refusals are the faults that the design names, each with the one line that says what to do.
var refusals = []refusal{
	{name: "nothing is wrong", script: throughAll, stdout: "200000\n"},

	{name: "no credentials", change: []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}, script: "on lambda echo x", status: 125,
		line: `on: lambda: sshell: no credentials: set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (access disabled to EC2 IMDS via client option, or "AWS_EC2_METADATA_DISABLED" environment variable)`},
	{name: "no credentials for S3", change: []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "SSHELL_S3=aws"}, script: ownOutput, status: 125,
		line: "line 1: s3://results/x: no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or run aws configure"},
	{name: "unknown key", change: []string{"AWS_ACCESS_KEY_ID=AKIANOBODY"}, script: "on lambda echo x", status: 125,
		line: "on: lambda: sshell: the credentials are not known there: look at AWS_ACCESS_KEY_ID or the profile"},
	{name: "unknown key for S3", change: []string{"AWS_ACCESS_KEY_ID=AKIANOBODY"}, script: ownOutput, status: 125,
		line: "line 1: s3://results/x: unknown access key: check AWS_ACCESS_KEY_ID or the profile"},

	{name: "wrong region", change: []string{"AWS_REGION=eu-west-1"}, script: "on lambda echo x", status: 125,
		line: "on: lambda: sshell: the endpoint is of another region than eu-west-1: set AWS_REGION"},
	{name: "wrong region for S3", change: []string{"AWS_REGION=eu-west-1"}, script: ownOutput, status: 125,
		line: "line 1: s3://results/x: bucket results is in another region: set AWS_REGION to it"},
	{name: "no region", change: []string{"AWS_REGION", "AWS_DEFAULT_REGION"}, script: throughAll, status: 125,
		line: "on: no region: set AWS_REGION, or region in .sshell.toml"},

	{name: "missing bucket", change: []string{"SSHELL_BUCKET=nothing"}, script: throughAll, status: 125,
		line: "on: bucket nothing (SSHELL_BUCKET): no such bucket: create nothing, or check its name and the account"},
	{name: "missing bucket for programs", change: []string{"SSHELL_BUCKET=nothing"}, script: "seq 9 | on lambda sort -n | tail -n 1", status: 125,
		line: "on: bucket nothing (SSHELL_BUCKET): no such bucket: create nothing, or check its name and the account"},
	{name: "missing bucket for tasks", change: []string{"SSHELL_BUCKET=nothing"}, script: "seq 9 | parmap -j 1 --on lambda sort > s3://results/x", status: 125,
		line: "parmap: task 1: bucket nothing (SSHELL_BUCKET): no such bucket: create nothing, or check its name and the account"},
	{name: "missing bucket of an output", script: "on lambda 'echo x' > s3://nothing/x", status: 125,
		line: "on: store in s3://nothing: no such bucket: create nothing, or check its name and the account"},
	{name: "missing bucket of an input", script: "split s3://nothing/x | parmap --on lambda cat", status: 125,
		line: "split: s3://nothing/x: no such bucket: create nothing, or check its name and the account"},

	{name: "missing function", change: []string{"SSHELL_FUNCTION=nothing"}, script: remoteStage, status: 125,
		line: "on: lambda: nothing: there is no such function in us-east-1: make it with sshellctl deploy, or name its region with AWS_REGION"},
	{name: "missing function for tasks", change: []string{"SSHELL_FUNCTION=nothing"}, script: "seq 3 | parmap -j 1 --on lambda 'echo {}' > s3://results/x", status: 125,
		line: "parmap: task 1: lambda: nothing: there is no such function in us-east-1: make it with sshellctl deploy, or name its region with AWS_REGION"},
	{name: "function of another version", change: []string{"SSHELL_FUNCTION=older"}, script: remoteStage, status: 125,
		line: "on: lambda: older: the function is of another version, 1005, and this program of 5: run sshellctl deploy"},

	{name: "denied function", change: []string{"nobody"}, script: "on lambda echo x", status: 125,
		line: "on: lambda: sshell: the account may not invoke it: sshellctl policy prints the rights that are needed"},
	{name: "denied bucket", change: []string{"half"}, script: throughAll, status: 125,
		line: "on: bucket {bucket} (SSHELL_BUCKET): access denied: the credentials lack a right to bucket {bucket}: ask its owner, or see sshellctl policy"},
	{name: "denied output", change: []string{"nobody"}, script: ownOutput, status: 125,
		line: "line 1: s3://results/x: access denied: the credentials lack a right to bucket results: ask its owner, or see sshellctl policy"},
	{name: "denied input", change: []string{"nobody"}, script: "split s3://reads/x | parmap --on lambda cat", status: 125,
		line: "split: s3://reads/x: access denied: the credentials lack a right to bucket reads: ask its owner, or see sshellctl policy"},

	{name: "unreachable Lambda", change: []string{"AWS_ENDPOINT_URL_LAMBDA=http://127.0.0.1:1"}, script: remoteStage, status: 125,
		line: "on: lambda: sshell: cannot connect to Lambda in us-east-1: connect: connection refused: look at the network, AWS_REGION and AWS_ENDPOINT_URL"},
	{name: "unreachable S3", change: []string{"AWS_ENDPOINT_URL_S3=http://127.0.0.1:1"}, script: remoteStage, status: 125,
		line: "on: store in s3://results: cannot reach S3 at 127.0.0.1:1: connect: connection refused: check the network and AWS_ENDPOINT_URL"},

	{name: "a clock that is off", change: []string{"clock"}, script: throughAll, status: 125,
		line: "on: lambda: sshell: the clock of this machine is off: set it"},
	{name: "a clock that S3 sets right", change: []string{"clock"}, script: "test -e s3://{bucket}/none || echo none", stdout: "none\n"},

	{name: "a variable over the limit", script: `x=$(head -c 8000000 /dev/zero | tr '\0' a); on lambda "echo \${#x}"`, stdout: "8000000\n"},
	{name: "a source over the limit", script: `x=$(head -c 8000000 /dev/zero | tr '\0' a); on lambda "x=$x; echo \${#x}"`, stdout: "8000000\n"},

	{name: "read-only bucket", script: "on lambda 'seq 100000' > s3://reads/x", status: 125,
		line: "on: store in s3://reads: access denied: the credentials lack a right to bucket reads: ask its owner, or see sshellctl policy"},
	{name: "read-only bucket of tasks", script: "seq 3 | parmap -j 1 --on lambda 'seq {}00000' > s3://reads/x", status: 125,
		line: "parmap: task 1: store in s3://reads: access denied: the credentials lack a right to bucket reads: ask its owner, or see sshellctl policy"},
	{name: "read-only bucket of this machine's", script: "seq 3 > s3://reads/x", status: 125,
		line: "line 1: s3://reads/x: access denied: the credentials lack a right to bucket reads: ask its owner, or see sshellctl policy"},
	{name: "read-only bucket of a function's", script: "on lambda 'seq 3 > s3://reads/x'", status: 125,
		line: "line 1: s3://reads/x: access denied: the credentials lack a right to bucket reads: ask its owner, or see sshellctl policy"},

	{name: "missing agent", change: []string{"SSHELL_AGENT=/nothing"}, script: remoteStage, status: 125,
		line: "agent: /nothing: no such file or directory; it is what SSHELL_AGENT names"},
	{name: "no agent", change: []string{"SSHELL_AGENT=/bin/true"}, script: remoteStage, status: 125,
		line: "agent: /bin/true: ended before it said hello (exit status 0): install sshell and its agent from one build"},
	{name: "agent of another version", change: []string{"SSHELL_AGENT={other}/sshell-agent"}, script: remoteStage, status: 125,
		line: "agent: {other}/sshell-agent: is of version older, this shell of lab: install sshell and its agent from one build"},
}

// What is tried: a stage with more input and output than an invocation carries, and an output that is an object.
const (
	throughAll  = "seq 200000 | on lambda 'while read -r n; do echo $n; done' | tail -n 1"
	remoteStage = "seq 200000 | on lambda 'while read -r n; do echo $n; done' > s3://results/x"
	ownOutput   = "seq 10 > s3://results/x"
)

func TestRefusals(t *testing.T) {
	w := openWard(t)
	for _, c := range refusals {
		t.Run(c.name, func(t *testing.T) {
			c.script = w.fill(c.script)
			before := w.stored(t)
			got, left := w.run(t, c)
			if got != (refused{c.stdout, w.fill(c.line), c.status}) {
				t.Errorf("script: %s\ngot  %d %q, output %q\nwant %d %q, output %q", c.script, got.status, got.stderr, got.stdout, c.status, w.fill(c.line), c.stdout)
			}
			left = append(left, w.leftovers(t, before)...)
			if len(left) > 0 {
				t.Errorf("left behind: %s", strings.Join(left, "\n"))
			}
		})
	}
}

// refused is what a shell said.
type refused struct {
	stdout, stderr string
	status         int
}

// markVar is in the environment of all that a case starts.
const markVar = "SSHELL_TEST_CASE"

// refusalTime is how long a shell may take, and what it started may outlive it.
const refusalTime = time.Minute

// run runs a case's script, and gives what was left of files and processes.
func (w *ward) run(t *testing.T, c refusal) (refused, []string) {
	t.Helper()
	home := t.TempDir()
	tmp := filepath.Join(home, "tmp")
	if err := os.Mkdir(tmp, 0o777); err != nil {
		t.Fatal(err)
	}
	mark := markVar + "=" + home
	ctx, cancel := context.WithTimeout(t.Context(), refusalTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(w.bin, "sshell"), "-c", c.script)
	cmd.Dir = home
	cmd.Env = w.changed(c.change, append([]string{"PATH=/usr/bin:/bin", "HOME=" + home, "TMPDIR=" + tmp, mark,
		"SSHELL_FUNCTION=sshell", "SSHELL_BUCKET=" + w.bucket}, w.environ...))
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.WaitDelay = refusalTime / 4
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	_, line, _ := strings.Cut(strings.TrimSuffix(stderr.String(), "\n"), "sshell: ")
	got := refused{stdout.String(), line, statusOf(cmd.ProcessState)}
	var left []string
	for _, dir := range []string{tmp, home} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if e.Name() != "tmp" {
				left = append(left, e.Name())
			}
		}
	}
	return got, append(left, survivors(t, mark)...)
}

// changed gives an environment with a case's changes.
func (w *ward) changed(changes, environ []string) []string {
	for _, change := range changes {
		switch change = w.fill(change); change {
		case "nobody":
			environ = append(environ, w.nobody...)
			continue
		case "half":
			environ = append(environ, w.half...)
			continue
		case "clock":
			environ = append(environ, w.behind.environ...)
			continue
		}
		name, _, set := strings.Cut(change, "=")
		environ = slices.DeleteFunc(environ, func(v string) bool { return strings.HasPrefix(v, name+"=") })
		if set {
			environ = append(environ, change)
		}
	}
	return environ
}

// fill puts names of this run into a text.
func (w *ward) fill(text string) string {
	return strings.NewReplacer("{other}", w.other, "{bucket}", w.bucket).Replace(text)
}

// survivors waits until no process is left that has the mark, and lists those that stay.
func survivors(t *testing.T, mark string) []string {
	t.Helper()
	for end := time.Now().Add(refusalTime); ; time.Sleep(10 * time.Millisecond) {
		var left []string
		processes, err := filepath.Glob("/proc/[0-9]*")
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range processes {
			text, err := os.ReadFile(p + "/environ")
			if err == nil && bytes.Contains(text, []byte(mark)) {
				name, _ := os.ReadFile(p + "/cmdline")
				left = append(left, fmt.Sprintf("process %q", name))
			}
		}
		if len(left) == 0 || time.Now().After(end) {
			return left
		}
	}
}

// stored lists what the buckets hold, parts of uploads too, but for artifacts, which stay by design.
func (w *ward) stored(t *testing.T) []string {
	t.Helper()
	var list []string
	err := filepath.WalkDir(w.objects, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it went while we looked
		}
		if err == nil && !d.IsDir() && !strings.Contains(path, "/artifacts/") {
			list = append(list, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// leftovers waits until the buckets hold what they held before, and lists what stays: functions end what they do within seconds.
func (w *ward) leftovers(t *testing.T, before []string) []string {
	t.Helper()
	for end := time.Now().Add(refusalTime); ; time.Sleep(10 * time.Millisecond) {
		left := slices.DeleteFunc(w.stored(t), func(path string) bool { return slices.Contains(before, path) })
		if len(left) == 0 || time.Now().After(end) {
			return left
		}
	}
}
