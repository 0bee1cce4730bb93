package flow

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sshell/interp/plan"
	"sshell/remote"
	"sshell/remote/local"
	"sshell/remote/worker"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "--worker" {
		os.Exit(worker.Main(os.Args[2:], nil))
	}
	// GNU parallel writes to its home and asks to be cited unless it finds this.
	home, err := os.MkdirTemp("", "flow")
	if err != nil {
		panic(err)
	}
	os.Setenv("HOME", home)
	os.Mkdir(home+"/.parallel", 0o777)
	os.WriteFile(home+"/.parallel/will-cite", nil, 0o666)
	code := m.Run()
	os.RemoveAll(home)
	os.Exit(code)
}

// bench is where a test runs segments: a folder of its own and the local target.
type bench struct {
	t      testing.TB
	dir    string
	tmp    string
	runner *local.Runner
	mu     sync.Mutex
	asked  []RunnerOptions
	wrap   func(remote.Runner) remote.Runner
	funcs  []plan.Function
	stdin  string
	input  *os.File // instead of stdin
	target plan.Target
	object string      // instead of stdin
	out    plan.Output // that standard output is
	files  plan.Files
}

func newBench(t testing.TB) *bench {
	t.Helper()
	r, err := local.New(local.Config{Self: []string{os.Args[0], "--worker"}})
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, dir: t.TempDir(), tmp: t.TempDir(), runner: r, target: plan.Local}
	t.Cleanup(b.close)
	return b
}

// close closes the runner, which keeps some files open for the next task.
func (b *bench) close() {
	if b.runner == nil {
		return
	}
	if err := b.runner.Close(); err != nil {
		b.t.Error(err)
	}
	b.runner = nil
}

// flow returns the Flow under test, with two cores as GNU parallel is told too.
func (b *bench) flow() *Flow {
	return New(Config{
		Runner: func(_ plan.Target, o RunnerOptions) (remote.Runner, error) {
			b.mu.Lock()
			b.asked = append(b.asked, o)
			b.mu.Unlock()
			if b.wrap != nil {
				return b.wrap(b.runner), nil
			}
			return struct{ remote.Runner }{b.runner}, nil // which is closed at the end of the test
		},
		Files:   b.files,
		Cores:   2,
		TempDir: b.tmp,
		Environ: func(*plan.Snapshot) []string { return append(os.Environ(), "PWD="+b.dir) },
	})
}

// file makes a file in the folder.
func (b *bench) file(name, text string) string {
	b.t.Helper()
	path := filepath.Join(b.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o777); err != nil {
		b.t.Fatal(err)
	}
	return path
}

// read returns what a file in the folder holds.
func (b *bench) read(name string) string {
	b.t.Helper()
	text, err := os.ReadFile(filepath.Join(b.dir, name))
	if err != nil {
		b.t.Fatal(err)
	}
	return string(text)
}

// stages reads words as a shell would that knows only spaces and single quotes; | stands between stages.
func stages(line string) []plan.Stage {
	var all []plan.Stage
	var words []string
	end := func() {
		st := plan.Stage{Argv: words, Name: words[0], Source: quoteWords(words)}
		for i, role := range []string{"split", "parmap", "reduce", "on"} {
			if words[0] == role {
				st.Role = plan.Role(i + 1)
			}
		}
		all = append(all, st)
		words = nil
	}
	word, quoted, open := "", false, false
	flush := func() {
		if open {
			words = append(words, word)
		}
		word, open = "", false
	}
	for _, c := range line {
		switch {
		case c == '\'':
			quoted, open = !quoted, true
		case quoted || c != ' ' && c != '|':
			word, open = word+string(c), true
		default:
			flush()
			if c == '|' {
				end()
			}
		}
	}
	flush()
	end()
	return all
}

// answer is what a segment did.
type answer struct {
	out, err string
	statuses []int
	fault    error
}

