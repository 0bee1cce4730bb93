package lambda

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"sshell/interp/plan"
	"sshell/pipes"
	"sshell/pipes/objstore"
	"sshell/remote"
)

// invoker is a function of the test behind the SDK's seam.
type invoker func(ctx context.Context, req *Request) (*sdk.InvokeOutput, error)

func (f invoker) Invoke(ctx context.Context, function string, payload []byte, take func([]byte) error) error {
	if function != "sshell" || len(payload) > MaxPayload {
		return errors.New("unexpected invocation")
	}
	req, err := DecodeRequest(payload)
	if err != nil {
		return err
	}
	out, err := f(ctx, req)
	switch {
	case err != nil:
		return err
	case out.FunctionError != nil:
		return &FunctionError{out.Payload}
	}
	return take(out.Payload)
}

// says answers with a result of status 0 and some output.
func says(stdout, stderr string) *sdk.InvokeOutput {
	result, err := remote.EncodeResult(&remote.Result{Statuses: []plan.Status{0}})
	if err != nil {
		panic(err)
	}
	var frames bytes.Buffer
	l := NewLive(&frames)
	if err := errors.Join(l.Output(1, []byte(stdout)), l.Output(2, []byte(stderr)), l.End(responds(&Response{Result: result}).Payload)); err != nil {
		panic(err)
	}
	return &sdk.InvokeOutput{Payload: frames.Bytes()}
}

func responds(r *Response) *sdk.InvokeOutput {
	payload, err := EncodeResponse(r)
	if err != nil {
		panic(err)
	}
	return &sdk.InvokeOutput{StatusCode: 200, Payload: payload}
}

// stored lists the keys of a runner's store.
func kept(t *testing.T, r *Runner) (keys []string) {
	t.Helper()
	for o, err := range r.cfg.Store.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(o.Key, "artifacts/") { // which stay for other runs
			keys = append(keys, o.Key)
		}
	}
	return keys
}

