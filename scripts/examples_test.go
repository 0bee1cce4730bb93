// Package scripts runs the examples and README's console blocks as people run them, on the program built from this tree.
// Each example compares what sshell makes with what the same commands make one after the other, and fails when a byte
// differs.
package scripts

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// buildShell builds sshell into a folder of its own, and returns the folder.
func buildShell(t *testing.T) string {
	t.Helper()
	bin := t.TempDir()
	build := exec.Command("go", "build", "-o", filepath.Join(bin, "sshell"), "../cmd/sshell")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build sshell: %v\n%s", err, out)
	}
	return bin
}

func TestExamplesEqualTheirSequentialRuns(t *testing.T) {
	bin := buildShell(t)
	examples := []struct {
		name string
		argv []string
		env  []string
	}{
		{"demo", []string{"demo/run", t.TempDir()}, nil},
		{"genomics", []string{"genomics/check"}, []string{"PAIRS=2000"}},
		{"wordcount", []string{"wordcount/check"}, []string{"CHUNK=100K"}},
		{"logs", []string{"logs/check"}, nil},
	}
	for _, e := range examples {
		t.Run(e.name, func(t *testing.T) {
			tmp := t.TempDir()
			cmd := exec.Command("./"+e.argv[0], e.argv[1:]...)
			cmd.Env = append(os.Environ(), "BIN="+bin, "TMPDIR="+tmp, "XDG_DATA_HOME="+t.TempDir())
			cmd.Env = append(cmd.Env, e.env...)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%s: %v\n%s", e.name, err, out)
			}
			t.Logf("%s", out)
			left, err := os.ReadDir(tmp)
			if err != nil {
				t.Fatalf("read what %s left: %v", e.name, err)
			}
			for _, f := range left {
				t.Errorf("%s left %s", e.name, f.Name())
			}
		})
	}
}
