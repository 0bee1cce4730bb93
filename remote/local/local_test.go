package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"sshell/interp/plan"
	"sshell/remote"
	"sshell/remote/worker"
)

// TestMain lets the test's own program be the process of a stage.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 {
		switch os.Args[1] {
		case "--worker":
			os.Exit(worker.Main(os.Args[2:], nil))
		case "--refused":
			refused()
			os.Exit(0)
		case "--shell": // it only says what it was asked to run
			fmt.Println("shell", strings.Join(os.Args[2:], " "))
			os.Exit(0)
		}
	}
	os.Exit(m.Run())
}

func newRunner(t testing.TB, cfg Config) *Runner {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cfg.Self = []string{path, "--worker"}
	r, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// outcome is what an attempt left.
type outcome struct {
	*remote.Result
	err            error
	stdout, stderr string
}

// do runs a task with its output in files.
func do(t testing.TB, r *Runner, ctx context.Context, task *remote.Task) outcome {
	t.Helper()
	dir := t.TempDir()
	var s remote.Streams
	for name, f := range map[string]**os.File{"out": &s.Stdout, "err": &s.Stderr} {
		var err error
		if *f, err = os.Create(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		defer (*f).Close()
	}
	if task.Environ == nil {
		task.Environ = os.Environ()
	}
	res, err := r.Run(ctx, task, s)
	out, err1 := os.ReadFile(s.Stdout.Name())
	errs, err2 := os.ReadFile(s.Stderr.Name())
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	return outcome{res, err, string(out), string(errs)}
}

func argv(words ...string) *remote.Task {
	return &remote.Task{Stages: []remote.Stage{{Argv: words}}}
}

func sh(script string) *remote.Task { return argv("sh", "-c", script) }

// data is bytes of which no two neighbouring blocks are alike.
func data(n int) []byte {
	b := make([]byte, n)
	random := rand.NewChaCha8([32]byte{1})
	random.Read(b)
	return b
}

func file(t testing.TB, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "data")
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func chunkOf(task *remote.Task, object string, start, end int) *remote.Task {
	task.Input = remote.Input{Kind: remote.ChunkInput, Object: object, Start: int64(start), End: int64(end)}
	return task
}

// Every range of a small file, and ranges about the sizes of pages and pipes of a large one.
func TestChunkIsItsRange(t *testing.T) {
	r := newRunner(t, Config{})
	small := data(12)
	large := data(3<<20 + 5)
	check := func(path string, b []byte, start, end int) {
		o := do(t, r, t.Context(), chunkOf(argv("cat"), path, start, end))
		if o.err != nil || o.stdout != string(b[start:end]) || o.In != int64(end-start) {
			t.Errorf("[%d, %d): %d bytes of output, in %v, error %v", start, end, len(o.stdout), o.Result, o.err)
		}
	}
	path := file(t, small)
	for start := range len(small) + 1 {
		for end := start; end <= len(small); end++ {
			check(path, small, start, end)
		}
	}
	path = file(t, large)
	edges := []int{0, 1, 4095, 4096, 4097, 65535, 65536, 65537, 1<<20 - 1, 1 << 20, 1<<20 + 1, len(large) - 1, len(large)}
	for i, start := range edges {
		for _, end := range edges[i:] {
			check(path, large, start, end)
		}
	}
}

// Where pages cannot be moved the bytes are copied, and are the same.
func TestChunkThatIsCopied(t *testing.T) {
	r := newRunner(t, Config{})
	b := data(1<<20 + 7)
	path := file(t, b)
	for _, span := range [][2]int{{0, 1}, {5, 200_000}, {1, len(b)}} {
		task := chunkOf(argv("cat"), path, span[0], span[1])
		in, err := r.openChunk(t.Context(), task)
		if err != nil {
			t.Fatal(err)
		}
		if c, ok := in.(*chunk); ok {
			c.copying, c.buf = true, make([]byte, copyBlock)
		}
		out, err := os.Create(filepath.Join(t.TempDir(), "out"))
		if err != nil {
			t.Fatal(err)
		}
		defer out.Close()
		task.Environ = os.Environ()
		if _, err := r.worker.Run(t.Context(), task, remote.Streams{Stdout: out}, in); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(out.Name()); err != nil || !bytes.Equal(got, b[span[0]:span[1]]) {
			t.Errorf("%v: %d bytes, %v", span, len(got), err)
		}
	}
}

func TestInline(t *testing.T) {
	r := newRunner(t, Config{})
	for _, n := range []int{0, 1, 4096, 65536, 65537, 128 << 10, 3 << 20} {
		b := data(n)
		task := argv("cat")
		task.Input = remote.Input{Kind: remote.InlineInput, Inline: b}
		o := do(t, r, t.Context(), task)
		if o.err != nil || o.stdout != string(b) || o.In != int64(n) {
			t.Errorf("%d bytes: got %d, %+v, %v", n, len(o.stdout), o.Result, o.err)
		}
	}
}

// A whole file is the file itself, at its beginning for each task; a part of one is a pipe.
func TestWholeFileIsHandedOver(t *testing.T) {
	if runtime.GOOS != "linux" {
		return
	}
	r := newRunner(t, Config{})
	path := file(t, data(1000))
	for _, tt := range []struct {
		end  int
		want string
	}{{1000, "regular file"}, {999, "fifo"}, {1000, "regular file"}} {
		o := do(t, r, t.Context(), chunkOf(sh("stat -L -c %F /dev/stdin; wc -c"), path, 0, tt.end))
		if want := fmt.Sprintf("%s\n%d\n", tt.want, tt.end); o.err != nil || o.stdout != want {
			t.Errorf("got %q, %v; want %q", o.stdout, o.err, want)
		}
	}
}

func TestReaderThatLeaves(t *testing.T) {
	r := newRunner(t, Config{})
	b := data(4 << 20)
	path := file(t, b)
	for _, task := range []*remote.Task{argv("true"), argv("head", "-c", "10"), sh("exec <&-; sleep 0.05; exit 0")} {
		for _, inline := range []bool{false, true} {
			chunkOf(task, path, 1, len(b))
			if inline {
				task.Input = remote.Input{Kind: remote.InlineInput, Inline: b}
			}
			if o := do(t, r, t.Context(), task); o.err != nil || o.Statuses[0] != 0 {
				t.Errorf("%q, inline %v: %+v, %v", task.Stages[0].Argv, inline, o.Result, o.err)
			}
		}
	}
}

// A command whose background process still reads must not hold the task up.
func TestBackgroundReader(t *testing.T) {
	r := newRunner(t, Config{})
	b := data(4 << 20)
	o := do(t, r, t.Context(), chunkOf(sh("exec 3<&0; sh -c 'read x; exec sleep 1000' <&3 >/dev/null 2>&1 & echo $!"), file(t, b), 1, len(b)))
	if o.err != nil {
		t.Error(o.err)
	}
	do(t, r, t.Context(), argv("kill", strings.TrimSpace(o.stdout)))
}

// A file that is cut while it is read is an error, and its reader never sees an end.
func TestFileCutShort(t *testing.T) {
	r := newRunner(t, Config{})
	b := bytes.Repeat([]byte("line\n"), 1<<20)
	for _, end := range []int{len(b) - 1, len(b)} { // through a pipe, and the file itself
		path := file(t, b)
		dir := t.TempDir()
		gate, saw := filepath.Join(dir, "gate"), filepath.Join(dir, "saw-the-end")
		go func() {
			for !exists(gate) {
				time.Sleep(time.Millisecond)
			}
			os.Truncate(path, 1<<20)
			os.Remove(gate)
		}()
		script := fmt.Sprintf(`read x; : >%[1]s; while test -e %[1]s; do sleep 0.005; done; cat >/dev/null; : >%[2]s`, gate, saw)
		o := do(t, r, t.Context(), chunkOf(sh(script), path, 0, end))
		var no *remote.NotStartedError
		if o.err == nil || !strings.Contains(o.err.Error(), "cut short") || errors.Is(o.err, remote.ErrLost) || errors.As(o.err, &no) {
			t.Errorf("end %d: got %+v, %v", end, o.Result, o.err)
		}
		if end < len(b) && exists(saw) {
			t.Error("the command took a part for the whole")
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func TestInputErrors(t *testing.T) {
	r := newRunner(t, Config{})
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "short"), []byte("12345"), 0o644); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, object string
		start, end   int
		want         string
		started      bool
	}{
		{"missing", "none", 0, 5, "open none: no such file or directory", false},
		{"folder", dir, 0, 5, "is a directory", false},
		{"device", "/dev/null", 0, 5, "cannot be read at an offset", false},
		{"no range", "short", 3, 1, "no range", false},
		{"beyond the end", "short", 2, 6, "ends at byte 5, before 6", true},
	}
	for _, tt := range tests {
		task := chunkOf(argv("cat"), tt.object, tt.start, tt.end)
		task.Dir = dir
		o := do(t, r, t.Context(), task)
		var no *remote.NotStartedError
		if o.err == nil || !strings.Contains(o.err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, o.err, tt.want)
		}
		if started := !errors.As(o.err, &no); started != tt.started || no != nil && no.Status != plan.StatusMachinery {
			t.Errorf("%s: started %v, %v", tt.name, started, no)
		}
	}
}

// named opens names under store: as files of a folder.
type named struct {
	dir    string
	opened int
}

func (n *named) Has(name string) bool { return strings.HasPrefix(name, "store:") }
func (n *named) Open(_ context.Context, name string) (*os.File, error) {
	n.opened++
	return os.Open(filepath.Join(n.dir, strings.TrimPrefix(name, "store:")))
}

func TestObjectIsOpenedOnceARun(t *testing.T) {
	dir := t.TempDir()
	files := &named{dir: dir}
	r := newRunner(t, Config{Files: files})
	put := func(text string) {
		tmp := filepath.Join(dir, "tmp")
		if err := os.WriteFile(tmp, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(tmp, filepath.Join(dir, "x")); err != nil {
			t.Fatal(err)
		}
	}
	get := func(run string, start, end int) string {
		task := chunkOf(argv("cat"), "store:x", start, end)
		task.Run = run
		o := do(t, r, t.Context(), task)
		if o.err != nil {
			t.Fatal(o.err)
		}
		return o.stdout
	}
	put("first text")
	got := []string{get("a", 0, 5), get("a", 5, 10)}
	put("other text")
	got = append(got, get("a", 0, 10), get("b", 0, 10))
	if want := []string{"first", " text", "first text", "other text"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if files.opened != 2 {
		t.Errorf("opened %d times in 2 runs", files.opened)
	}
	if n := len(r.objects.open); n != 1 {
		t.Errorf("%d objects are open in the second run", n)
	}
}

func TestIdleObjectsAreBounded(t *testing.T) {
	r := newRunner(t, Config{})
	dir := t.TempDir()
	for i := range 3 * maxIdle {
		path := filepath.Join(dir, fmt.Sprint(i))
		if err := os.WriteFile(path, []byte("some text"), 0o644); err != nil {
			t.Fatal(err)
		}
		if o := do(t, r, t.Context(), chunkOf(argv("cat"), path, 1, 4)); o.stdout != "ome" {
			t.Fatalf("got %q, %v", o.stdout, o.err)
		}
	}
	if n := len(r.objects.open); n != maxIdle || len(r.objects.idle) != maxIdle {
		t.Errorf("%d objects are open, %d idle", n, len(r.objects.idle))
	}
}

func openFds(t *testing.T) int {
	names, err := os.ReadDir("/dev/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(names)
}

func TestNothingLeaks(t *testing.T) {
	r := newRunner(t, Config{})
	path := file(t, data(300_000))
	one := func(i int) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		task := argv("cat")
		switch i % 7 {
		case 0:
			chunkOf(task, path, 0, 300_000)
		case 1:
			chunkOf(task, path, 7, 300_000)
		case 2:
			task.Input = remote.Input{Kind: remote.InlineInput, Inline: []byte("x")}
		case 3:
			task = argv("no-such-program-here")
		case 4:
			task.Stages = append(task.Stages, remote.Stage{Argv: []string{"no-such-program-here"}}, remote.Stage{Argv: []string{"cat"}})
		case 5:
			task = chunkOf(argv("sleep", "1000"), path, 1, 300_000)
			time.AfterFunc(time.Millisecond, cancel)
		case 6:
			task = chunkOf(argv("cat"), path, 1, 300_001)
		}
		do(t, r, ctx, task)
	}
	for i := range 7 {
		one(i)
	}
	fds, routines := openFds(t), runtime.NumGoroutine()
	for i := range 70 {
		one(i)
	}
	if got := openFds(t); got != fds {
		t.Errorf("%d descriptors are open, %d before", got, fds)
	}
	for end := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > routines && time.Now().Before(end); {
		runtime.Gosched()
	}
	if got := runtime.NumGoroutine(); got > routines {
		t.Errorf("%d goroutines, %d before", got, routines)
	}
}

func TestStreamInput(t *testing.T) {
	r := newRunner(t, Config{})
	in, err := os.Open(file(t, []byte("some text")))
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	task := argv("cat")
	task.Environ, task.Input.Kind = os.Environ(), remote.StreamInput
	done := make(chan error, 1)
	go func() {
		_, err := r.Run(context.Background(), task, remote.Streams{Stdin: in, Stdout: w})
		w.Close()
		done <- err
	}()
	if b, err := io.ReadAll(out); err != nil || string(b) != "some text" {
		t.Errorf("got %q, %v", b, err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
