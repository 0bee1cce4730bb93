package lambda

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"

	"sshell/remote"
	"sshell/remote/ship/artifact"
)

// shipping is a runner in a folder with a script, a program's name, and data.
func shipping(t testing.TB, invoke invoker) (*Runner, string, []string) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, mode := range map[string]os.FileMode{"tool": 0o755, "data": 0o644, "bin/called": 0o755, "more": 0o644} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), mode); err != nil {
			t.Fatal(err)
		}
	}
	return newRunner(t, invoke), dir, []string{"PATH=" + dir + "/bin", "TZ=UTC0"}
}

func TestWhatIsShipped(t *testing.T) {
	var got []string
	r, dir, env := shipping(t, func(ctx context.Context, req *Request) (*sdk.InvokeOutput, error) {
		got = nil
		for _, data := range [][]byte{req.Programs.Inline, req.Manifest} {
			if data == nil {
				continue
			}
			m, err := artifact.DecodeManifest(data)
			if err != nil {
				return nil, err
			}
			for _, a := range m.Artifacts {
				got = append(got, fmt.Sprintf("%s %v", a.Path, a.Exact))
			}
		}
		slices.Sort(got)
		return says("", ""), nil
	})
	for _, tt := range []struct {
		name string
		argv []string
		with []string
		want []string
	}{
		{"nothing", []string{"none", "", "-x"}, nil, nil},
		{"program", []string{"./tool", "data"}, nil, []string{"./data true", "./tool false"}},
		{"on PATH", []string{"called"}, nil, []string{"./bin/called false"}},
		{"read and run", []string{"./tool", "tool"}, nil, []string{"./tool false", "./tool true"}},
		{"read", []string{"none", "tool", dir + "/more", "bin"}, nil, []string{"./more true", "./tool true"}},
		{"artifacts", nil, []string{dir + "/tool", "called", "./data", dir + "/more", dir + "/bin"},
			[]string{"./bin false", "./data true", "./more true", "./tool false"}},
		{"elsewhere", []string{"none", "/etc/passwd"}, []string{"../x/y"}, nil},
	} {
		task := &remote.Task{Run: tt.name, Dir: dir, Environ: env, Artifacts: tt.with, Stages: []remote.Stage{{Argv: tt.argv}}}
		if _, err := r.Run(t.Context(), task, remote.Streams{}); err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, %v, want %q", tt.name, got, err, tt.want)
		}
	}
	task := &remote.Task{Run: "missing", Dir: dir, Artifacts: []string{"./none", dir + "/none"}, Stages: []remote.Stage{{Source: ":"}}}
	if _, err := r.Run(t.Context(), task, remote.Streams{}); err == nil {
		t.Error("an artifact that is missing was not missed")
	}
}

// What the tasks of a run share is looked for once, and by the next run again.
func TestARunLooksOnce(t *testing.T) {
	var shipped atomic.Int64
	r, dir, env := shipping(t, func(_ context.Context, req *Request) (*sdk.InvokeOutput, error) {
		if len(req.Programs.Inline) > 0 {
			shipped.Add(1)
		}
		return says("", ""), nil
	})
	run := func(count int) {
		var group sync.WaitGroup
		for i := range count {
			group.Go(func() {
				task := &remote.Task{Run: "run", ID: i, Dir: dir, Environ: env, Stages: []remote.Stage{{Argv: []string{"./tool", "data"}}}}
				if _, err := r.Run(t.Context(), task, remote.Streams{}); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
	}
	run(20)
	if err := os.Remove(dir + "/tool"); err != nil {
		t.Fatal(err)
	}
	run(20)
	if n := shipped.Load(); n != 40 {
		t.Errorf("%d of 40 tasks shipped the tool", n)
	}
	if err := r.End(t.Context(), "run"); err != nil {
		t.Fatal(err)
	}
	run(1)
	if n := shipped.Load(); n != 40 {
		t.Errorf("a run saw the files of the one before")
	}
}

// BenchmarkShip is what shipping costs a task whose run has its programs: the bound is 50 µs.
func BenchmarkShip(b *testing.B) {
	r, dir, env := shipping(b, func(context.Context, *Request) (*sdk.InvokeOutput, error) { return says("", ""), nil })
	task := &remote.Task{Run: "run", Dir: dir, Environ: env, Artifacts: []string{"called", "./data", dir + "/tool"},
		Stages: []remote.Stage{{Argv: []string{"./tool", "-x", "data"}}}}
	b.Run("same", func(b *testing.B) {
		for b.Loop() {
			if _, err := r.ship(b.Context(), task); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("another word each", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			t := *task
			t.Stages = []remote.Stage{{Argv: []string{"./tool", "-x", fmt.Sprint("word", i)}}}
			if _, err := r.ship(b.Context(), &t); err != nil {
				b.Fatal(err)
			}
		}
	})
}
