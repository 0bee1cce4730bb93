package handler

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"sshell/remote"
)

// together has the function make so many attempts beside each other.
type together struct {
	*function
	n int

	mu       sync.Mutex
	payloads [][]byte
	takes    []func([]byte) error
	ended    []chan struct{}
	gone     chan error
}

// Invoke implements lambda.Invoker.
func (g *together) Invoke(ctx context.Context, _ string, payload []byte, take func([]byte) error) error {
	done := make(chan struct{})
	g.mu.Lock()
	g.payloads, g.takes, g.ended = append(g.payloads, payload), append(g.takes, take), append(g.ended, done)
	if len(g.payloads) == g.n {
		ctx := context.WithoutCancel(ctx)
		go func() {
			g.gone <- g.handler.HandleBeside(ctx, g.payloads, func(n int) io.WriteCloser { return answerTo{g, n} })
		}()
	}
	g.mu.Unlock()
	<-done
	return nil
}

type answerTo struct {
	g *together
	n int
}

func (a answerTo) Write(p []byte) (int, error) { return len(p), a.g.takes[a.n](p) }

func (a answerTo) Close() error {
	close(a.g.ended[a.n])
	return nil
}

// beside runs tasks beside each other, and gives what each wrote and how it ended.
func (f *function) beside(tasks ...*remote.Task) []outcome {
	f.t.Helper()
	g := &together{function: f, n: len(tasks), gone: make(chan error, 1)}
	list := make([]outcome, len(tasks))
	var all sync.WaitGroup
	for n, task := range tasks {
		task.Run, task.ID = "run", n
		task.Environ = []string{"PATH=" + os.Getenv("PATH"), "PWD=/nowhere"}
		name := filepath.Join(f.t.TempDir(), "out")
		out, err := os.Create(name)
		if err != nil {
			f.t.Fatal(err)
		}
		all.Go(func() {
			defer out.Close()
			o := &list[n]
			o.result, o.err = f.runner.RunBy(f.t.Context(), g, task, remote.Streams{Stdout: out, Stderr: out})
			data, err := os.ReadFile(name)
			if o.out = string(data); o.err == nil {
				o.err = err
			}
		})
	}
	all.Wait()
	if err := <-g.gone; err != nil {
		f.t.Fatal(err)
	}
	return list
}

// Attempts that are made beside each other have each its input, output, variables and status, and leave nothing.
func TestBeside(t *testing.T) {
	f := newFunction(t)
	meet := filepath.Join(t.TempDir(), "here")
	var tasks []*remote.Task
	for n := range 4 {
		text := fmt.Sprintf(`touch %[1]s%[2]d; until [ -e %[1]s0 ] && [ -e %[1]s1 ] && [ -e %[1]s2 ]; do sleep 0.01; done
read x; echo "$x $SSHELL_TASK"; exit %[2]d`, meet, n)
		if n == 3 {
			text = "sleep 100 & echo $SSHELL_TASK"
		}
		task := source(text)
		task.Input = remote.Input{Kind: remote.InlineInput, Inline: fmt.Appendf(nil, "in%d\n", n)}
		task.Env = []string{fmt.Sprintf("SSHELL_TASK=%d", n)}
		tasks = append(tasks, task)
	}
	tasks = append(tasks, &remote.Task{Stages: []remote.Stage{{Argv: []string{"no-such-program"}}}})
	got := f.beside(tasks...)
	for n, o := range got[:3] {
		if want := fmt.Sprintf("in%d %d\n", n, n); o.err != nil || o.out != want || !slices.Equal(o.result.Statuses, []int{n}) {
			t.Errorf("%d: %q, %+v, %v", n, o.out, o.result, o.err)
		}
	}
	if o := got[3]; o.err != nil || o.out != "3\n" {
		t.Errorf("with a background process: %q, %v", o.out, o.err)
	}
	if o := got[4]; o.err == nil || !strings.Contains(o.err.Error(), "no-such-program") {
		t.Errorf("without a program: %+v", o)
	}
	if keys := f.left(); len(keys) > 0 {
		t.Errorf("left in the bucket: %q", keys)
	}
	if entries, err := os.ReadDir(f.tmp); err != nil || len(entries) != 1 {
		t.Errorf("left in the function: %v, %v", entries, err)
	}
}
