package lambda

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"

	"sshell/pipes"
	"sshell/remote"
)

// deaths are ends of an invocation whose function could not end its streams.
var deaths = []struct {
	name   string
	answer func() (*sdk.InvokeOutput, error)
	lost   bool // so that another attempt may be made
}{
	{"killed", failed("Runtime.ExitError", "Runtime exited with error: signal: killed"), true},
	{"out of memory", failed("Runtime.OutOfMemory", "Runtime exited with error: signal: killed"), true},
	{"crashed", failed("Runtime.ExitError", "Runtime exited with error: exit status 2"), true},
	{"time-out", failed("Sandbox.Timedout", "Task timed out after 3.00 seconds"), false},
	{"connection reset", func() (*sdk.InvokeOutput, error) { return nil, errors.New("connection reset by peer") }, true},
	{"half an answer", func() (*sdk.InvokeOutput, error) {
		return &sdk.InvokeOutput{StatusCode: 200, Payload: []byte(`{"sshell":`)}, nil
	}, false},
}

func failed(kind, message string) func() (*sdk.InvokeOutput, error) {
	payload := `{"errorType":"` + kind + `","errorMessage":"RequestId: x Error: ` + message + `"}`
	return func() (*sdk.InvokeOutput, error) {
		return &sdk.InvokeOutput{StatusCode: 200, FunctionError: aws.String("Unhandled"), Payload: []byte(payload)}, nil
	}
}

// TestDeathAmidAStream: what a function wrote before it died is never taken for the whole. The attempt has no result, and a task that
// reads from it learns that there will be no more.
func TestDeathAmidAStream(t *testing.T) {
	for _, c := range deaths {
		for _, kind := range []remote.OutputKind{remote.StreamOutput, remote.PipeOutput} {
			t.Run(c.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { dieAmid(t, c.answer, c.lost, kind) })
			})
		}
	}
}

func dieAmid(t *testing.T, answer func() (*sdk.InvokeOutput, error), lost bool, kind remote.OutputKind) {
	data := bytes.Repeat([]byte("line\n"), 100<<10)
	var r *Runner
	r = newRunner(t, invoker(func(_ context.Context, req *Request) (*sdk.InvokeOutput, error) {
		name := "edge/0"
		if kind == remote.StreamOutput {
			name = req.Stdout
		}
		// In a transport of its own, as the function has, whose writer says no last word.
		w, err := Streams(r.cfg.Store, req.Run).Create(t.Context(), name)
		if err != nil {
			return nil, err
		}
		t.Cleanup(func() { w.Break(nil) })
		if _, err := w.Write(data); err != nil {
			return nil, err
		}
		time.Sleep(time.Second)
		return answer()
	}))
	task := argv("cat")
	task.Output = remote.Output{Kind: kind, Stream: "edge/0"}
	reader, err := Streams(r.cfg.Store, task.Run).Open(t.Context(), "edge/0")
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	out, in := file(t), input(t, "")
	result, err := r.Run(t.Context(), task, remote.Streams{Stdin: in, Stdout: out})
	if err == nil || result != nil || lost != isLost(err) {
		t.Errorf("got %+v, %v", result, err)
	}
	if kind == remote.PipeOutput {
		got, err := io.ReadAll(reader)
		if !bytes.HasPrefix(data, got) || len(got) == 0 || !errors.Is(err, pipes.ErrBroken) {
			t.Errorf("the next task reads %d of %d bytes, %v", len(got), len(data), err)
		}
	} else if got := content(t, out); !strings.HasPrefix(string(data), got) {
		t.Errorf("%d bytes of other output", len(got))
	}
	if err := r.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
