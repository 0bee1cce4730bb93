package worker

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"sshell/interp"
	"sshell/interp/plan"
	"sshell/remote"
)

func source(text string) remote.Stage { return remote.Stage{Source: text} }

// snapshot is the state of a client's shell with a function, variables and parameters.
func snapshot() *plan.Snapshot {
	return &plan.Snapshot{
		Version: plan.SnapshotVersion, Name: "script.sh", Params: []string{"one", "two words"},
		Vars: []plan.Variable{
			{Name: "plain", Set: true, Value: "a  b"},
			{Name: "bytes", Set: true, Value: "caf\xe9"},
			{Name: "shown", Attr: uint16(interp.Exported), Set: true, Value: "yes"},
			{Name: "SSHELL_TASK", Set: true, Value: "the client's own"},
		},
		Funcs: []plan.Function{{Name: "f", Source: "{ echo \"f:$1:$plain\"; return 6; }"}},
	}
}

func TestSource(t *testing.T) {
	w := newWorker(t, Config{})
	tests := []struct {
		name, source string
		want         plan.Status
		signal       int
		stdout       string
	}{
		{"function", `f "x y"`, 6, 0, "f:x y:a  b\n"},
		{"variables", `echo "$plain"; printf %s "$bytes"; sh -c 'echo $shown$plain'`, 0, 0, "a  b\ncaf\xe9yes\n"},
		{"parameters", `echo "$0 $# $2"`, 0, 0, "script.sh 2 two words\n"},
		{"of the task", `echo $SSHELL_TASK; sh -c 'echo $SSHELL_TASK'`, 0, 0, "7\n7\n"},
		{"status", `exit 3`, 3, 0, ""},
		{"list", "true\nfalse # the last", 1, 0, ""},
		{"exec", `exec sh -c 'exit 5'`, 5, 0, ""},
		{"exec that looks like a crash", `exec sh -c 'exit 2'`, 2, 0, ""},
		{"exec that is not found", `exec no-such-program-here`, 127, 0, ""},
		{"trap", `trap 'echo end' EXIT; exit 4`, 4, 0, "end\n"},
		{"not found", `no-such-program-here`, 127, 0, ""},
		{"terminated", `kill -TERM $BASHPID; sleep 10`, 143, 15, ""},
		{"pipeline", `printf 'b\na\n' | sort`, 0, 0, "a\nb\n"},
		{"input", `read x; echo "<$x>"; cat`, 0, 0, "<first>\nsecond\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			task := stages(source(tt.source))
			task.Snapshot, task.Env = snapshot(), []string{"SSHELL_TASK=7"}
			r, in, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			in.WriteString("first\nsecond\n")
			in.Close()
			o := do(t, w, t.Context(), task, &given{r})
			if o.err != nil {
				t.Fatal(o.err)
			}
			if !slices.Equal(o.Statuses, []plan.Status{tt.want}) || o.Signal != tt.signal || o.stdout != tt.stdout {
				t.Errorf("got %v, signal %d, %q; want %d, %d, %q\n%s", o.Statuses, o.Signal, o.stdout, tt.want, tt.signal, tt.stdout, o.stderr)
			}
		})
	}
}

// What source starts has the descriptors that a program of a task has, and no others of ours.
func TestSourceLeaksNoDescriptors(t *testing.T) {
	w := newWorker(t, Config{})
	want := do(t, w, t.Context(), stages(argv("ls", "/dev/fd")), nil)
	got := do(t, w, t.Context(), stages(source("ls /dev/fd")), nil)
	if want.err != nil || got.err != nil || got.stdout != want.stdout {
		t.Errorf("got %q, %v; want %q, %v", got.stdout, got.err, want.stdout, want.err)
	}
}

// given is an input that is complete.
type given struct{ r *os.File }

func (g *given) File() *os.File      { return g.r }
func (g *given) Feed() error         { return nil }
func (g *given) Stop()               {}
func (g *given) End() (int64, error) { return 0, nil }

