package worker

import (
	"os"
	"os/exec"
	"slices"
	"strconv"
	"syscall"
	"testing"
)

func TestParseStat(t *testing.T) {
	// The name of a command may look like more of the line.
	line := "42 (a) S 1 (b)) Z 7 8 9 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 987 1 2 3"
	got, ok := parseStat(42, []byte(line))
	if want := (kinship{42, 7, 8, true, 987}); !ok || got != want {
		t.Errorf("got %+v, %v; want %+v", got, ok, want)
	}
	for _, bad := range []string{"", "42", "42 (a)", "42 (a) S 1 2", "42 (a) S x 8 9 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 987"} {
		if got, ok := parseStat(42, []byte(bad)); ok {
			t.Errorf("%q: got %+v", bad, got)
		}
	}
}

func FuzzParseStat(f *testing.F) {
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(stat)
	f.Fuzz(func(t *testing.T, data []byte) { parseStat(1, data) })
}

// A child in a group and session of its own is found through its parent, and after that without it.
func TestKinThatLeftTheGroup(t *testing.T) {
	cmd := exec.Command("sh", "-c", "setsid sleep 1000 & echo $!; read x")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 16)
	n, err := out.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	child, err := strconv.Atoi(string(line[:n-1]))
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Kill(child, syscall.SIGKILL)
	k := &kin{group: cmd.Process.Pid, roots: []int{cmd.Process.Pid}, census: new(census)}
	if living := k.living(); !slices.Contains(living, child) || !slices.Contains(living, cmd.Process.Pid) || slices.Contains(living, os.Getpid()) {
		t.Errorf("with the parent: %v", living)
	}
	in.Close()
	cmd.Wait()
	if living := k.living(); !slices.Equal(living, []int{child}) {
		t.Errorf("without the parent: %v, want %d", living, child)
	}
}
