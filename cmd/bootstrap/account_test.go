package main

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	sshelllambda "sshell/lambda"
	"sshell/lambda/emulator"
	"sshell/pipes/objstore"
	"sshell/pipes/objstore/s3"
)

// otherPrograms are what the test's own program is besides, by its last argument.
var otherPrograms = map[string]func() int{"--environment": emulator.RunEnvironment, "--s3": serveS3}

// rootVar names the folder of --s3.
const rootVar = "SSHELL_TEST_S3_ROOT"

// serveS3 is an S3 server until its standard input ends. It prints its endpoint.
func serveS3() int {
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	err := emulator.ServeS3(ctx, emulator.S3Config{Root: os.Getenv(rootVar), AccessKey: "AKIDTEST", SecretKey: "secret",
		Ready: func(endpoint string) { fmt.Println(endpoint) }})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// account is Lambda and S3 on loopback, with a bucket and a function whose environments see nothing of this machine.
type account struct {
	client *sdk.Client
	runner *sshelllambda.Runner
	store  objstore.Store
}

// replace ends the environments that there are: the function is another from now on.
func (a *account) replace(t testing.TB) {
	t.Helper()
	_, err := a.client.UpdateFunctionConfiguration(t.Context(), &sdk.UpdateFunctionConfigurationInput{
		FunctionName: aws.String("sshell"), Timeout: aws.Int32(59)})
	if err != nil {
		t.Fatal(err)
	}
}

// openAccount starts an account.
func openAccount(t testing.TB) *account {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	if err := os.Mkdir(root+"/work-bucket", 0o755); err != nil {
		t.Fatal(err)
	}
	server := exec.Command(self, "--s3")
	server.Env, server.Stderr = append(os.Environ(), rootVar+"="+root), os.Stderr
	in, err := server.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	endpoint, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("start S3: %v", err)
	}
	endpoint = strings.TrimSpace(endpoint)
	lambda, err := emulator.Start(emulator.Config{AccessKey: "AKIDTEST", SecretKey: "secret", Self: []string{self, "--environment"},
		Environ: []string{"AWS_ENDPOINT_URL_S3=" + endpoint}, Warn: func(line string) { t.Log("warned:", line) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := lambda.Close(); err != nil {
			t.Error(err)
		}
		server.Process.Kill() // asked to end it would wait for our idle connections
		server.Wait()
		in.Close()
	})
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDTEST")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_REGION", "us-east-1")
	t.Setenv("AWS_ENDPOINT_URL_S3", endpoint)
	t.Setenv("AWS_ENDPOINT_URL_LAMBDA", lambda.URL())
	return deployed(t)
}

// deployed makes the function of an account that the environment leads to.
func deployed(t testing.TB) *account {
	t.Helper()
	buckets, err := s3.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	a := new(account)
	if a.store, err = buckets.Bucket(t.Context(), "work-bucket"); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.LoadDefaultConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	client := sshelllambda.NewInvoker(cfg)
	a.client = client.Client
	_, err = client.CreateFunction(t.Context(), &sdk.CreateFunctionInput{FunctionName: aws.String("sshell"),
		Role: aws.String("arn:aws:iam::000000000000:role/r"), Runtime: types.RuntimeProvidedal2023, Handler: aws.String("bootstrap"),
		Timeout: aws.Int32(60), MemorySize: aws.Int32(1769), Code: &types.FunctionCode{ZipFile: zipped(t)}})
	if err != nil {
		t.Fatal(err)
	}
	a.runner, err = sshelllambda.New(sshelllambda.Config{Invoker: client, Function: "sshell", Bucket: "work-bucket", Store: a.store})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// zipped is the function's zip: this program, and the shell beside it.
func zipped(t testing.TB) []byte {
	t.Helper()
	data, err := functionZip()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

var functionZip = sync.OnceValues(func() ([]byte, error) {
	shell := filepath.Join(filepath.Dir(program), "sshell")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", shell, "../sshell")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build: %w\n%s", err, out)
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, path := range []string{program, shell} {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		h := &zip.FileHeader{Name: filepath.Base(path), Method: zip.Store}
		h.SetMode(0o755)
		f, err := w.CreateHeader(h)
		if err == nil {
			_, err = f.Write(data)
		}
		if err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return b.Bytes(), err
})