// file is a file that can be read back.
func file(t *testing.T) *os.File {
	t.Helper()
	f, err := os.Create(t.TempDir() + "/out")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func content(t *testing.T, f *os.File) string {
	t.Helper()
	data, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// input gives a pipe that holds data and ends.
func input(t *testing.T, data string) *os.File {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	go func() {
		io.WriteString(w, data)
		w.Close()
	}()
	return r
}

func TestInlineBothWays(t *testing.T) {
	r := newRunner(t, invoker(func(_ context.Context, req *Request) (*sdk.InvokeOutput, error) {
		task, err := remote.DecodeTask(req.Task.Inline)
		if err != nil {
			return nil, err
		}
		return says(string(task.Input.Inline)+task.Stages[0].Argv[0], "err\xff"), nil
	}))
	out, errs := file(t), file(t)
	task := argv("caf\xe9")
	task.Input.Kind = remote.StreamInput
	in, err := os.Open("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if _, err := r.Run(t.Context(), task, remote.Streams{Stdin: in, Stdout: out, Stderr: errs}); err != nil {
		t.Fatal(err)
	}
	if got := content(t, out) + content(t, errs); got != "caf\xe9err\xff" {
		t.Errorf("got %q", got)
	}
	if keys := kept(t, r); len(keys) > 0 {
		t.Errorf("left %q", keys)
	}
}

func TestStreamsBothWays(t *testing.T) {
	big := strings.Repeat("0123456789abcde\n", 64<<10) // 1 MiB
	var transport pipes.Transport
	r := newRunner(t, invoker(func(ctx context.Context, req *Request) (*sdk.InvokeOutput, error) {
		in, err := transport.Open(ctx, req.Stdin)
		if err != nil {
			return nil, err
		}
		defer in.Close()
		for name, from := range map[string]io.Reader{req.Stdout: in, req.Stderr: strings.NewReader("errors")} {
			w, err := transport.Create(ctx, name)
			if err != nil {
				return nil, err
			}
			if _, err := io.Copy(w, from); err != nil {
				return nil, err
			}
			if err := w.End(0); err != nil {
				return nil, err
			}
		}
		response := &Response{Stdout: Output{Streamed: true}, Stderr: Output{Streamed: true}}
		response.Result, err = remote.EncodeResult(&remote.Result{Statuses: []plan.Status{3}})
		return responds(response), err
	}))
	transport = r.cfg.Transport("run")
	out, errs := file(t), file(t)
	task := argv("cat")
	task.Input.Kind = remote.StreamInput
	result, err := r.Run(t.Context(), task, remote.Streams{Stdin: input(t, big), Stdout: out, Stderr: errs})
	if err != nil || result.Statuses[0] != 3 {
		t.Fatalf("got %+v, %v", result, err)
	}
	if got := content(t, out); got != big || content(t, errs) != "errors" {
		t.Errorf("got %d bytes and %q, want %d and the errors", len(got), content(t, errs), len(big))
	}
}

func TestOutputsToOnePlaceAreOneStream(t *testing.T) {
	r := newRunner(t, invoker(func(_ context.Context, req *Request) (*sdk.InvokeOutput, error) {
		if req.Stderr != "" {
			return nil, errors.New("two streams")
		}
		return says("both", ""), nil
	}))
	f := file(t)
	if _, err := r.Run(t.Context(), argv("x"), remote.Streams{Stdout: f, Stderr: f}); err != nil || content(t, f) != "both" {
		t.Errorf("got %q, %v", content(t, f), err)
	}
}

// puts counts what is stored.
type puts struct {
	objstore.Store
	mu   sync.Mutex
	keys []string
}

func (p *puts) Put(ctx context.Context, key string, body io.Reader, size int64, create bool) error {
	p.mu.Lock()
	p.keys = append(p.keys, key)
	p.mu.Unlock()
	return p.Store.Put(ctx, key, body, size, create)
}

func TestSharedStateIsStoredOnce(t *testing.T) {
	value := strings.Repeat("\xe9", inlineShare)
	snapshot := &plan.Snapshot{Version: plan.SnapshotVersion, Vars: []plan.Variable{{Name: "v", Set: true, Value: value}}}
	store := &puts{}
	r := newRunner(t, invoker(func(ctx context.Context, req *Request) (*sdk.InvokeOutput, error) {
		data, err := req.Shared.Fetch(ctx, store, req.Run)
		if err != nil {
			return nil, err
		}
		var shared Shared
		if err := plan.Unmarshal(data, &shared); err != nil || shared.Snapshot.Vars[0].Value != value {
			return nil, errors.New("not the snapshot")
		}
		return says("", ""), nil
	}))
	store.Store, r.cfg.Store = r.cfg.Store, store
	var group sync.WaitGroup
	for i := range 50 {
		group.Go(func() {
			task := argv("true")
			task.ID, task.Snapshot = i, snapshot
			if _, err := r.Run(t.Context(), task, remote.Streams{}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if len(store.keys) != 1 {
		t.Errorf("stored %d times", len(store.keys))
	}
	if err := r.End(t.Context(), "run"); err != nil || len(kept(t, r)) > 0 {
		t.Errorf("after the run: %q, %v", kept(t, r), err)
	}
}

func TestTaskOverThePayloadIsStored(t *testing.T) {
	word := strings.Repeat("w", MaxPayload)
	var store objstore.Store
	r := newRunner(t, invoker(func(ctx context.Context, req *Request) (*sdk.InvokeOutput, error) {
		data, err := req.Task.Fetch(ctx, store, req.Run)
		if err != nil {
			return nil, err
		}
		task, err := remote.DecodeTask(data)
		if err != nil || task.Stages[0].Argv[1] != word {
			return nil, errors.New("not the task")
		}
		return says("", ""), nil
	}))
	store = r.cfg.Store
	if _, err := r.Run(t.Context(), argv("echo", word), remote.Streams{}); err != nil {
		t.Error(err)
	}
}

func TestFunctionsThatDie(t *testing.T) {
	for _, c := range []struct {
		name, payload string
		check         func(*remote.Result, error) bool
		says          string
	}{
		{"time-out", `{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: x Error: Task timed out after 3.00 seconds"}`,
			func(r *remote.Result, err error) bool {
				return err == nil && r.TimedOut && slices.Equal(r.Statuses, []plan.Status{124, 124})
			}, "time was up"},
		{"old time-out", `{"errorMessage":"2020-01-01T00:00:00.000Z x Task timed out after 3.00 seconds"}`,
			func(r *remote.Result, err error) bool { return err == nil && r.TimedOut }, "time was up"},
		{"memory", `{"errorType":"Runtime.OutOfMemory","errorMessage":"RequestId: x Error: Runtime exited with error: signal: killed"}`,
			func(_ *remote.Result, err error) bool {
				return isLost(err) && strings.Contains(err.Error(), "want of memory")
			}, ""},
		{"killed", `{"errorType":"Runtime.ExitError","errorMessage":"RequestId: x Error: Runtime exited with error: signal: killed"}`,
			func(_ *remote.Result, err error) bool { return isLost(err) }, ""},
		{"exit", `{"errorType":"Runtime.ExitError","errorMessage":"RequestId: x Error: Runtime exited with error: exit status 1"}`,
			func(_ *remote.Result, err error) bool {
				return isLost(err) && strings.Contains(err.Error(), "exit status 1")
			}, ""},
		{"no program", `{"errorType":"Runtime.InvalidEntrypoint","errorMessage":"RequestId: x Error: fork/exec /var/task/bootstrap: exec format error"}`,
			func(_ *remote.Result, err error) bool {
				return isNotStarted(err) && strings.Contains(err.Error(), "exec format error: run sshellctl deploy")
			}, ""},
		{"no JSON", "\xff", func(_ *remote.Result, err error) bool { return isLost(err) }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRunner(t, invoker(func(context.Context, *Request) (*sdk.InvokeOutput, error) {
				return &sdk.InvokeOutput{StatusCode: 200, FunctionError: aws.String("Unhandled"), Payload: []byte(c.payload)}, nil
			}))
			task := argv("a")
			task.Stages = append(task.Stages, remote.Stage{Argv: []string{"b"}})
			task.Input = remote.Input{Kind: remote.ChunkInput, Object: "s3://b/k", End: 1}
			errs := file(t)
			if result, err := r.Run(t.Context(), task, remote.Streams{Stderr: errs}); !c.check(result, err) {
				t.Errorf("got %+v, %v", result, err)
			}
			if got := content(t, errs); !strings.Contains(got, c.says) || (got != "") != (c.says != "") {
				t.Errorf("said %q, want %q", got, c.says)
			}
			if keys := kept(t, r); len(keys) > 0 {
				t.Errorf("left %q", keys)
			}
		})
	}
}

func TestOtherFunctionVersion(t *testing.T) {
	for _, payload := range []string{`{"sshell":7,"error":"request of version 1"}`, `"Hello from Lambda!"`} {
		r := newRunner(t, invoker(func(context.Context, *Request) (*sdk.InvokeOutput, error) {
			return &sdk.InvokeOutput{StatusCode: 200, Payload: []byte(payload)}, nil
		}))
		_, err := r.Run(t.Context(), argv("true"), remote.Streams{})
		if !isNotStarted(err) || !strings.Contains(err.Error(), "another version") || !strings.Contains(err.Error(), "sshellctl deploy") {
			t.Errorf("%s: got %v", payload, err)
		}
	}
}

func TestBusyIsAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		r := newRunner(t, invoker(func(context.Context, *Request) (*sdk.InvokeOutput, error) {
			if asked++; asked < 10 {
				return nil, &types.TooManyRequestsException{}
			}
			return says("", ""), nil
		}))
		if _, err := r.Run(t.Context(), argv("true"), remote.Streams{}); err != nil || asked != 10 {
			t.Errorf("got %v after %d requests", err, asked)
		}
	})
}

func TestBusyForTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRunner(t, invoker(func(context.Context, *Request) (*sdk.InvokeOutput, error) {
			return nil, &types.TooManyRequestsException{}
		}))
		if _, err := r.Run(t.Context(), argv("true"), remote.Streams{}); !isLost(err) || !errors.Is(err, ErrBusy) {
			t.Errorf("got %v", err)
		}
		ctx, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		if _, err := r.Run(ctx, argv("true"), remote.Streams{}); err != context.DeadlineExceeded {
			t.Errorf("cancelled: got %v", err)
		}
	})
}

