package main

import (
	"bytes"
	"os"
	"os/exec"
	"testing"
)

// The seeds from 8 on have ten pipelines of many shapes, in which all functions are known to have ended soon: nobody has to wait
// for one that was killed, or for the second run of an invocation.
const (
	smokeSeed  = "8"
	smokeKinds = "slowdown,throttle,error,reset,lost,cut,slow"
)

// A few pipelines of the storm, in all tests. make storm runs them by the hundred, with all that can go wrong.
func TestStorm(t *testing.T) {
	bin := t.TempDir()
	build := exec.Command("go", "build", "-trimpath", "-tags", "lambda.norpc", "-ldflags", "-s -w -X sshell/remote/agent.stamp=storm",
		"-o", bin+"/", "../../cmd/sshell", "../../cmd/sshell-agent", "../../cmd/sshellctl", "../../cmd/bootstrap")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the programs: %v\n%s", err, out)
	}
	var out bytes.Buffer
	args := []string{"-bin", bin, "-seed", smokeSeed, "-pipelines", "10", "-kinds", smokeKinds}
	if status := run(args, &out, &out); status != 0 {
		t.Errorf("status %d:\n%s", status, out.String())
	}
	t.Log(out.String())
}

// What the storm lets pass, and what it does not.
func TestCompare(t *testing.T) {
	files := func(out, object string) []string { return []string{out, absent, object, absent, absent} }
	bash := &answer{stdout: "a\nb\n", status: 1, files: files(absent, "held x")}
	cases := []struct {
		name   string
		ours   answer
		signal bool
		kind   kind
	}{
		{"the same", *bash, false, equal},
		{"the same with a line", answer{stdout: "a\nb\n", stderr: "sshell: again\n", status: 1, files: files(absent, "held x")}, false, equal},
		{"short", answer{stdout: "a\n", stderr: "", status: 0, files: files(absent, "held x")}, false, wrong},
		{"short with a line and status 0", answer{stdout: "a\n", stderr: "sshell: lost\n", status: 0, files: files(absent, "held x")}, false, wrong},
		{"short with bash's status", answer{stdout: "a\n", stderr: "", status: 1, files: files(absent, "held x")}, false, wrong},
		{"a failure that is told", answer{stdout: "a\n", stderr: "sshell: lost\n", status: 125, files: files(absent, absent)}, false, told},
		{"a failure that leaves a part", answer{stdout: "a\n", stderr: "sshell: lost\n", status: 125, files: files(absent, "held ")}, false, wrong},
		{"a failure that leaves the whole", answer{stdout: "a\n", stderr: "sshell: lost\n", status: 125, files: files(absent, "held x")}, false, told},
		{"a failure that is not", answer{stdout: "a\n", stderr: "", status: 125, files: files(absent, absent)}, false, wrong},
		{"an object that is not whole", answer{stdout: "a\nb\n", stderr: "", status: 1, files: files(absent, "held ")}, false, wrong},
		{"a file too many", answer{stdout: "a\nb\n", stderr: "", status: 1, files: files("held ", "held x")}, false, wrong},
		{"a signal", answer{stdout: "a\n", stderr: "", status: 130, files: files(absent, absent)}, true, interrupted},
		{"a signal that leaves a part", answer{stdout: "a\n", stderr: "", status: 130, files: files(absent, "held ")}, true, wrong},
		{"a signal, and success", answer{stdout: "a\n", stderr: "", status: 0, files: files(absent, "held x")}, true, wrong},
		{"no end", answer{late: true, status: 137}, false, wrong},
	}
	for _, c := range cases {
		if v := compare(&c.ours, bash, c.signal); v.kind != c.kind {
			t.Errorf("%s: %+v", c.name, v)
		}
	}
}

// A seed gives the same pipelines again.
func TestSeeds(t *testing.T) {
	scripts := make(map[string]bool)
	for seed := range uint64(20) {
		p, again := newPipeline(seed, 3), newPipeline(seed, 3)
		if p.ours != again.ours || p.bash != again.bash || !bytes.Equal(p.input, again.input) {
			t.Errorf("seed %d: %s, then %s", seed, p.ours, again.ours)
		}
		scripts[p.ours] = true
	}
	if len(scripts) < 15 {
		t.Errorf("%d pipelines of 20 seeds", len(scripts))
	}
}
