package interp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestMain makes this test binary a shell where its first argument is no flag: that is a script to run. So it
// can start itself as the shell's program does.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == SubshellFlag {
		if fd, err := strconv.Atoi(os.Args[2]); err == nil {
			os.Exit(Subshell(testConfig(), fd))
		}
	}
	if len(os.Args) > 1 && !strings.HasPrefix(os.Args[1], "-") {
		os.Exit(testShell(os.Args[1], os.Args[2:]))
	}
	os.Exit(m.Run())
}

func testConfig() Config { return Config{Name: "sshell", Self: []string{testBinary()}} }

func testBinary() string {
	path, err := os.Executable()
	if err != nil {
		panic(err)
	}
	return path
}

// testShell runs a script as the shell's main does.
func testShell(script string, params []string) int {
	text, err := os.ReadFile(script)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return statusSyntax
	}
	cfg := testConfig()
	cfg.Name, cfg.Params = script, params
	sh := New(cfg)
	defer sh.Close()
	sh.RunSource(context.Background(), script, string(text))
	return sh.Exit()
}

// bashCase is one script of a table.
type bashCase struct {
	name, script string
	differs      string // why the two shells may give different answers; "" where they must not
	locale       string
	stdin        string
	sameErrors   bool // what stands on standard error must be the same, not only be there
}

// readCases reads a table: scripts, each behind a line `### name`. A script's lines that begin with
// `# differs: `, `# locale: `, `# stdin: ` (a Go string) and `# errors: same` are about the case; they are
// comments to the shells. What stands before the first name begins every script.
func readCases(t *testing.T, path string) []bashCase {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	prelude, rest, found := strings.Cut("\n"+string(data), "\n### ")
	if !found {
		t.Fatalf("%s: no case", path)
	}
	var cases []bashCase
	for text := range strings.SplitSeq(rest, "\n### ") {
		name, script, _ := strings.Cut(text, "\n")
		c := bashCase{name: name, script: strings.TrimLeft(prelude+"\n", "\n") + script + "\n", locale: "C"}
		for line := range strings.SplitSeq(script, "\n") {
			key, value, _ := strings.Cut(line, ": ")
			switch key {
			case "# differs":
				c.differs = value
			case "# locale":
				c.locale = value
			case "# errors":
				c.sameErrors = value == "same"
			case "# stdin":
				if c.stdin, err = strconv.Unquote(value); err != nil {
					t.Fatalf("%s: %s: stdin: %v", path, name, err)
				}
			}
		}
		cases = append(cases, c)
	}
	return cases
}

// answer is all that a script did.
type answer struct {
	stdout, stderr string
	status         int
	files          string
}

// caseTime is how long a script may take; those of the tables take milliseconds.
const caseTime = 30 * time.Second

// run runs the case with a shell, in an empty folder beside the script, which is removed afterwards: both
// shells see the same path.
func (c *bashCase) run(t *testing.T, root, shell string, args ...string) answer {
	t.Helper()
	dir := filepath.Join(root, "work")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithTimeout(context.Background(), caseTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, shell, append(args, "../script", "one", "two  words", "")...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/home/tester", "LC_ALL=" + c.locale,
		"TZ=UTC", "TMPDIR=" + root, "SHELL_UNDER_TEST=" + shell,
		"GORACE=atexit_sleep_ms=0"} // a process of the race detector sleeps for a second at its end
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(c.stdin), &stdout, &stderr
	cmd.WaitDelay = caseTime
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("run %s: %v", shell, err)
	}
	return answer{stdout.String(), stderr.String(), exitStatus(cmd.ProcessState), filesIn(t, dir)}
}

// exitStatus gives the status as a shell would, a signal counting from 128.
func exitStatus(p *os.ProcessState) int {
	if p.ExitCode() >= 0 {
		return p.ExitCode()
	}
	return 128 + signalOf(p)
}

// filesIn lists the files in dir, with their modes and contents.
func filesIn(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		fmt.Fprintf(&b, "%s %s", info.Mode(), name)
		if info.Mode().IsRegular() {
			text, err := os.ReadFile(path)
			if err != nil {
				text = []byte(err.Error())
			}
			fmt.Fprintf(&b, " %q", text)
		}
		b.WriteByte('\n')
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// bashPath is the bash that we are measured against. Without one, tests fail.
func bashPath(t testing.TB) string {
	t.Helper()
	path, err := exec.LookPath("bash")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// TestBash runs the tables of testdata/bash through this shell and through bash: what they print, their exit
// status and the files that they leave must be the same, and both must print to standard error, or neither.
func TestBash(t *testing.T) {
	bash := bashPath(t)
	tables, err := filepath.Glob("../testdata/bash/*.txt")
	if err != nil || len(tables) == 0 {
		t.Fatalf("no tables: %v", err)
	}
	for _, table := range tables {
		area := strings.TrimSuffix(filepath.Base(table), ".txt")
		for _, c := range readCases(t, table) {
			t.Run(area+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				c.compare(t, bash, testBinary())
			})
		}
	}
}

// TestInvocation runs the tables of testdata/shell through the whole program: they start the shell anew, which
// they find in SHELL_UNDER_TEST.
func TestInvocation(t *testing.T) {
	bash := bashPath(t)
	program := filepath.Join(t.TempDir(), "sshell")
	if out, err := exec.Command("go", "build", "-o", program, "../cmd/sshell").CombinedOutput(); err != nil {
		t.Fatalf("build the program: %v\n%s", err, out)
	}
	for _, c := range readCases(t, "../testdata/shell/invocation.txt") {
		t.Run(c.name, func(t *testing.T) { c.compare(t, bash, program) })
	}
}

// compare runs the case with bash and with ours.
func (c *bashCase) compare(t *testing.T, bash, ours string) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "script"), []byte(c.script), 0o666); err != nil {
		t.Fatal(err)
	}
	want := c.run(t, root, bash)
	got := c.run(t, root, ours)
	same := got == want
	if !c.sameErrors && (got.stderr == "") == (want.stderr == "") {
		same = got.stdout == want.stdout && got.status == want.status && got.files == want.files
	}
	switch {
	case c.differs != "" && same:
		t.Errorf("is as in bash now, though it says that it differs: %s", c.differs)
	case c.differs == "" && !same:
		t.Errorf("script:\n%s\n%s", c.script, difference(got, want))
	}
}

// difference shows what of two answers is not the same.
func difference(got, want answer) string {
	var b strings.Builder
	for _, part := range []struct{ name, got, want string }{
		{"stdout", got.stdout, want.stdout},
		{"status", strconv.Itoa(got.status), strconv.Itoa(want.status)},
		{"stderr", got.stderr, want.stderr},
		{"files", got.files, want.files},
	} {
		if part.got == part.want {
			continue
		}
		fmt.Fprintf(&b, "%s of sshell:\n%s\n%s of bash:\n%s\n", part.name, part.got, part.name, part.want)
	}
	return b.String()
}