func TestCancelWaitsForTheFunction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var store objstore.Store
		r := newRunner(t, invoker(func(ctx context.Context, req *Request) (*sdk.InvokeOutput, error) {
			for {
				time.Sleep(LookEvery)
				if ctx.Err() != nil {
					t.Error("the connection was dropped")
				}
				if _, err := objstore.Stat(ctx, store, req.Cancel); err == nil {
					return responds(&Response{Failure: &Failure{Kind: Cancelled}}), nil
				}
			}
		}))
		store = r.cfg.Store
		ctx, stop := context.WithTimeout(t.Context(), 5*time.Second)
		defer stop()
		began := time.Now()
		if _, err := r.Run(ctx, argv("sleep"), remote.Streams{}); err != context.DeadlineExceeded {
			t.Errorf("got %v", err)
		}
		if took := time.Since(began); took != 6*time.Second {
			t.Errorf("took %v", took)
		}
		if keys := kept(t, r); len(keys) > 0 {
			t.Errorf("left %q", keys)
		}
	})
}

func TestLostFunctionIsToldAndAwaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRunner(t, invoker(func(context.Context, *Request) (*sdk.InvokeOutput, error) {
			return nil, errors.New("connection reset by peer")
		}))
		if _, err := r.Run(t.Context(), argv("true"), remote.Streams{}); !isLost(err) {
			t.Fatalf("got %v", err)
		}
		marks := kept(t, r)
		if len(marks) != 1 || !strings.HasPrefix(marks[0], "tmp/run/cancel/") {
			t.Fatalf("stored %q, want a mark", marks)
		}
		go func() { // the function, which stops
			time.Sleep(3 * time.Second)
			if err := r.cfg.Store.Delete(t.Context(), marks...); err != nil {
				t.Error(err)
			}
		}()
		began := time.Now()
		if err := r.Close(t.Context()); err != nil || time.Since(began) != 4*time.Second {
			t.Errorf("closed after %v: %v", time.Since(began), err)
		}
	})
}

func TestLostFunctionIsGoneAtItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRunner(t, invoker(func(context.Context, *Request) (*sdk.InvokeOutput, error) {
			return nil, errors.New("connection reset by peer")
		}))
		for range 2 {
			if _, err := r.Run(t.Context(), argv("true"), remote.Streams{}); !isLost(err) {
				t.Fatalf("got %v", err)
			}
		}
		began := time.Now()
		if err := r.Close(t.Context()); err != nil || time.Since(began) != MaxTimeout+MaxInit {
			t.Errorf("closed after %v: %v", time.Since(began), err)
		}
		if keys := kept(t, r); len(keys) > 0 {
			t.Errorf("left %q", keys)
		}
	})
}

func TestCloseDoesNotWaitLongerThanItMay(t *testing.T) {
	r := newRunner(t, invoker(func(context.Context, *Request) (*sdk.InvokeOutput, error) {
		return nil, errors.New("connection reset by peer")
	}))
	if _, err := r.Run(t.Context(), argv("true"), remote.Streams{}); !isLost(err) {
		t.Fatalf("got %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := r.Close(ctx); err == nil {
		t.Error("no error")
	}
	if keys := kept(t, r); len(keys) > 0 {
		t.Errorf("left %q", keys)
	}
}

// deaf is a store whose answers to writes of marks are lost.
type deaf struct{ objstore.Store }

func (d deaf) Put(ctx context.Context, key string, body io.Reader, size int64, create bool) error {
	err := d.Store.Put(ctx, key, body, size, create)
	if strings.HasPrefix(key, "tmp/run/cancel/") {
		return errors.Join(err, errors.New("connection reset by peer"))
	}
	return err
}

func TestMarkWhoseAnswerWasLostIsRemoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRunner(t, invoker(func(context.Context, *Request) (*sdk.InvokeOutput, error) {
			return nil, errors.New("connection reset by peer")
		}))
		r.cfg.Store = deaf{r.cfg.Store}
		if _, err := r.Run(t.Context(), argv("true"), remote.Streams{}); !isLost(err) {
			t.Fatalf("got %v", err)
		}
		ctx, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		if err := r.Close(ctx); err == nil {
			t.Error("closed before the function was gone")
		}
		if keys := kept(t, r); len(keys) > 0 {
			t.Errorf("left %q", keys)
		}
	})
}

func TestInputThatNobodyReadsIsLeftAlone(t *testing.T) {
	r := newRunner(t, invoker(func(context.Context, *Request) (*sdk.InvokeOutput, error) { return says("", ""), nil }))
	in, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	task := argv("true")
	task.Input.Kind = remote.StreamInput
	if _, err := r.Run(t.Context(), task, remote.Streams{Stdin: in}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.WriteString("for the next"); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if data, err := io.ReadAll(in); err != nil || !bytes.Equal(data, []byte("for the next")) {
		t.Errorf("got %q, %v", data, err)
	}
}

func TestProgramForAnotherProcessor(t *testing.T) {
	r := newRunner(t, invoker(func(context.Context, *Request) (*sdk.InvokeOutput, error) {
		return nil, errors.New("was invoked")
	}))
	r.cfg.Arch = map[string]string{"amd64": "arm64"}[runtime.GOARCH]
	if r.cfg.Arch == "" {
		r.cfg.Arch = "amd64"
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	task := argv("./worker")
	task.Dir = t.TempDir()
	if err := os.Symlink(self, task.Dir+"/worker"); err != nil {
		t.Fatal(err)
	}
	_, err = r.Run(t.Context(), task, remote.Streams{})
	if !isNotStarted(err) || !strings.Contains(err.Error(), "is a program for "+runtime.GOARCH+", the target is "+r.cfg.Arch) {
		t.Errorf("got %v", err)
	}
	if keys := kept(t, r); len(keys) > 0 {
		t.Errorf("left %q", keys)
	}
}
