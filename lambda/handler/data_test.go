package handler

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"sync"
	"testing"

	"sshell/lambda"
	"sshell/pipes"
	"sshell/pipes/objstore"
	"sshell/remote"
)

// data gives the store of the bucket that tasks read and write.
func (f *function) data() objstore.Store {
	f.t.Helper()
	s, err := f.buckets.Bucket(f.t.Context(), "data-bucket")
	if err != nil {
		f.t.Fatal(err)
	}
	return s
}

func (f *function) put(key, text string) remote.Piece {
	f.t.Helper()
	if err := f.data().Put(f.t.Context(), key, strings.NewReader(text), int64(len(text)), false); err != nil {
		f.t.Fatal(err)
	}
	return remote.Piece{Object: "s3://data-bucket/" + key, End: int64(len(text))}
}

// get gives what an object holds, "-" for none.
func (f *function) get(key string) string {
	f.t.Helper()
	body, err := f.data().Get(f.t.Context(), key, 0, -1)
	if err != nil {
		return "-"
	}
	defer body.Close()
	text, err := io.ReadAll(body)
	if err != nil {
		f.t.Fatal(err)
	}
	return string(text)
}

// toObject lets a task write the object out.
func toObject(task *remote.Task) *remote.Task {
	task.Output = remote.Output{Kind: remote.ObjectOutput, Object: "s3://data-bucket/out", Commit: "s3://data-bucket/commit"}
	return task
}

func TestObjects(t *testing.T) {
	pieces := func(task *remote.Task, p ...remote.Piece) *remote.Task {
		task.Input = remote.Input{Kind: remote.PiecesInput, Pieces: p}
		return task
	}
	for _, c := range []struct {
		name   string
		task   func(f *function) *remote.Task
		object string // "-" for none
		status int    // of the last stage, -1 for an error
		errs   string
	}{
		{"pieces", func(f *function) *remote.Task {
			a, b := f.put("a", "alpha"), f.put("b", "beta\n")
			a.Start = 3
			return toObject(pieces(argv("cat"), a, b))
		}, "habeta\n", 0, ""},
		{"status", func(*function) *remote.Task { return toObject(argv("sh", "-c", "echo x; echo y >&2; exit 3")) }, "x\n", 3, "y\n"},
		{"nothing", func(*function) *remote.Task { return toObject(argv("true")) }, "", 0, ""},
		{"large", func(*function) *remote.Task { return toObject(argv("head", "-c", "3000000", "/dev/zero")) },
			strings.Repeat("\x00", 3000000), 0, ""},
		{"join", func(f *function) *remote.Task {
			return toObject(pieces(&remote.Task{}, f.put("a", "al"), f.put("b", "pha")))
		}, "alpha", 0, ""},
		{"missing piece", func(*function) *remote.Task {
			return toObject(pieces(argv("cat"), remote.Piece{Object: "s3://data-bucket/no", End: 1}))
		}, "-", -1, ""},
		{"missing piece of a join", func(*function) *remote.Task {
			return toObject(pieces(&remote.Task{}, remote.Piece{Object: "s3://data-bucket/no", End: 1}))
		}, "-", -1, ""},
		{"not found", func(*function) *remote.Task { return toObject(argv("no-such-command")) }, "-", -1, ""},
		{"reader that leaves", func(f *function) *remote.Task {
			return toObject(pieces(argv("head", "-c", "1"), f.put("a", strings.Repeat("x", 1<<20))))
		}, "x", 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFunction(t)
			o := f.do(t.Context(), c.task(f), nil)
			if got := f.get("out"); got != c.object {
				t.Errorf("object of %d bytes, want %d", len(got), len(c.object))
			}
			if o.out != "" || o.errs != c.errs {
				t.Errorf("stdout %q, stderr %q, want %q there", o.out, o.errs, c.errs)
			}
			if c.status < 0 {
				if o.err == nil {
					t.Error("no error")
				}
				return
			}
			if o.err != nil || o.result.Statuses[len(o.result.Statuses)-1] != c.status || o.result.Out != int64(len(c.object)) {
				t.Errorf("result %+v, %v", o.result, o.err)
			}
		})
	}
}

// Both outputs in one file become one object.
func TestObjectOfBothOutputs(t *testing.T) {
	f := newFunction(t)
	task := toObject(argv("sh", "-c", "echo x; echo y >&2"))
	task.Run = "run"
	r, err := f.runner.Run(t.Context(), task, remote.Streams{})
	if err != nil || r.Out != 4 || f.get("out") != "x\ny\n" {
		t.Errorf("%+v, %v, object %q", r, err, f.get("out"))
	}
}

// The second attempt at a task that has committed does not run.
func TestSecondAttempt(t *testing.T) {
	f := newFunction(t)
	first := f.do(t.Context(), toObject(argv("sh", "-c", "echo x; exit 3")), nil)
	again := toObject(argv("sh", "-c", "echo other"))
	again.Attempt, again.Output.Object = 1, "s3://data-bucket/other"
	second := f.do(t.Context(), again, nil)
	if first.err != nil || second.err != nil || second.result.Statuses[0] != 3 || second.result.Object != "s3://data-bucket/out" {
		t.Errorf("%+v, %v, then %+v, %v", first.result, first.err, second.result, second.err)
	}
	if f.get("other") != "-" {
		t.Error("the second attempt stored something")
	}
}

