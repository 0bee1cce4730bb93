package flow

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sshell/remote"
)

// unheard loses the first attempt at each task but tac's before anything of it is heard, its input taken.
type unheard struct {
	*storing
	once bool
}

func (u unheard) Run(ctx context.Context, t *remote.Task, s remote.Streams) (*remote.Result, error) {
	argv := append(t.Stages[0].Argv, "")
	if t.Attempt > 0 || argv[0] == "tac" {
		if t.Input.Kind == remote.PipeInput && !u.once { // whose reader finds in the first one where to go on
			again := *t
			again.Input.Stream += "-1"
			t = &again
		}
		if t.Input.Kind == remote.InlineInput {
			return u.inline(ctx, t, s)
		}
		return u.storing.Run(ctx, t, s)
	}
	lost := &remote.UnheardError{Err: remote.ErrLost}
	if t.Input.Kind != remote.StreamInput {
		return nil, lost
	}
	lost.Taken = true
	data, err := io.ReadAll(s.Stdin)
	if err != nil {
		return nil, err
	}
	if info, err := s.Stdin.Stat(); err == nil && !info.Mode().IsRegular() && len(data) < 100 {
		lost.Input = &remote.Input{Kind: remote.InlineInput, Inline: data}
	}
	return nil, lost
}

// inline runs a task whose input is in it, as a file.
func (u unheard) inline(ctx context.Context, t *remote.Task, s remote.Streams) (*remote.Result, error) {
	f, err := os.CreateTemp("", "")
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	f.Write(t.Input.Inline)
	f.Seek(0, io.SeekStart)
	again := *t
	again.Input, s.Stdin = remote.Input{Kind: remote.StreamInput}, f
	return u.storing.Run(ctx, &again, s)
}

// A stage of which nothing was heard is made again, if its input can be had again, and it may run twice.
func TestUnheardIsMadeAgain(t *testing.T) {
	long := numbers(1, 100)
	for _, c := range []struct {
		line, stdin string
		file        bool
		want        string // empty for a failure
	}{
		{"on local echo x", "", false, "x\n"},
		{"on local cat", "a\nb\n", false, "a\nb\n"},
		{"on local cat", long, false, ""},
		{"on local cat", long, true, long},
		{"on local --once echo x", "", false, ""},
		{"on local --memory 5 seq 3 | on local --memory 6 tac", "", false, "3\n2\n1\n"},
		{"on local --memory 5 --once seq 3 | on local --memory 6 tac", "", false, ""},
		{"on local --memory 5 seq 3 | on local --memory 6 cat", "", false, "1\n2\n3\n"},
	} {
		b := newStoreBench(t)
		check := checkLeaks(t, b.bench)
		b.wrap = func(remote.Runner) remote.Runner {
			return unheard{b.store, strings.Contains(c.line, "--once")}
		}
		b.stdin = c.stdin
		if c.file {
			b.file("in", c.stdin)
			f, err := os.Open(filepath.Join(b.dir, "in"))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			b.input = f
		}
		a := b.run(c.line)
		if a.out != c.want || (a.last() == 0) != (c.want != "") {
			t.Errorf("%s: %q, %q, %v", c.line, a.out, a.err, a.statuses)
		}
		if keys := b.left(); len(keys) > 0 {
			t.Errorf("%s: left %q", c.line, keys)
		}
		check()
	}
}
