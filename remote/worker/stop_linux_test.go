package worker

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sshell/remote"
)

// marked lists the living processes whose environment has a marker.
func marked(t *testing.T, marker string) []string {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, file := range files {
		env, err := os.ReadFile(file)
		if err != nil || !bytes.Contains(env, []byte(marker)) {
			continue
		}
		line, err := os.ReadFile(filepath.Join(filepath.Dir(file), "cmdline"))
		if err == nil && len(line) > 0 { // a zombie has none
			found = append(found, filepath.Base(filepath.Dir(file))+" "+strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return found
}

// within waits for something that other processes do.
func within(t *testing.T, limit time.Duration, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", limit, what)
		}
	}
}

// stoppable are commands that are hard to stop. Each makes the file $READY when it is as far as that.
var stoppable = []struct {
	name   string
	stages []remote.Stage
}{
	{"sleeps", []remote.Stage{sh(`: >$READY; exec sleep 1000`)}},
	{"has children", []remote.Stage{sh(`sleep 1000 & sleep 1000 & : >$READY; wait`)}},
	{"ignores TERM", []remote.Stage{sh(`trap '' TERM INT HUP; : >$READY; sleep 1000; sleep 1000`)}},
	{"left children behind", []remote.Stage{sh(`(trap '' TERM; sleep 1000; sleep 1000) & sleep 1000 & : >$READY; exit 0`), sh(`sleep 1000`)}},
	{"child in a session of its own", []remote.Stage{sh(`setsid sh -c 'trap "" TERM; : >$READY; sleep 1000; sleep 1000' & wait`)}},
	{"stages", []remote.Stage{sh(`: >$READY; exec yes`), argv("cat"), sh(`sleep 1000`)}},
	{"source", []remote.Stage{{Source: `sleep 1000 & : >$READY; sleep 1000`}}},
	{"source ignores TERM", []remote.Stage{{Source: `trap '' TERM; : >$READY; sleep 1000; sleep 1000`}}},
	{"stopped", []remote.Stage{sh(`: >$READY; kill -STOP $$; sleep 1000`)}},
}

func TestCancelLeavesNothing(t *testing.T) {
	w := newWorker(t, Config{})
	for _, tt := range stoppable {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ready := filepath.Join(t.TempDir(), "ready")
			marker := fmt.Sprintf("SSHELL_TEST_MARK=%d-%s", os.Getpid(), ready)
			task := stages(tt.stages...)
			task.Env = []string{marker, "READY=" + ready}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			go func() {
				for ctx.Err() == nil {
					if _, err := os.Stat(ready); err == nil {
						cancel()
						return
					}
					time.Sleep(time.Millisecond)
				}
			}()
			began := time.Now()
			o := do(t, w, ctx, task, nil)
			if o.err != context.Canceled {
				t.Errorf("got error %v", o.err)
			}
			if left := marked(t, marker); len(left) > 0 {
				t.Errorf("still there: %q", left)
			}
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

// A cancelled task whose input is a full pipe that nobody empties.
func TestCancelWithFullPipe(t *testing.T) {
	w := newWorker(t, Config{})
	r, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	fed := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	input := &filling{r: r, w: in, full: cancel, done: fed}
	if o := do(t, w, ctx, stages(argv("sleep", "1000")), input); o.err != context.Canceled {
		t.Errorf("got error %v", o.err)
	}
	<-fed
}

// filling writes until it is stopped, and says when the pipe must be full.
type filling struct {
	r, w *os.File
	full func()
	done chan struct{}
}

func (f *filling) File() *os.File      { return f.r }
func (f *filling) Stop()               { f.w.Close() }
func (f *filling) End() (int64, error) { return 0, nil }
func (f *filling) Feed() error {
	defer close(f.done)
	block := make([]byte, 1<<10)
	for n := 0; ; n++ {
		if n == 64 {
			time.AfterFunc(20*time.Millisecond, f.full)
		}
		if _, err := f.w.Write(block); err != nil {
			return nil
		}
	}
}

// A shell's background processes outlive the task that ended by itself, as they outlive a shell.
func TestBackgroundStays(t *testing.T) {
	w := newWorker(t, Config{})
	o := do(t, w, t.Context(), stages(sh(`sleep 1000 >/dev/null 2>&1 & echo $!`)), nil)
	if o.err != nil {
		t.Fatal(o.err)
	}
	pid := strings.TrimSpace(o.stdout)
	if err := exec.Command("kill", pid).Run(); err != nil {
		t.Errorf("the background process is gone: %v", err)
	}
}

// When the client is killed, nothing of what it started goes on.
func TestClientKilled(t *testing.T) {
	marker := fmt.Sprintf("SSHELL_TEST_MARK=client-%d", os.Getpid())
	cmd := exec.Command(self(t)[0], "--client", marker)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for range 3 {
		if !lines.Scan() {
			t.Fatal("the client started no task")
		}
	}
	within(t, 30*time.Second, "processes started", func() bool { return len(marked(t, marker)) >= 7 })
	// Only groups that have a guard are promised to go, and a group gets one after a second: a busy machine takes longer.
	guarded := time.Now().Add(8 * time.Second)
	within(t, 30*time.Second, "groups guarded", func() bool { return time.Now().After(guarded) })
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	within(t, 10*time.Second, "processes gone", func() bool { return len(marked(t, marker)) == 0 })
}

func TestStdinIsNoTerminal(t *testing.T) {
	w := newWorker(t, Config{})
	terminal := openTerminal(t)
	task := stages(sh("cat; test -t 0 || echo none"))
	task.Input.Kind, task.Environ = remote.StreamInput, os.Environ()
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, err := w.Run(ctx, task, remote.Streams{Stdin: terminal, Stdout: out}, nil); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(out.Name()); err != nil || string(b) != "none\n" {
		t.Errorf("got %q, %v", b, err)
	}
}

// Where all that descends from this process ends with it, old tasks have no guard.
func TestContainedHasNoGuard(t *testing.T) {
	w := newWorker(t, Config{Contained: true})
	o := do(t, w, t.Context(), stages(sh(`sleep 1.3; ps -o args= --ppid $PPID`)), nil)
	if o.err != nil || !strings.Contains(o.stdout, "sleep 1.3") || strings.Contains(o.stdout, "--worker") {
		t.Errorf("beside the task there are %q, %v", o.stdout, o.err)
	}
}
