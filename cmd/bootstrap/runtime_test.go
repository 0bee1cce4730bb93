package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"

	sshelllambda "sshell/lambda"
	"sshell/pipes/objstore"
	"sshell/pipes/objstore/dir"
)

// program is this program, built as it is deployed.
var program string

func TestMain(m *testing.M) {
	if run, ok := otherPrograms[os.Args[len(os.Args)-1]]; ok {
		os.Exit(run())
	}
	os.Exit(func() int {
		tmp, err := os.MkdirTemp("", "bootstrap-test-")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(tmp)
		program = filepath.Join(tmp, "bootstrap")
		build := exec.Command("go", "build", "-trimpath", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", program, ".")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			panic(fmt.Sprintf("build: %v\n%s", err, out))
		}
		return m.Run()
	}())
}

// invocation is one that waits for its answer.
type invocation struct {
	payload []byte
	end     time.Time
	pieces  chan []byte // of the answer
	answer  chan *sdk.InvokeOutput
}

// environment is one environment of the function: the runtime API in front of a process of the program. It is a lambda.Invoker.
type environment struct {
	buckets *dir.Buckets
	tmp     string
	timeout time.Duration
	pid     int

	asked chan struct{} // one for each request for work
	queue chan *invocation
	mu    sync.Mutex
	at    *invocation
	dead  chan struct{} // closed when the process has ended
}

// start starts an environment.
func start(t testing.TB) *environment {
	t.Helper()
	f := &environment{
		buckets: &dir.Buckets{Root: t.TempDir()}, tmp: t.TempDir(), timeout: time.Minute,
		asked: make(chan struct{}, 1000), queue: make(chan *invocation), dead: make(chan struct{}),
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(f.serve)}
	go s.Serve(l)
	cmd := exec.Command(program)
	cmd.Env = []string{
		"AWS_LAMBDA_RUNTIME_API=" + l.Addr().String(), "SSHELL_S3_DIR=" + f.buckets.Root, "SSHELL_TMP=" + f.tmp,
		"AWS_SECRET_ACCESS_KEY=the-functions-own", "PATH=" + os.Getenv("PATH"),
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	f.pid = cmd.Process.Pid
	go func() {
		cmd.Wait()
		close(f.dead)
	}()
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-f.dead
		s.Close()
	})
	return f
}

// serve is the runtime API.
func (f *environment) serve(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "/next") {
		f.next(w, r)
		return
	}
	f.mu.Lock()
	at := f.at
	f.mu.Unlock()
	if at == nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	out := new(sdk.InvokeOutput)
	if strings.HasSuffix(r.URL.Path, "/error") {
		out.FunctionError = aws.String("Unhandled")
		out.Payload, _ = io.ReadAll(r.Body)
	}
	for out.FunctionError == nil {
		piece := make([]byte, 4096)
		n, err := r.Body.Read(piece)
		at.pieces <- piece[:n]
		if err != nil {
			break
		}
	}
	at.answer <- out
	w.WriteHeader(http.StatusAccepted)
}

func (f *environment) next(w http.ResponseWriter, r *http.Request) {
	f.asked <- struct{}{}
	select {
	case i := <-f.queue:
		f.mu.Lock()
		f.at = i
		f.mu.Unlock()
		w.Header().Set("Lambda-Runtime-Aws-Request-Id", "request")
		w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(i.end.UnixMilli(), 10))
		w.Write(i.payload)
	case <-r.Context().Done():
	}
}

// Invoke implements lambda.Invoker.
func (f *environment) Invoke(_ context.Context, _ string, payload []byte, take func([]byte) error) error {
	i := &invocation{payload: payload, end: time.Now().Add(f.timeout), pieces: make(chan []byte), answer: make(chan *sdk.InvokeOutput, 1)}
	select {
	case f.queue <- i:
	case <-f.dead:
		return errors.New("the environment is gone")
	}
	for {
		select {
		case piece := <-i.pieces:
			if err := take(piece); err != nil {
				return err
			}
		case out := <-i.answer:
			if out.FunctionError != nil {
				return &sshelllambda.FunctionError{Note: out.Payload}
			}
			return nil
		case <-f.dead:
			return errors.New("the environment is gone")
		}
	}
}

// runner makes a runner of the function's tasks, and gives the store they share.
func (f *environment) runner(t testing.TB) (*sshelllambda.Runner, objstore.Store) {
	t.Helper()
	store, err := f.buckets.Bucket(t.Context(), "work-bucket")
	if err != nil {
		t.Fatal(err)
	}
	r, err := sshelllambda.New(sshelllambda.Config{Invoker: f, Function: "sshell", Bucket: "work-bucket", Store: store})
	if err != nil {
		t.Fatal(err)
	}
	return r, store
}

// BenchmarkColdStart is the time from the start of the process to its first request for work.
func BenchmarkColdStart(b *testing.B) {
	for range b.N {
		f := start(b)
		<-f.asked
	}
}
