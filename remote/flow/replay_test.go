package flow

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"

	"sshell/interp/plan"
	"sshell/remote"
)

// again is a target that loses every attempt but the last: each writes its text. One that is lost ends when seen is closed.
type again struct {
	texts []string
	seen  chan struct{}
}

func (r again) Run(_ context.Context, t *remote.Task, s remote.Streams) (*remote.Result, error) {
	if _, err := io.WriteString(s.Stdout, r.texts[t.Attempt]); err != nil {
		return nil, err
	}
	if t.Attempt < len(r.texts)-1 {
		<-r.seen
		return nil, fmt.Errorf("gone: %w", remote.ErrLost)
	}
	return &remote.Result{Statuses: []plan.Status{0}}, nil
}

// Where attempts are lost output is passed on as it comes, and another attempt goes on where the lost one was, or the run fails.
func TestReplay(t *testing.T) {
	const differs = "sshell: parmap: part of a task's output has been passed on before its attempt was lost, and the next one writes something else\n"
	long := strings.Repeat("0123456789\n", 30_000)
	for _, c := range []struct {
		options string
		texts   []string
		want    string
		err     string
	}{
		{"", []string{"a\nb\n", "a\nb\nc\n"}, "a\nb\nc\n", ""},
		{"", []string{"a\nb", "a\n", "a\nb\nc\n"}, "a\nb\nc\n", ""},
		{"", []string{long, long + "end\n"}, long + "end\n", ""},
		{"--tag", []string{"a\nb", "a\nbc\n"}, "1\ta\n1\tbc\n", ""},
		{"-u", []string{"a\nb", "a\nbc\n"}, "a\nbc\n", ""},
		{"--line-buffer", []string{"a\nb", "a\nbc"}, "a\nbc", ""},
		{"--line-buffer --tag", []string{"a\nb", "a\nbc\n"}, "1\ta\n1\tbc\n", ""},
		{"--line-buffer -k", []string{"a\nb", "a\nbc\n"}, "a\nbc\n", ""},
		{"", []string{"a\nb\n", "a\nx\nc\n"}, "a\nb\n", differs},
		{"", []string{"a\nb\n", "a\n"}, "a\nb\n", differs},
		{"-u", []string{"a\nb\n", "a\nx\nc\n"}, "a\nb\n", differs},
		{"--line-buffer", []string{"a\nb\n", ""}, "a\nb\n", differs},
	} {
		b := newBench(t)
		b.target = target
		seen := make(chan struct{})
		b.wrap = func(remote.Runner) remote.Runner { return again{c.texts, seen} }
		out, got := b.whileRead("parmap "+c.options+" /bin/echo ::: 1", seen)
		status := 0
		if c.err != "" {
			status = 125
		}
		if out != c.want || got.last() != status || !strings.HasSuffix(c.err, got.err) || (c.err == "") != (got.err == "") {
			t.Errorf("%s %.40q: printed %.80q, %v, %q, want %.80q, %q", c.options, c.texts, out, got.statuses, got.err, c.want, c.err)
		}
	}
}

// whileRead runs a segment whose output is read as it comes. seen is closed after the first line of it.
func (b *bench) whileRead(line string, seen chan struct{}) (string, answer) {
	b.t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		b.t.Fatal(err)
	}
	var text strings.Builder
	var reading sync.WaitGroup
	reading.Go(func() {
		defer r.Close()
		in := bufio.NewReader(r)
		first, _ := in.ReadString('\n')
		close(seen)
		text.WriteString(first)
		io.Copy(&text, in)
	})
	errs, read := b.collector()
	got := b.runTo(b.t.Context(), line, w, errs)
	errs.Close()
	w.Close()
	reading.Wait()
	got.err = read()
	return text.String(), got
}
