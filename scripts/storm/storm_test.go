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
		{"the same with a line", answer{"a\nb\n", "sshell: again\n", 1, files(absent, "held x"), false}, false, equal},
		{"short", answer{"a\n", "", 0, files(absent, "held x"), false}, false, wrong},
		{"short with a line and status 0", answer{"a\n", "sshell: lost\n", 0, files(absent, "held x"), false}, false, wrong},
		{"short with bash's status", answer{"a\n", "", 1, files(absent, "held x"), false}, false, wrong},
		{"a failure that is told", answer{"a\n", "sshell: lost\n", 125, files(absent, absent), false}, false, told},
		{"a failure that leaves a part", answer{"a\n", "sshell: lost\n", 125, files(absent, "held "), false}, false, wrong},
		{"a failure that leaves the whole", answer{"a\n", "sshell: lost\n", 125, files(absent, "held x"), false}, false, told},
		{"a failure that is not", answer{"a\n", "", 125, files(absent, absent), false}, false, wrong},
		{"an object that is not whole", answer{"a\nb\n", "", 1, files(absent, "held "), false}, false, wrong},
		{"a file too many", answer{"a\nb\n", "", 1, files("held ", "held x"), false}, false, wrong},
		{"a signal", answer{"a\n", "", 130, files(absent, absent), false}, true, interrupted},
		{"a signal that leaves a part", answer{"a\n", "", 130, files(absent, "held "), false}, true, wrong},
		{"a signal, and success", answer{"a\n", "", 0, files(absent, "held x"), false}, true, wrong},
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
