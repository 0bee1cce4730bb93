package main

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// peer is the function that says hello, invoked by calls of the SDK.
type peer struct {
	client *sdk.Client
}

const (
	peerName   = "hello"
	peerMemory = 128 // MB, the least there is
	// activeFor is how long a function may take to be ready.
	activeFor = 30 * time.Second
)

// buildHello builds the function's program and gives its path.
func (l *lab) buildHello() (string, error) {
	path := filepath.Join(l.dir, "hello", "bootstrap")
	build := exec.CommandContext(l.ctx, "go", "build", "-trimpath", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", path,
		"sshell/scripts/bench-cloud/hello")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build hello: %w: %s", err, out)
	}
	return path, nil
}

// deployHello makes the function. Of its client as many calls can be under way as given, each on a connection that is kept.
func (l *lab) deployHello(s *services, calls int) (*peer, error) {
	path, err := l.buildHello()
	if err != nil {
		return nil, err
	}
	program, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var code bytes.Buffer
	z := zip.NewWriter(&code)
	entry := &zip.FileHeader{Name: "bootstrap", Method: zip.Deflate}
	entry.SetMode(0o755)
	w, err := z.CreateHeader(entry)
	if err == nil {
		_, err = w.Write(program)
	}
	if err := errors.Join(err, z.Close()); err != nil {
		return nil, fmt.Errorf("pack hello: %w", err)
	}
	p := &peer{sdk.NewFromConfig(s.config("LAMBDA"), func(o *sdk.Options) {
		o.HTTPClient = awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
			t.MaxIdleConns, t.MaxIdleConnsPerHost = calls, calls
		})
	})}
	arch := types.ArchitectureX8664
	if runtime.GOARCH == "arm64" {
		arch = types.ArchitectureArm64
	}
	_, err = p.client.CreateFunction(l.ctx, &sdk.CreateFunctionInput{
		FunctionName: aws.String(peerName), Runtime: types.RuntimeProvidedal2023, Handler: aws.String("bootstrap"),
		Role: aws.String("arn:aws:iam::000000000000:role/hello"), Code: &types.FunctionCode{ZipFile: code.Bytes()},
		Architectures: []types.Architecture{arch}, MemorySize: aws.Int32(peerMemory), Timeout: aws.Int32(60),
	})
	if err == nil {
		err = sdk.NewFunctionActiveV2Waiter(p.client).Wait(l.ctx, &sdk.GetFunctionInput{FunctionName: aws.String(peerName)}, activeFor)
	}
	if err != nil {
		return nil, fmt.Errorf("deploy hello: %w", err)
	}
	return p, nil
}

// invoke calls the function, which answers after so long.
func (p *peer) invoke(ctx context.Context, after time.Duration) error {
	out, err := p.client.Invoke(ctx, &sdk.InvokeInput{
		FunctionName: aws.String(peerName), Payload: fmt.Appendf(nil, `{"seconds":%g}`, after.Seconds()),
	})
	if err == nil && (out.FunctionError != nil || string(out.Payload) != `"hello"`) {
		err = fmt.Errorf("it says %s", out.Payload)
	}
	if err != nil {
		return fmt.Errorf("invoke hello: %w", err)
	}
	return nil
}
