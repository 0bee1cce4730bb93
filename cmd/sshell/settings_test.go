package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestSettingsStay has a script that goes to a folder with other settings before its first stage leaves: those of where it started hold.
func TestSettingsStay(t *testing.T) {
	l := openLab(t)
	root := t.TempDir()
	other := filepath.Join(root, "other")
	err := errors.Join(os.Mkdir(other, 0o777),
		os.WriteFile(filepath.Join(root, ".sshell.toml"), []byte(`function = "sshell"`), 0o666),
		os.WriteFile(filepath.Join(other, ".sshell.toml"), []byte(`function = "nothing"`), 0o666))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		dir, script string
		status      int
	}{
		{root, "cd other; on lambda true", 0},
		{other, "cd ..; on lambda true 2> /dev/null", 125},
		{other, "(cd ..; on lambda true 2> /dev/null)", 125},
	} {
		cmd := exec.Command(filepath.Join(l.bin, "sshell"), "-c", c.script)
		cmd.Dir = c.dir
		cmd.Env = append(slices.DeleteFunc(slices.Clone(l.environ), func(v string) bool { return strings.HasPrefix(v, "SSHELL_FUNCTION=") }),
			"PATH=/usr/bin:/bin", "HOME="+root)
		out, err := cmd.CombinedOutput()
		if got := statusOf(cmd.ProcessState); got != c.status {
			t.Errorf("in %s: %s: status %d, want %d: %v\n%s", c.dir, c.script, got, c.status, err, out)
		}
	}
}
