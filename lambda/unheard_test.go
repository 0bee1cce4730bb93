package lambda

import (
	"bytes"
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"

	"sshell/remote"
)

// An attempt that was lost says whether anything of it was heard, and what stands for the input that it took.
func TestUnheard(t *testing.T) {
	for _, said := range []string{"", "something"} {
		r := newRunner(t, loud(said))
		task := argv("cat")
		task.Input.Kind = remote.StreamInput
		in, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		w.WriteString("a line\n")
		w.Close()
		_, err = r.Run(t.Context(), task, remote.Streams{Stdin: in, Stdout: file(t)})
		var unheard *remote.UnheardError
		if silent := errors.As(err, &unheard); !isLost(err) || silent != (said == "") {
			t.Errorf("it said %q: %v", said, err)
		}
		if unheard != nil && (!unheard.Taken || unheard.Input == nil || string(unheard.Input.Inline) != "a line\n") {
			t.Errorf("input %+v", unheard)
		}
		ctx, over := context.WithCancel(t.Context())
		over()
		r.Close(ctx)
	}
}

// loud is a function whose connection is lost when it has said something.
type loud string

func (l loud) Invoke(_ context.Context, _ string, _ []byte, take func([]byte) error) error {
	if l != "" {
		var frames bytes.Buffer
		if err := errors.Join(NewLive(&frames).Output(1, []byte(l)), take(frames.Bytes())); err != nil {
			return err
		}
	}
	return errors.New("connection reset by peer")
}

// What the tasks of a run have started is removed at its end if one of them could not see to it, and left to them otherwise.
func TestNestedRunsAreRemoved(t *testing.T) {
	for _, c := range []struct {
		name string
		say  Response
		left bool
	}{
		{"a task that ended", Response{}, true},
		{"one that left processes", Response{Killed: true}, false},
		{"one that was stopped", Response{Deadline: true}, false},
		{"one that failed", Response{Failure: &Failure{Message: "x"}}, false},
	} {
		r := newRunner(t, invoker(func(context.Context, *Request) (*sdk.InvokeOutput, error) { return responds(&c.say), nil }))
		for _, key := range []string{"tmp/run.inner/pipes/x/0", "tmp/run.inner.most/cancel/x", "tmp/runner/x", "tmp/run/tasks/1/0"} {
			if err := r.cfg.Store.Put(t.Context(), key, strings.NewReader(""), 0, false); err != nil {
				t.Fatal(err)
			}
		}
		r.Run(t.Context(), argv("true"), remote.Streams{})
		if err := r.End(t.Context(), "run"); err != nil {
			t.Error(err)
		}
		keys := kept(t, r)
		nested := slices.ContainsFunc(keys, func(key string) bool { return strings.HasPrefix(key, "tmp/run.") })
		if nested != c.left || !slices.Contains(keys, "tmp/runner/x") || !slices.Contains(keys, "tmp/run/tasks/1/0") {
			t.Errorf("%s: there is %q", c.name, keys)
		}
	}
}