func TestSourceAmongPrograms(t *testing.T) {
	w := newWorker(t, Config{})
	task := stages(argv("printf", "b\na\n"), source(`while read x; do echo "$x$x"; done; f; exit 9`), argv("sort"), source(`read x; echo $x`))
	task.Snapshot = snapshot()
	o := do(t, w, t.Context(), task, nil)
	if o.err != nil || !slices.Equal(o.Statuses, []plan.Status{0, 9, 0, 0}) || o.stdout != "aa\n" {
		t.Errorf("got %+v, %v, %q, %s", o.Result, o.err, o.stdout, o.stderr)
	}
	o = do(t, w, t.Context(), stages(source(`while :; do echo y; done`), argv("head", "-n", "1")), nil)
	if o.err != nil || !slices.Equal(o.Statuses, []plan.Status{141, 0}) || o.stdout != "y\n" {
		t.Errorf("reader leaves: got %+v, %v, %q", o.Result, o.err, o.stdout)
	}
}

func TestWorkerThatIsLost(t *testing.T) {
	w := newWorker(t, Config{})
	tests := []struct {
		name string
		task *remote.Task
		want string
	}{
		{"broke", &remote.Task{Stages: []remote.Stage{source(`true`)}, Env: []string{crashVariable + "=1"}}, "panic: the worker broke"},
		{"broke among others", &remote.Task{Stages: []remote.Stage{argv("true"), source(`true`)}, Env: []string{crashVariable + "=1"}},
			"worker of stage 2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := do(t, w, t.Context(), tt.task, nil)
			if !errors.Is(o.err, remote.ErrLost) || !strings.Contains(o.err.Error(), tt.want) {
				t.Errorf("got %+v, %v", o.Result, o.err)
			}
		})
	}
}

func TestSourceKilledBySignal(t *testing.T) {
	w := newWorker(t, Config{})
	o := do(t, w, t.Context(), stages(source(`kill -KILL $BASHPID; sleep 10`)), nil)
	if o.err != nil || !slices.Equal(o.Statuses, []plan.Status{137}) || o.Signal != 9 {
		t.Errorf("got %+v, %v", o.Result, o.err)
	}
}

func TestWorkerOutOfMemory(t *testing.T) {
	if !canLimitMemory {
		return
	}
	w := newWorker(t, Config{})
	task := stages(source(`x=x; while :; do x=$x$x; done`))
	task.Limits.Memory = 256 << 20
	o := do(t, w, t.Context(), task, nil)
	if o.err != nil || o.Statuses[0] == 0 {
		t.Errorf("got %+v, %v", o.Result, o.err)
	}
}

// However a stage of source ends, its socket is closed.
func TestSourceLeavesNoSocket(t *testing.T) {
	w := newWorker(t, Config{})
	one := func(text string, cancelAfter, limit time.Duration) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		if cancelAfter > 0 {
			time.AfterFunc(cancelAfter, cancel)
		}
		task := stages(source(text), argv("cat"))
		task.Limits.Timeout = limit
		do(t, w, ctx, task, nil)
	}
	all := func() {
		one("true", 0, 0)
		one("exec true", 0, 0)
		one("kill -9 $BASHPID; sleep 10", 0, 0)
		one("sleep 100", 20*time.Millisecond, 0)
		one("sleep 100", 0, 20*time.Millisecond)
	}
	open := func() int {
		names, err := os.ReadDir("/dev/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(names)
	}
	all()
	before := open()
	for range 3 {
		all()
	}
	if after := open(); after != before {
		t.Errorf("%d descriptors are open, %d before", after, before)
	}
}

func TestWrongSnapshot(t *testing.T) {
	w := newWorker(t, Config{})
	task := stages(source("true"))
	task.Snapshot = snapshot()
	task.Snapshot.Version++
	o := do(t, w, t.Context(), task, nil)
	if o.err == nil || errors.Is(o.err, remote.ErrLost) || !strings.Contains(o.err.Error(), "version") {
		t.Errorf("got %+v, %v", o.Result, o.err)
	}
}

func TestNoProgramForSource(t *testing.T) {
	w, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	var no *remote.NotStartedError
	o := do(t, w, context.Background(), stages(source("true")), nil)
	if !errors.As(o.err, &no) || no.Status != plan.StatusMachinery {
		t.Errorf("got %v", o.err)
	}
}

func TestMainWithoutOrder(t *testing.T) {
	for _, args := range [][]string{nil, {"x"}, {"1"}, {"999"}, {"3", "4"}} {
		if got := Main(args, nil); got != plan.StatusMachinery {
			t.Errorf("%q: status %d", args, got)
		}
	}
}
