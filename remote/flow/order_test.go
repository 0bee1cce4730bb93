package flow

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"sshell/interp/plan"
	"sshell/remote"
)

// sinks are the kinds of files that output can go to, each with how to read it back.
func sinks(t *testing.T) map[string]func() (*os.File, func() []byte) {
	file := func(flags int) func() (*os.File, func() []byte) {
		return func() (*os.File, func() []byte) {
			name := filepath.Join(t.TempDir(), "out")
			f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR|flags, 0o600)
			if err != nil {
				t.Fatal(err)
			}
			return f, func() []byte {
				f.Close()
				b, _ := os.ReadFile(name)
				return b
			}
		}
	}
	return map[string]func() (*os.File, func() []byte){
		"file":      file(0),
		"file, add": file(os.O_APPEND),
		"pipe": func() (*os.File, func() []byte) {
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			text := make(chan []byte, 1)
			go func() {
				b, _ := io.ReadAll(r)
				r.Close()
				text <- b
			}()
			return w, func() []byte {
				w.Close()
				return <-text
			}
		},
	}
}

// Whatever tasks write, when, and how much: what comes out are their outputs, in order, each whole.
func TestOrder(t *testing.T) {
	for name, open := range sinks(t) {
		for seed := range uint64(6) {
			rnd := rand.New(rand.NewPCG(seed, 3))
			f, read := open()
			stop, err := newWaker()
			if err != nil {
				t.Fatal(err)
			}
			out, err := newSink(f, stop)
			if err != nil {
				t.Fatal(err)
			}
			st := &store{dir: t.TempDir()}
			if seed%4 == 3 {
				st.copies.Store(true)
				out.moves = false
			}
			o := newOrder(orderConfig{store: st, out: out, live: seed%2 == 0, strict: seed%5 == 4})
			want := orderedTasks(t, o, rnd)
			o.release(true)
			if err := o.close(); err != nil {
				t.Errorf("%s, seed %d: %v", name, seed, err)
			}
			if got := read(); !bytes.Equal(got, want) {
				t.Errorf("%s, seed %d: %d bytes, want %d", name, seed, len(got), len(want))
			}
			if st.held.Load() != 0 || st.mem.Load() != 0 {
				t.Errorf("%s, seed %d: %d bytes, %d of them in memory, are still held", name, seed, st.held.Load(), st.mem.Load())
			}
			st.close()
			stop.close()
		}
	}
}

// orderedTasks has tasks write at random and returns what must come out.
func orderedTasks(t *testing.T, o *order, rnd *rand.Rand) []byte {
	var want []byte
	var writers sync.WaitGroup
	for i := range 25 {
		e := o.add()
		text := bytes.Repeat([]byte(fmt.Sprintf("task %d\n", i)), rnd.IntN(4)*rnd.IntN(4)*rnd.IntN(20_000))
		drop := !o.live && rnd.IntN(5) == 0
		if !drop {
			want = append(want, text...)
		}
		pause := time.Duration(rnd.Int64N(int64(3 * time.Millisecond)))
		parts := 1 + rnd.IntN(5)
		writers.Go(func() {
			p, err := newPump(e, true)
			if err != nil {
				t.Error(err)
				return
			}
			time.Sleep(pause)
			for k := range parts {
				p.w.Write(text[k*len(text)/parts : (k+1)*len(text)/parts])
			}
			if err := p.end(context.Background(), false); err != nil || p.n != int64(len(text)) {
				t.Errorf("task %d: %d bytes of %d were moved, %v", i, p.n, len(text), err)
			}
			how := kept
			if drop {
				how = dropped
			}
			o.end(e, how)
		})
	}
	writers.Wait()
	return want
}

func TestLines(t *testing.T) {
	const text = "one\ntwo\n\nfour"
	for size := 1; size <= len(text); size++ {
		var out []byte
		d := &lineDrain{tag: []byte("t\t"), put: func(b []byte) error {
			out = append(out, b...)
			return nil
		}}
		for i := 0; i < len(text); i += size {
			d.add([]byte(text[i:min(i+size, len(text))]))
		}
		d.flush()
		if want := "t\tone\nt\ttwo\nt\t\nt\tfour"; string(out) != want {
			t.Errorf("in pieces of %d: %q, want %q", size, out, want)
		}
	}
	var out []byte
	d := &lineDrain{tag: []byte("t\t"), put: func(b []byte) error {
		out = append(out, b...)
		return nil
	}}
	long := strings.Repeat("x", longestLine)
	d.add([]byte(long))
	d.add([]byte(long))
	d.add([]byte("\ny\n"))
	if want := "t\t" + long + long + "\nt\ty\n"; string(out) != want {
		t.Errorf("a long line: %d bytes, want %d", len(out), len(want))
	}
}

// instant runs tasks that print their number, without processes; the first one waits for the others.
type instant struct {
	others *sync.WaitGroup
	after  func()
}

func (r instant) Run(_ context.Context, t *remote.Task, s remote.Streams) (*remote.Result, error) {
	if t.ID == 0 {
		r.others.Wait()
		r.after()
	}
	fmt.Fprintf(s.Stdout, "task %d\n", t.ID)
	if t.ID > 0 {
		r.others.Done()
	}
	return &remote.Result{Statuses: []plan.Status{0}}, nil
}

// A task that waits for its turn costs less than a kilobyte, one that is done nothing.
func TestMemoryOfTasks(t *testing.T) {
	const tasks = 20_000
	b := newBench(t)
	b.file("list", numbers(0, tasks-1))
	heap := func() int64 {
		var m runtime.MemStats
		for range 3 { // what pools keep outlives a collection
			runtime.GC()
		}
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	var others sync.WaitGroup
	others.Add(tasks - 1)
	var waiting int64
	b.run("parmap -j8 -n 5000 true :::: list") // what is made once, such as buffers, is no task's
	before := heap()
	b.wrap = func(remote.Runner) remote.Runner {
		return instant{&others, func() { waiting = heap() }}
	}
	got := b.run("parmap -j8 x :::: list")
	if !strings.HasPrefix(got.out, "task 0\ntask 1\n") || strings.Count(got.out, "\n") != tasks || got.last() != 0 {
		t.Errorf("printed %.40q, statuses %v, %s", got.out, got.statuses, got.err)
	}
	got = answer{}
	if per := (waiting - before) / tasks; per > 1000 {
		t.Errorf("%d bytes a task that waits", per)
	}
	if per := (heap() - before) / tasks; per > 20 {
		t.Errorf("%d bytes a task that is done", per)
	}
}

func TestProgressLine(t *testing.T) {
	r := &mapRun{}
	r.tally.stop() // nothing is shown
	b := newBench(t)
	if got := b.run("parmap --bar --eta echo ::: a b"); got.err != "" || got.out != "a\nb\n" {
		t.Errorf("stderr %q though it is no terminal", got.err)
	}
}
