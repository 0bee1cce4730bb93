package worker

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sshell/interp/plan"
	"sshell/remote"
)

// write makes a file in dir.
func write(t *testing.T, dir, name, text string, mode os.FileMode) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

// commands is a folder with files that can and cannot be executed.
func commands(t *testing.T) string {
	dir := t.TempDir()
	write(t, dir, "bad-interpreter", "#!/no/such\n", 0o755)
	write(t, dir, "no-interpreter", "echo script \"$1\"\n", 0o755)
	write(t, dir, "binary", "a\x00b\n", 0o755)
	write(t, dir, "text-then-nul", "echo first; exit\n\x00", 0o755)
	write(t, dir, "empty", "", 0o755)
	write(t, dir, "not-executable", "echo no\n", 0o644)
	write(t, dir, "folder/inside", "echo in\n", 0o755)
	write(t, dir, "p1/both", "echo p1\n", 0o644)
	write(t, dir, "p2/both", "#!/bin/sh\necho p2\n", 0o755)
	write(t, dir, "p1/only", "echo p1\n", 0o644)
	write(t, dir, "p2/folder/x", "", 0o755)
	write(t, dir, "p1/relative", "#!/bin/sh\necho relative\n", 0o755)
	if err := os.Symlink("loop", filepath.Join(dir, "loop")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// What a command that cannot be started gives is what bash gives, and what can be started prints the same.
func TestStartsAsBashDoes(t *testing.T) {
	dir := commands(t)
	w := newWorker(t, Config{Shell: []string{"bash"}})
	long := strings.Repeat("x", 3<<20)
	tests := []struct{ name, command, argument, path string }{
		{"missing interpreter", "./bad-interpreter", "", ""},
		{"no interpreter", "./no-interpreter", "word", ""},
		{"absolute", dir + "/no-interpreter", "word", ""},
		{"binary", "./binary", "", ""},
		{"binary behind text", "./text-then-nul", "", ""},
		{"empty", "./empty", "", ""},
		{"not executable", "./not-executable", "", ""},
		{"folder", "./folder", "", ""},
		{"missing", "./missing", "", ""},
		{"below a file", "./empty/x", "", ""},
		{"loop", "./loop", "", ""},
		{"empty name", "", "", ""},
		{"not on PATH", "no-such-program-here", "", ""},
		{"second on PATH", "both", "", "p1:p2"},
		{"not executable on PATH", "only", "", "p1:p2"},
		{"folder on PATH", "folder", "", "p1:p2"},
		{"relative on PATH", "relative", "", "/nowhere:p1"},
		{"empty entry of PATH", "no-interpreter", "x", "p1:"},
		{"empty PATH", "no-interpreter", "x", "."},
		{"dot", "..", "", "/bin"},
		{"too long", "/bin/true", long, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			env := []string{"PATH=" + os.Getenv("PATH")}
			if tt.path != "" {
				env = []string{"PATH=" + tt.path}
			}
			task := stages(argv(tt.command, tt.argument))
			task.Environ, task.Dir = env, dir
			o := do(t, w, t.Context(), task, nil)
			var no *remote.NotStartedError
			got := -1
			switch {
			case errors.As(o.err, &no):
				got = no.Status
			case o.err == nil:
				got = o.Statuses[0]
			}
			want, stdout := bash(t, dir, env, tt.command, tt.argument)
			if got != want || o.stdout != stdout {
				t.Errorf("got %d, %q, error %v; bash gives %d, %q", got, o.stdout, o.err, want, stdout)
			}
			if no != nil && (!strings.HasPrefix(no.Error(), tt.command+": ") || strings.HasSuffix(no.Error(), ".")) {
				t.Errorf("message %q", no)
			}
		})
	}
}

// bash runs the same command in bash. The argument comes in a file, because bash itself could not be started with a
// long one.
func bash(t *testing.T, dir string, env []string, command, argument string) (plan.Status, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "argument")
	if err := os.WriteFile(file, []byte(argument), 0o644); err != nil {
		t.Fatal(err)
	}
	program, err := exec.LookPath("bash")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-c", `a=$(<"$1"); "$0" "$a"; exit $?`, command, file)
	cmd.Dir, cmd.Env = dir, env
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

func TestWrongDirectory(t *testing.T) {
	w := newWorker(t, Config{})
	dir := t.TempDir()
	write(t, dir, "file", "", 0o644)
	for _, st := range []remote.Stage{argv("true"), {Source: "true"}} {
		for name, want := range map[string]string{"none": "no such file", "file": "not a directory"} {
			task := stages(st)
			task.Dir = filepath.Join(dir, name)
			o := do(t, w, t.Context(), task, nil)
			var no *remote.NotStartedError
			if !errors.As(o.err, &no) || no.Status != plan.StatusMachinery || !strings.Contains(no.Error(), want) {
				t.Errorf("%s, source %q: got %v", name, st.Source, o.err)
			}
		}
	}
}

// A stage that cannot be started fails as in a shell's pipeline: its neighbours run.
func TestStageThatIsNotFound(t *testing.T) {
	w := newWorker(t, Config{})
	o := do(t, w, t.Context(), stages(argv("echo", "lost"), argv("no-such-program-here"), argv("cat")), nil)
	if o.err != nil || len(o.Statuses) != 3 || o.Statuses[1] != 127 || o.Statuses[2] != 0 || o.stdout != "" {
		t.Errorf("got %+v, %v, %q", o.Result, o.err, o.stdout)
	}
	if want := "sshell: no-such-program-here: command not found\n"; o.stderr != want {
		t.Errorf("stderr is %q, want %q", o.stderr, want)
	}
}

func TestProgramThatMoved(t *testing.T) {
	w := newWorker(t, Config{})
	dir := t.TempDir()
	task := stages(argv("moving"))
	task.Environ = []string{"PATH=" + dir + "/a:" + dir + "/b"}
	write(t, dir, "a/moving", "#!/bin/sh\necho a\n", 0o755)
	if o := do(t, w, t.Context(), task, nil); o.stdout != "a\n" {
		t.Fatalf("got %q, %v", o.stdout, o.err)
	}
	if err := os.Remove(dir + "/a/moving"); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "b/moving", "#!/bin/sh\necho b\n", 0o755)
	if o := do(t, w, t.Context(), task, nil); o.stdout != "b\n" {
		t.Errorf("got %q, %v", o.stdout, o.err)
	}
}
