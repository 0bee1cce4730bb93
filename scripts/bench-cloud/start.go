package main

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"

	"sshell/scripts/bench/figure"
)

const (
	maxStart = 15.0 // ms
	maxZip   = 12.0 // MB
	// patience is how long a function may take to start before something is wrong with it.
	patience = 30 * time.Second
)

// measureStart takes the function's zip from Lambda, as it is deployed, and starts what is in it, in turns with the function that
// says hello.
func measureStart(l *lab) (results []figure.Result, err error) {
	s, err := l.open()
	if err != nil {
		return nil, err
	}
	defer closing(s.close, &err)
	code, err := fetchCode(l.ctx, s)
	if err != nil {
		return nil, err
	}
	task := filepath.Join(s.dir, "task")
	if err := unpack(code, task); err != nil {
		return nil, err
	}
	hello, err := l.buildHello()
	if err != nil {
		return nil, err
	}
	api, err := newRuntimeAPI()
	if err != nil {
		return nil, err
	}
	defer api.close()
	p, err := figure.Duel(int(l.scaled(101)), api.start(l.ctx, s, filepath.Join(task, "bootstrap")), api.start(l.ctx, s, hello))
	if err != nil {
		return nil, err
	}
	start, bare := milliseconds(figure.Median(p.A)), milliseconds(figure.Median(p.B))
	return []figure.Result{
		{Detail: fmt.Sprintf("one that only says hello %.2f ms, p50 of %d of each in turns", bare, len(p.A)),
			Value: start, Unit: " ms", Bound: figure.AtMost(maxStart)},
		{Detail: "the zip", Value: float64(len(code)) / 1e6, Unit: " MB", Bound: figure.AtMost(maxZip)},
	}, nil
}

// fetchCode gives the zip of sshell's function.
func fetchCode(ctx context.Context, s *services) ([]byte, error) {
	out, err := sdk.NewFromConfig(s.config("LAMBDA")).GetFunction(ctx, &sdk.GetFunctionInput{FunctionName: aws.String(s.function())})
	if err != nil {
		return nil, fmt.Errorf("get the function: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, aws.ToString(out.Code.Location), nil)
	if err != nil {
		return nil, fmt.Errorf("get the function's zip: %w", err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, fmt.Errorf("get the function's zip: %w", err)
	}
	defer response.Body.Close()
	code, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = errors.New(response.Status)
	}
	if err != nil {
		return nil, fmt.Errorf("get the function's zip: %w", err)
	}
	return code, nil
}

// unpack writes a zip's files to a new folder.
func unpack(code []byte, dir string) error {
	z, err := zip.NewReader(bytes.NewReader(code), int64(len(code)))
	if err != nil {
		return fmt.Errorf("unpack the function: %w", err)
	}
	return os.CopyFS(dir, z)
}

// runtimeAPI is what a function asks for work, as Lambda has it. There is none: it is for their start.
type runtimeAPI struct {
	server  *http.Server
	address string
	asked   chan time.Time
}

func newRuntimeAPI() (*runtimeAPI, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start a runtime API: %w", err)
	}
	a := &runtimeAPI{address: l.Addr().String(), asked: make(chan time.Time)}
	a.server = &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/runtime/invocation/next") {
			select {
			case a.asked <- time.Now():
			case <-r.Context().Done():
			}
		}
		<-r.Context().Done()
	})}
	go a.server.Serve(l)
	return a, nil
}

func (a *runtimeAPI) close() { a.server.Close() }

// start gives the start of a function's program as a side of figure.Duel: the time from before its process is made until its first
// request for work is here. It sees the variables that Lambda sets.
func (a *runtimeAPI) start(ctx context.Context, s *services, program string) func() (time.Duration, error) {
	env := environment(s.dir, s.variables)
	env = append(env, "AWS_LAMBDA_RUNTIME_API="+a.address, "AWS_LAMBDA_FUNCTION_NAME="+s.function(),
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=1769", "AWS_LAMBDA_FUNCTION_VERSION=$LATEST", "LAMBDA_TASK_ROOT="+filepath.Dir(program),
		"SSHELL_TMP="+filepath.Join(s.dir, "tmp"))
	return func() (time.Duration, error) {
		ctx, stop := context.WithTimeout(ctx, patience)
		defer stop()
		cmd := exec.CommandContext(ctx, program)
		cmd.Env = env
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		began := time.Now()
		if err := cmd.Start(); err != nil {
			return 0, err
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		select {
		case asked := <-a.asked:
			cmd.Process.Kill()
			<-ended
			return asked.Sub(began), nil
		case err := <-ended:
			return 0, fmt.Errorf("start %s: it ended: %v: %s", program, err, stderr.String())
		}
	}
}
