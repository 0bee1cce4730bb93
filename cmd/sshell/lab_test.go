package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// lab is what the tests of a whole installation share: the four programs of one build, and an account with a bucket and a
// function, on loopback.
type lab struct {
	dir      string   // of what follows
	bin      string   // holds the programs
	programs string   // holds the workers that are compiled
	environ  []string // leads to the account
	bucket   string
	objects  string // the folder that holds the bucket's objects as files
	emulate  *exec.Cmd
}

// sharedLab is made by the first test that needs it, and closed by TestMain.
var sharedLab struct {
	once sync.Once
	lab  *lab
	err  error
}

func openLab(t *testing.T) *lab {
	t.Helper()
	sharedLab.once.Do(func() { sharedLab.lab, sharedLab.err = newLab() })
	if sharedLab.err != nil {
		t.Fatal(sharedLab.err)
	}
	return sharedLab.lab
}

// newLab gives a lab to be closed also where it comes with an error.
func newLab() (*lab, error) {
	dir, err := os.MkdirTemp("", "sshell-lab-")
	if err != nil {
		return nil, err
	}
	l := &lab{dir: dir, bin: filepath.Join(dir, "bin"), programs: filepath.Join(dir, "programs")}
	build := exec.Command("go", "build", "-trimpath", "-tags", "lambda.norpc", "-ldflags", "-s -w -X sshell/remote/agent.stamp=lab",
		"-o", l.bin+"/", ".", "../sshell-agent", "../sshellctl", "../bootstrap")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return l, fmt.Errorf("build the programs: %w\n%s", err, out)
	}
	if err := compile(l.programs); err != nil {
		return l, err
	}
	if err := l.start(); err != nil {
		return l, err
	}
	l.bucket = l.value("SSHELL_BUCKET")
	l.objects = filepath.Join(dir, "s3", l.bucket)
	return l, nil
}

// compile makes a program that needs nothing else, and one that needs the C library.
func compile(dir string) error {
	if err := os.Mkdir(dir, 0o777); err != nil {
		return err
	}
	for name, flag := range map[string]string{"static": "-static", "dynamic": "-O1"} {
		cc := exec.Command("gcc", flag, "-o", filepath.Join(dir, name), "../../testdata/everywhere/worker.c")
		if out, err := cc.CombinedOutput(); err != nil {
			return fmt.Errorf("compile the worker: %w\n%s", err, out)
		}
	}
	return nil
}

// start starts the emulator, with options, and takes over what it prints to be exported.
func (l *lab) start(options ...string) error {
	l.emulate = exec.Command(filepath.Join(l.bin, "sshellctl"), append([]string{"emulate", "--dir", filepath.Join(l.dir, "s3"),
		"--logs", filepath.Join(l.dir, "logs")}, options...)...)
	l.emulate.Stderr = os.Stderr
	out, err := l.emulate.StdoutPipe()
	if err != nil {
		return err
	}
	if err := l.emulate.Start(); err != nil {
		return fmt.Errorf("start the emulator: %w", err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		entry, ok := strings.CutPrefix(lines.Text(), "export ")
		if !ok { // the last line
			return nil
		}
		l.environ = append(l.environ, entry)
	}
	return fmt.Errorf("the emulator ended: %w", l.emulate.Wait())
}

// value gives a variable that the emulator exports.
func (l *lab) value(name string) string {
	i := slices.IndexFunc(l.environ, func(entry string) bool { return strings.HasPrefix(entry, name+"=") })
	if i < 0 {
		return ""
	}
	return l.environ[i][len(name)+1:]
}

// close stops the emulator and removes everything.
func (l *lab) close() error {
	if l.emulate != nil && l.emulate.Process != nil {
		l.emulate.Process.Signal(syscall.SIGTERM)
		if err := l.emulate.Wait(); err != nil {
			return fmt.Errorf("stop the emulator: %w", err)
		}
	}
	return os.RemoveAll(l.dir)
}
