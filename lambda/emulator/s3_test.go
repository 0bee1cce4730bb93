package emulator_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"sshell/lambda/emulator"
)

// serveVar makes this program an S3 server over the folder that it names, as the server takes a process of its own. It
// writes its endpoint to descriptor 3 and ends when its standard input does.
const serveVar = "SSHELL_TEST_S3_ROOT"

// faultVar names a kind of fault that every call has which can.
const faultVar = "SSHELL_TEST_S3_FAULT"

// aheadVar is by how much the server's clock is ahead.
const aheadVar = "SSHELL_TEST_S3_AHEAD"

// identitiesVar names the file with the users and roles of the account.
const identitiesVar = "SSHELL_TEST_S3_IDENTITIES"

func init() {
	root, ok := os.LookupEnv(serveVar)
	if !ok {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	c := emulator.S3Config{Root: root, AccessKey: "key", SecretKey: "secret",
		Ready: func(endpoint string) { fmt.Fprintln(os.NewFile(3, "ready"), endpoint) }}
	c.Identities = os.Getenv(identitiesVar)
	c.Ahead, _ = time.ParseDuration(os.Getenv(aheadVar)) // 0 if it is not set
	if kind := os.Getenv(faultVar); kind != "" {
		c.Faults = &emulator.Faults{Rate: 1, Kinds: []emulator.Fault{emulator.Fault(kind)}, Delay: 10 * time.Millisecond}
	}
	err := emulator.ServeS3(ctx, c)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// startS3 starts a server and returns its endpoint and a function that stops it and gives what it printed.
func startS3(t *testing.T, root string, variables ...string) (endpoint string, stop func() (string, error)) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var out bytes.Buffer
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), serveVar+"="+root), variables...)
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = &out, &out, []*os.File{w}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	stopped := false
	stop = func() (string, error) {
		if stopped {
			return "", nil
		}
		stopped = true
		stdin.Close()
		err := cmd.Wait()
		return out.String(), err
	}
	t.Cleanup(func() { stop() })
	line, _ := bufio.NewReader(r).ReadString('\n') // nothing, if the server ended
	return strings.TrimSpace(line), stop
}

func client(endpoint, key string) *s3.Client {
	return s3.New(s3.Options{BaseEndpoint: &endpoint, UsePathStyle: true, Region: "us-east-1",
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: key, SecretAccessKey: "secret"}, nil
		})})
}

func TestServeS3(t *testing.T) {
	endpoint, stop := startS3(t, t.TempDir())
	if !strings.HasPrefix(endpoint, "http://127.0.0.1:") {
		_, err := stop()
		t.Fatalf("endpoint %q, %v", endpoint, err)
	}
	c := client(endpoint, "key")
	if _, err := c.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("lab")}); err != nil {
		t.Fatal(err)
	}
	put := &s3.PutObjectInput{Bucket: aws.String("lab"), Key: aws.String("a/b"), Body: strings.NewReader("data"), IfNoneMatch: aws.String("*")}
	if _, err := c.PutObject(t.Context(), put); err != nil {
		t.Fatal(err)
	}
	put.Body = strings.NewReader("other")
	var api smithy.APIError
	if _, err := c.PutObject(t.Context(), put); !errors.As(err, &api) || api.ErrorCode() != "PreconditionFailed" {
		t.Errorf("create of an object that exists: %v", err)
	}
	got, err := c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("lab"), Key: aws.String("a/b")})
	if err != nil {
		t.Fatal(err)
	}
	if data, err := io.ReadAll(got.Body); string(data) != "data" || err != nil {
		t.Errorf("got %q, %v", data, err)
	}
	got.Body.Close()
	if _, err := client(endpoint, "other").ListBuckets(t.Context(), nil); err == nil {
		t.Error("a key that nobody has lists the buckets")
	}
	if out, err := stop(); out != "" || err != nil {
		t.Errorf("the server ended with %v and printed %q", err, out)
	}
}

func TestServeS3Refuses(t *testing.T) {
	for _, c := range []struct {
		name   string
		config emulator.S3Config
		want   error
	}{
		{"another machine's address", emulator.S3Config{Root: "/", AccessKey: "k", SecretKey: "s", Address: "0.0.0.0:0"}, os.ErrInvalid},
		{"a missing root", emulator.S3Config{Root: t.TempDir() + "/nothing", AccessKey: "k", SecretKey: "s"}, syscall.ENOENT},
	} {
		if err := emulator.ServeS3(t.Context(), c.config); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}
