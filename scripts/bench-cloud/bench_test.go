package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sshell/scripts/bench/figure"
)

func TestReadFindsTheMetrics(t *testing.T) {
	out := `goos: linux
BenchmarkS3FirstByte-2   	     100	 61234567 ns/op	         5.127 bare-ms	        -0.5 ms-over	       249.3 ms-over-after-silence
PASS
`
	required := []metric{atMost("ms-over", 10), atLeast("ms-over-after-silence", 260)}
	got, err := read(out, "S3FirstByte", required)
	want := []figure.Result{
		{Value: -0.5, Unit: " ms-over", Bound: required[0].bound},
		{Value: 249.3, Unit: " ms-over-after-silence", Bound: required[1].bound},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	if !got[0].Holds() || got[1].Holds() {
		t.Errorf("%s and %s: the first holds, the second does not", got[0], got[1])
	}
	if _, err := read(out, "S3FirstByte", []metric{atMost("GETs", 1)}); err == nil {
		t.Error("a metric that is not reported is found")
	}
	if _, err := read(out, "Other", required); err == nil {
		t.Error("another benchmark's metrics are taken")
	}
}

// Small amounts show that each figure of the programs is measured, whatever the numbers. Those of streams are benchmarks that
// take as long as they take.
func TestFiguresOfPrograms(t *testing.T) {
	bin := t.TempDir()
	build := exec.Command("go", "build", "-trimpath", "-tags", "lambda.norpc", "-ldflags", "-s -w -X sshell/remote/agent.stamp=bench",
		"-o", bin+"/", "sshell/cmd/sshell", "sshell/cmd/sshell-agent", "sshell/cmd/sshellctl", "sshell/cmd/bootstrap")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the programs: %v\n%s", err, out)
	}
	for _, f := range []struct {
		name    string
		numbers int
	}{{"call", 1}, {"start", 2}, {"tasks", 2}, {"output", 2}, {"memory", 2}} {
		t.Run(f.name, func(t *testing.T) {
			var out bytes.Buffer
			err := run(t.Context(), []string{"-bin", bin, "-figure", f.name, "-scale", "0.01"}, &out)
			if err != nil && err != figure.ErrMissed {
				t.Fatal(err)
			}
			if strings.Count(out.String(), "measured ") != f.numbers {
				t.Errorf("not %d numbers: %s", f.numbers, out.String())
			}
		})
	}
}

func TestLinesAreNumberedAndTheSameEachTime(t *testing.T) {
	a, b := make([]byte, 10*lineSize), make([]byte, 10*lineSize)
	newLines().fill(a)
	newLines().fill(b)
	if !bytes.Equal(a, b) {
		t.Error("another text")
	}
	for i, line := range strings.SplitAfter(strings.TrimSuffix(string(a), "\n"), "\n") {
		if !strings.HasPrefix(line, fmt.Sprintf("%012d", i+1)) || len(strings.TrimSuffix(line, "\n")) != lineSize-1 {
			t.Errorf("line %d is %q", i+1, line)
		}
	}
	newLines().fill(make([]byte, 7)) // shorter than a number
}

func TestMeterCountsBothWays(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) }))
	defer server.Close()
	m, err := newMeter(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer m.close()
	const size = 1 << 20
	for n := range int64(2) {
		response, err := http.Post(m.url(), "text/plain", bytes.NewReader(make([]byte, size)))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || len(got) != size {
			t.Fatalf("%d bytes, %v", len(got), err)
		}
		// Heads, and the lengths of pieces, come with them.
		if counted := m.bytes.Load(); counted < (n+1)*2*size || counted > (n+1)*2*size*101/100 {
			t.Errorf("%d bytes are counted of %d", counted, (n+1)*2*size)
		}
	}
}

// This process's own numbers stand for any.
func TestProcessesAreLookedAt(t *testing.T) {
	own := process(os.Getpid())
	before, err := own.moved()
	if err != nil {
		t.Fatal(err)
	}
	const size = 1 << 20
	if err := os.WriteFile(filepath.Join(t.TempDir(), "file"), make([]byte, size), 0o666); err != nil {
		t.Fatal(err)
	}
	if after, err := own.moved(); err != nil || after < before+size {
		t.Errorf("moved %d, then %d, %v", before, after, err)
	}
	if peak, err := own.peak(); err != nil || peak < 1<<20 {
		t.Errorf("peak %d, %v", peak, err)
	}
	if _, err := own.cpu(); err != nil {
		t.Error(err)
	}
	if name, err := own.name(); err != nil || !strings.HasPrefix(name, "bench-cloud") {
		t.Errorf("name %q, %v", name, err)
	}
	child := exec.Command("cat")
	in, err := child.StdinPipe()
	if err == nil {
		err = child.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	children, err := own.children()
	if err != nil || !slices.Contains(children, process(child.Process.Pid)) {
		t.Errorf("children %v have no %d, %v", children, child.Process.Pid, err)
	}
	in.Close()
	child.Wait()
	if _, err := process(child.Process.Pid).peak(); err == nil {
		t.Error("one that has ended is looked at")
	}
}

func TestUnknownFigureNamesThoseThereAre(t *testing.T) {
	err := run(t.Context(), []string{"-figure", "nothing"}, nil)
	if err == nil || !strings.Contains(err.Error(), "throughput first-byte") {
		t.Errorf("error is %v", err)
	}
}
