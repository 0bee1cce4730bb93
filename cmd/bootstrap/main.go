// Command bootstrap is the function: it takes invocations from Lambda's runtime API and hands them to lambda/handler. A stage
// of source is run by the shell's own program, which stands beside it, and when that has stages of its own to send away,
// this program is its agent.
//
//	CGO_ENABLED=0 go build -trimpath -tags lambda.norpc -ldflags "-s -w" -o bootstrap ./cmd/bootstrap
//
// Objects are S3's, with the credentials of the function's role. SSHELL_S3_DIR names a folder to be used instead, as
// sshell does on a machine without an account: an absolute path, a folder in it for each bucket. SSHELL_TMP names a
// folder that is the function's alone and is emptied after each invocation. Without it that is /tmp for a program that
// stands where Lambda puts it, and a new folder elsewhere.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"sshell/interp"
	"sshell/interp/plan"
	target "sshell/lambda"
	"sshell/lambda/backend"
	"sshell/lambda/handler"
	"sshell/lambda/spread"
	"sshell/remote/agent"
	"sshell/remote/worker"
)

// workerFlag is the first argument of this program when it runs one stage, see remote/worker.
const workerFlag = "--worker"

func main() {
	os.Exit(run(os.Args))
}

func run(args []string) int {
	switch {
	case len(args) == 3 && args[1] == interp.SubshellFlag:
		if fd, err := strconv.Atoi(args[2]); err == nil {
			return interp.Subshell(interp.Config{Name: "sshell", Self: []string{"/proc/self/exe"}}, fd)
		}
	case len(args) > 1 && args[1] == workerFlag:
		return worker.Main(args[2:], nil)
	case slices.Contains(args, agent.SocketFlag):
		return backend.Main(args[1:])
	}
	if err := serve(); err != nil {
		fmt.Fprintf(os.Stderr, "sshell: bootstrap: %v\n", err)
		return plan.StatusMachinery
	}
	return 0
}

// serve takes invocations until this process is killed.
func serve() error {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") == "" {
		return fmt.Errorf("AWS_LAMBDA_RUNTIME_API is not set: this program is started by Lambda, see sshellctl deploy")
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	tmp, err := scratch(self)
	if err != nil {
		return err
	}
	shell := beside(self)
	h, err := handler.New(handler.Config{
		Buckets: buckets(), Self: []string{shell, workerFlag}, Shell: []string{shell}, Tmp: tmp, Environ: environ(self),
		Agent: agent.SocketFlag,
	})
	if err != nil {
		return err
	}
	whenConnected(h.Ready)
	lambda.Start((&function{handler: h}).invoke)
	return nil
}

// whenConnected calls ready when the first connection to the runtime API is there, over which an invocation is asked for: before
// that nothing else is to take time. The runtime's client makes its transport of the default one.
func whenConnected(ready func()) {
	var once sync.Once
	transport := http.DefaultTransport.(*http.Transport)
	dial := transport.DialContext
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err == nil {
			once.Do(func() { go ready() })
		}
		return conn, err
	}
}

// beside gives the shell's program, which stands beside this one. It carries no SDK, and so starts in a fraction of the
// time. Where this program is alone it is the worker itself, with the words of bash only.
func beside(self string) string {
	shell := filepath.Join(filepath.Dir(self), "sshell")
	if _, err := os.Stat(shell); err != nil {
		return self
	}
	return shell
}

// environ is what tasks get of this function's environment: who they are for AWS, and where their own tasks go.
func environ(self string) []string {
	env := []string{agent.ProgramVar + "=" + self}
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		switch {
		case name == "AWS_LAMBDA_FUNCTION_NAME":
			env = append(env, "SSHELL_FUNCTION="+value)
		case strings.HasPrefix(name, "AWS_") && !strings.HasPrefix(name, "AWS_LAMBDA_"):
			env = append(env, entry)
		}
	}
	return env
}

// scratch gives the folder that is the function's alone.
func scratch(self string) (string, error) {
	if dir := os.Getenv("SSHELL_TMP"); dir != "" {
		return dir, nil
	}
	for _, place := range []string{"/var/task/", "/var/runtime/"} {
		if strings.HasPrefix(filepath.Clean(self), place) {
			return "/tmp", nil
		}
	}
	return os.MkdirTemp("", "sshell-function-")
}

// ballast is memory in bytes that is never touched, and so never there. It counts as used for the garbage collector, which
// otherwise comes about once in each invocation, as little as those leave alive: that takes a tenth of the time of a short
// one.
const ballast = 16 << 20

// function is what the runtime's client calls.
type function struct {
	handler *handler.Handler
	ballast []byte // from the first invocation on: it brings a collection with it, which a cold start has no time for
	once    sync.Once
	invoker *target.Client // of this function, for those that it starts
	err     error
}

// invoke handles an invocation. An environment that could not be made as it was must not be used again, and ends.
func (f *function) invoke(ctx context.Context, payload json.RawMessage) (io.Reader, error) {
	if f.ballast == nil {
		f.ballast = make([]byte, ballast)
	}
	if spread.Asked(payload) {
		f.once.Do(func() {
			var cfg aws.Config
			cfg, f.err = config.LoadDefaultConfig(ctx)
			f.invoker = target.NewInvoker(cfg)
		})
		if f.err != nil {
			return nil, fmt.Errorf("load aws configuration: %w", f.err)
		}
		return fatal{spread.Serve(ctx, f.invoker, os.Getenv("AWS_LAMBDA_FUNCTION_NAME"), payload)}, nil
	}
	if payloads := spread.Beside(payload); payloads != nil {
		return fatal{spread.Answer(func(to func(int) io.WriteCloser) error {
			return f.handler.HandleBeside(ctx, payloads, to)
		})}, nil
	}
	answer, err := f.handler.Handle(ctx, payload)
	if err != nil {
		log.Fatalf("sshell: bootstrap: %v", err)
	}
	return fatal{answer}, nil
}

// fatal is an answer whose failure ends this process. It has nothing to show as JSON, which the runtime's client would
// prefer.
type fatal struct{ answer io.Reader }

// Read implements io.Reader.
func (f fatal) Read(p []byte) (int, error) {
	n, err := f.answer.Read(p)
	if err != nil && err != io.EOF {
		log.Fatalf("sshell: bootstrap: %v", err)
	}
	return n, err
}
