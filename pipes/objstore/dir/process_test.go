package dir_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"sshell/pipes/objstore/dir"
)

// The test program is also the other processes that use a folder: with asChild in its environment it puts its standard
// input under its argument's key.
const asChild = "DIR_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(asChild) == "" {
		os.Exit(m.Run())
	}
	s := dir.New(os.Args[1])
	err := s.Put(context.Background(), os.Args[2], os.Stdin, -1, os.Args[3] == "create")
	switch {
	case errors.Is(err, fs.ErrExist):
		fmt.Println("exists")
	case errors.Is(err, syscall.EFBIG):
		fmt.Println("full")
	case err != nil:
		fmt.Println(err)
	default:
		fmt.Println("stored")
	}
	os.Exit(0)
}

// child runs a put in another process. Writing to the returned file and closing it is up to the test.
func child(t *testing.T, folder, key, how string, wrap ...string) (cmd *exec.Cmd, in io.WriteCloser, out *bufio.Reader) {
	t.Helper()
	argv := append(wrap, os.Args[0], folder, key, how)
	cmd = exec.Command(argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), asChild+"=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, in, bufio.NewReader(stdout)
}

func TestCrashLeavesNothing(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "lab")
	cmd, in, _ := child(t, folder, "a/k", "replace")
	if _, err := in.Write(make([]byte, 1<<20)); err != nil { // more than a pipe holds: it is being stored
		t.Fatal(err)
	}
	s := dir.New(folder)
	wantKeys(t, s)
	put(t, s, "other", "x") // which must take the running put's file for no leftover
	leftovers := func() int { return strings.Count(strings.Join(tree(t, folder), "\n"), "/put-") }
	if n := leftovers(); n != 1 {
		t.Fatalf("a running put has %d files", n)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	wantKeys(t, s, "other")
	put(t, dir.New(folder), "other", "y")
	if n := leftovers(); n != 0 {
		t.Errorf("a put that died left %d files after the next process's put", n)
	}
	wantKeys(t, s, "other")
}

// A limit on the size of files fails writes as a full disk does.
func TestFullDiskLeavesNothing(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "lab")
	s := dir.New(folder)
	put(t, s, "old", "stays")
	for _, key := range []string{"a/new", "old"} {
		cmd, in, out := child(t, folder, key, "replace", "sh", "-c", `ulimit -f 100 && exec "$0" "$@"`)
		go func() {
			in.Write(make([]byte, 1<<20))
			in.Close()
		}()
		line, err := out.ReadString('\n')
		if line != "full\n" || err != nil {
			t.Errorf("put on a full disk: %q, %v", line, err)
		}
		cmd.Wait()
		in.Close()
	}
	wantKeys(t, s, "old")
	want(t, s, "old", "stays")
	if left := strings.Join(tree(t, folder), " "); left != ".%sshell .%sshell/lock old" {
		t.Errorf("puts on a full disk left %s", left)
	}
}

func TestCreateRaceOfProcesses(t *testing.T) {
	const processes = 8
	folder := filepath.Join(t.TempDir(), "lab")
	var ins []io.WriteCloser
	var outs []*bufio.Reader
	for i := range processes {
		cmd, in, out := child(t, folder, "tasks/7/commit", "create")
		defer cmd.Wait()
		if _, err := fmt.Fprintf(in, "attempt %d", i); err != nil {
			t.Fatal(err)
		}
		ins, outs = append(ins, in), append(outs, out)
	}
	for _, in := range ins {
		in.Close()
	}
	winner, winners := 0, 0
	for i, out := range outs {
		switch line, err := out.ReadString('\n'); {
		case line == "stored\n":
			winner, winners = i, winners+1
		case line != "exists\n":
			t.Errorf("process %d: %q, %v", i, line, err)
		}
	}
	if winners != 1 {
		t.Fatalf("%d of %d processes created one key", winners, processes)
	}
	want(t, dir.New(folder), "tasks/7/commit", fmt.Sprintf("attempt %d", winner))
}

// Where a bucket cannot be, reading finds nothing and writing says why.
func TestBucketBelowFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := dir.New(filepath.Join(file, "lab"))
	wantKeys(t, s)
	err := s.Put(t.Context(), "k", strings.NewReader("x"), 1, false)
	if !errors.Is(err, syscall.ENOTDIR) || err.Error() != "put k: not a directory" {
		t.Errorf("put below a file: %v", err)
	}
}

func TestNoDescriptorIsLost(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "lab")
	s := dir.New(folder)
	use := func() {
		put(t, s, "a/b", "x")
		put(t, s, "a", "x")
		s.Put(t.Context(), "a", strings.NewReader("x"), 1, true)
		s.Put(t.Context(), "a", strings.NewReader("x"), 2, false)
		want(t, s, "a", "x")
		wantKeys(t, s, "a", "a/b")
		s.Get(t.Context(), "none", 0, -1)
		s.Compose(t.Context(), "a", "", "a", "a/b")
		s.Compose(t.Context(), "a", "", "a", "none")
		s.Delete(t.Context(), "a", "a/b")
	}
	use()
	before := descriptors(t)
	for range 20 {
		use()
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors are open, %d were before", after, before)
	}
}

func descriptors(t *testing.T) int {
	entries, err := os.ReadDir("/dev/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}