// A task that writes a stream ends as a command before a pipe does.
func TestPipeOutput(t *testing.T) {
	for _, c := range []struct {
		task   *remote.Task
		lines  int // that are read before the reader leaves, 0 for all
		last   string
		status int // -1 for an error
	}{
		{argv("sh", "-c", "seq 100000; exit 3"), 0, "100000", 3},
		{argv("yes"), 1, "y", 141},
		{argv("no-such-command"), 0, "", -1},
		{argv("true"), 0, "", 0},
	} {
		f := newFunction(t)
		c.task.Output = remote.Output{Kind: remote.PipeOutput, Stream: "between"}
		var last string
		var read sync.WaitGroup
		read.Go(func() {
			r, err := lambda.Streams(f.work(), "run").Open(t.Context(), "between")
			if err != nil {
				t.Error(err)
				return
			}
			lines := bufio.NewScanner(r)
			for n := 0; (c.lines == 0 || n < c.lines) && lines.Scan(); n++ {
				last = lines.Text()
			}
			if err := errors.Join(lines.Err(), r.Close()); err != nil {
				t.Error(err)
			}
		})
		o := f.run(t.Context(), c.task, nil)
		read.Wait()
		if last != c.last || o.out != "" || (o.err != nil) != (c.status < 0) || o.err == nil && o.result.Statuses[0] != c.status {
			t.Errorf("%q: last line %q, %+v, %v", c.task.Stages[0].Argv, last, o.result, o.err)
		}
		f.removeStream("between")
	}
}

// work gives the store of the work bucket.
func (f *function) work() objstore.Store {
	f.t.Helper()
	s, err := f.buckets.Bucket(f.t.Context(), "work-bucket")
	if err != nil {
		f.t.Fatal(err)
	}
	return s
}

// removeStream removes a stream, and looks that nothing stays.
func (f *function) removeStream(name string) {
	f.t.Helper()
	if err := f.runner.RemoveStream(f.t.Context(), "run", name); err != nil {
		f.t.Error(err)
	}
	if keys := f.left(); len(keys) > 0 {
		f.t.Errorf("left in the bucket: %q", keys)
	}
}

// A task reads a stream to its end, and tells the writer if it leaves before. It never sees the end of a broken one.
func TestPipeInput(t *testing.T) {
	for _, c := range []struct {
		task  *remote.Task
		write func(w pipes.Writer) error
		want  string
		fails bool
	}{
		{argv("tail", "-n", "1"), func(w pipes.Writer) error {
			_, err := io.WriteString(w, strings.Repeat("x\n", 100000)+"last\n")
			return errors.Join(err, w.End(1))
		}, "last\n", false},
		{argv("head", "-n", "1"), func(w pipes.Writer) error {
			for {
				if _, err := io.WriteString(w, strings.Repeat("y\n", 1<<16)); err != nil {
					if errors.Is(err, pipes.ErrReaderGone) {
						err = nil
					}
					return err
				}
			}
		}, "y\n", false},
		{argv("wc", "-c"), func(w pipes.Writer) error {
			_, err := io.WriteString(w, "part")
			w.Break(&pipes.Broken{Cause: "lost"})
			return err
		}, "", true},
	} {
		f := newFunction(t)
		w, err := lambda.Streams(f.work(), "run").Create(t.Context(), "between")
		if err != nil {
			t.Fatal(err)
		}
		var written sync.WaitGroup
		written.Go(func() {
			if err := c.write(w); err != nil {
				t.Error(err)
			}
			w.Break(&pipes.Broken{Cause: "over"})
		})
		c.task.Input = remote.Input{Kind: remote.PipeInput, Stream: "between"}
		o := f.run(t.Context(), c.task, nil)
		written.Wait()
		if o.out != c.want || (o.err != nil) != c.fails {
			t.Errorf("%q: %q, %v", c.task.Stages[0].Argv, o.out, o.err)
		}
		f.removeStream("between")
	}
}

// list runs a reader of a list that add writes.
func list(t *testing.T, task *remote.Task, add func(f *function, l remote.Lister)) outcome {
	f := newFunction(t)
	l, err := f.runner.List(t.Context(), "run", "list")
	if err != nil {
		t.Fatal(err)
	}
	task.Input = remote.Input{Kind: remote.ListInput, Stream: "list"}
	var added sync.WaitGroup
	added.Go(func() { add(f, l) })
	o := f.run(t.Context(), task, nil)
	added.Wait()
	l.Break("over")
	f.removeStream("list")
	return o
}

func TestLists(t *testing.T) {
	ctx := context.Background()
	o := list(t, argv("sort", "-n"), func(f *function, l remote.Lister) {
		for i := range 30 {
			if gone, err := l.Add(f.put(strconv.Itoa(i), strconv.Itoa(30-i)+"\n")); gone || err != nil {
				t.Error(gone, err)
			}
		}
		if err := l.End(0); err != nil {
			t.Error(err)
		}
	})
	if lines := strings.Fields(o.out); o.err != nil || len(lines) != 30 || lines[29] != "30" {
		t.Errorf("%q, %v", o.out, o.err)
	}
	o = list(t, argv("head", "-n", "1"), func(f *function, l remote.Lister) {
		for p, gone := f.put("a", strings.Repeat("x\n", 1<<16)), false; !gone && ctx.Err() == nil; {
			var err error
			if gone, err = l.Add(p); err != nil {
				t.Error(err)
				return
			}
		}
	})
	if o.err != nil || o.out != "x\n" {
		t.Errorf("a reader that leaves: %q, %v", o.out, o.err)
	}
	o = list(t, argv("cat"), func(f *function, l remote.Lister) {
		if _, err := l.Add(f.put("a", "part")); err != nil {
			t.Error(err)
		}
		l.Break("a task was lost")
	})
	if o.err == nil {
		t.Errorf("a list that is no whole gave %q", o.out)
	}
}