func (b *bench) segment(line string) plan.Segment {
	seg := plan.Segment{Target: b.target, Out: b.out, In: b.object, Stages: stages(line)}
	seg.Snapshot = &plan.Snapshot{Version: plan.SnapshotVersion, Dir: b.dir, Umask: 0o22, Funcs: b.funcs,
		Vars: []plan.Variable{{Name: "PATH", Attr: exportedAttr, Set: true, Value: os.Getenv("PATH")}}}
	return seg
}

// run runs a line with text on its standard input and everything it writes collected.
func (b *bench) run(line string) answer {
	b.t.Helper()
	return b.runContext(b.t.Context(), line)
}

func (b *bench) runContext(ctx context.Context, line string) answer {
	b.t.Helper()
	out, readOut := b.collector()
	errs, readErrs := b.collector()
	a := b.runTo(ctx, line, out, errs)
	out.Close()
	errs.Close()
	a.out, a.err = readOut(), readErrs()
	return a
}

// runTo runs a line with given outputs.
func (b *bench) runTo(ctx context.Context, line string, out, errs *os.File) answer {
	b.t.Helper()
	seg := b.segment(line)
	seg.Stdout = out
	for range seg.Stages {
		seg.Stderr = append(seg.Stderr, errs)
	}
	seg.Stdin = b.input
	if b.input == nil && b.object == "" {
		r, w, err := os.Pipe()
		if err != nil {
			b.t.Fatal(err)
		}
		defer r.Close()
		fed := make(chan struct{})
		go func() {
			defer close(fed)
			io.WriteString(w, b.stdin)
			w.Close()
		}()
		defer func() { <-fed }()
		defer r.Close()
		seg.Stdin = r
	}
	var a answer
	a.statuses, a.fault = b.flow().Run(ctx, seg)
	return a
}

// collector returns the write end of a pipe, and a function that returns what was written once it is closed.
func (b *bench) collector() (*os.File, func() string) {
	b.t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		b.t.Fatal(err)
	}
	text := make(chan string, 1)
	go func() {
		all, _ := io.ReadAll(r)
		r.Close()
		text <- string(all)
	}()
	return w, func() string { return <-text }
}

// bash runs a script in the folder.
func (b *bench) bash(script string) (string, int) {
	b.t.Helper()
	cmd := exec.Command("bash", "-c", script)
	cmd.Dir = b.dir
	cmd.Stdin = strings.NewReader(b.stdin)
	out, err := cmd.Output()
	if err != nil && cmd.ProcessState == nil {
		b.t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// last is the status of the last stage.
func (a answer) last() int {
	if len(a.statuses) == 0 {
		return -1
	}
	return a.statuses[len(a.statuses)-1]
}

// checkLeaks fails if a test leaves goroutines, descriptors, children or files behind.
func checkLeaks(t *testing.T, b *bench) func() {
	t.Helper()
	before, fds := runtime.NumGoroutine(), openFiles(t)
	return func() {
		t.Helper()
		b.close()
		deadline := time.Now().Add(5 * time.Second)
		for runtime.NumGoroutine() > before && time.Now().Before(deadline) {
			time.Sleep(time.Millisecond) // goroutines that have done all they had to end soon
		}
		if n := runtime.NumGoroutine(); n > before {
			buf := make([]byte, 1<<20)
			t.Errorf("%d goroutines, %d before:\n%s", n, before, buf[:runtime.Stack(buf, true)])
		}
		if after := openFiles(t); len(after) > len(fds) {
			t.Errorf("descriptors %q, before %q", after, fds)
		}
		if pid, err := unix.Wait4(-1, nil, unix.WNOHANG, nil); err != syscall.ECHILD {
			t.Errorf("a child is left: %d, %v", pid, err)
		}
		left, err := os.ReadDir(b.tmp)
		if err != nil || len(left) > 0 {
			t.Errorf("files are left: %v, %v", left, err)
		}
	}
}

func openFiles(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && !strings.HasPrefix(to, "/proc") {
			names = append(names, e.Name()+" "+to)
		}
	}
	slices.Sort(names)
	return names
}
