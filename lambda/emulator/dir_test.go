package emulator

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// serverFlag makes the test's program an emulator that serves until it is killed, or its input ends.
const serverFlag = "--server"

// runServer prints the URL and the folder.
func runServer() int {
	s, err := Start(Config{AccessKey: "AKIDTEST", SecretKey: "secret", Self: []string{"/proc/self/exe", environmentFlag}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println(s.URL())
	fmt.Println(s.Dir)
	io.Copy(io.Discard, os.Stdin)
	if err := s.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// TestKilled has an emulator that is killed while a function and its child run: they end with it, and the next emulator
// removes what it left.
func TestKilled(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, serverFlag)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	var said [2]string
	for i := range said {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		said[i] = strings.TrimSpace(line)
	}
	s := &service{client: client(said[0], "secret")}
	s.create(t, "f", nil)
	m := meet(t)
	lost := make(chan error)
	go func() {
		_, _, err := s.call(t.Context(), "f", m.event("hang"))
		lost <- err
	}()
	a, b := m.guest(t), m.guest(t)

	// It is in use, and not removed.
	other, err := OpenDir()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(said[1]); err != nil {
		t.Error(err)
	}
	if err := other.Close(); err != nil {
		t.Error(err)
	}

	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	a.died()
	b.died()
	if err := <-lost; err == nil {
		t.Error("a call of a service that was killed has an answer")
	}
	cmd.Wait() // killed

	next, err := OpenDir()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(said[1]); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is there: %v", err)
	}
	if groups, _ := filepath.Glob("/sys/fs/cgroup/memory/" + groupPrefix(said[1]) + "*"); len(groups) > 0 {
		t.Errorf("control groups are there: %v", groups)
	}
	if err := next.Close(); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
