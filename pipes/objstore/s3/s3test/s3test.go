// Package s3test gives a test's program a real S3 server and stores of it, as production opens them. The server is the
// emulator's, in a process of its own: it changes its working directory, there can be one in a process, and what is
// measured beside it is not measured with it.
//
//	func TestMain(m *testing.M) { os.Exit(s3test.Main(m)) }
package s3test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"

	"sshell/lambda/emulator"
	"sshell/pipes/objstore"
	"sshell/pipes/objstore/s3"
)

// rootVar makes the program an S3 server over the folder that it names. It writes its endpoint to descriptor 3 and ends
// when its standard input does.
const rootVar = "SSHELL_TEST_S3_ROOT"

const (
	accessKey = "key"
	secretKey = "secret"
	region    = "us-east-1"
)

var (
	endpoint string       // of the server that all tests share
	buckets  atomic.Int64 // that tests have made
)

// Main runs the tests beside a server, and returns the status for os.Exit. In the process of the server it is the
// server. The environment says from now on where the server is, and nothing of another account.
func Main(m *testing.M) int {
	if root, ok := os.LookupEnv(rootVar); ok {
		return report(serve(root))
	}
	root, err := os.MkdirTemp("", "sshell-s3-")
	if err != nil {
		return report(err)
	}
	defer os.RemoveAll(root)
	stop, err := start(root)
	if err != nil {
		return report(err)
	}
	defer stop()
	if err := setEnvironment(); err != nil {
		return report(err)
	}
	return m.Run()
}

func report(err error) int {
	if err != nil {
		fmt.Fprintln(os.Stderr, "s3test:", err)
		return 1
	}
	return 0
}

func serve(root string) error {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	return emulator.ServeS3(ctx, emulator.S3Config{Root: root, AccessKey: accessKey, SecretKey: secretKey, Region: region,
		Ready: func(endpoint string) { fmt.Fprintln(os.NewFile(3, "ready"), endpoint) }})
}

// start starts the server and waits until it accepts connections.
func start(root string) (stop func(), err error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	server := exec.Command(os.Args[0])
	server.Env = append(os.Environ(), rootVar+"="+root)
	server.Stdout, server.Stderr, server.ExtraFiles = os.Stderr, os.Stderr, []*os.File{w}
	stdin, err := server.StdinPipe()
	if err == nil {
		err = server.Start()
	}
	w.Close()
	if err != nil {
		return nil, err
	}
	stop = func() {
		server.Process.Kill() // it would wait for connections that are kept
		server.Wait()
		stdin.Close()
	}
	line, _ := bufio.NewReader(r).ReadString('\n')
	if endpoint = strings.TrimSpace(line); endpoint == "" {
		stop()
		return nil, fmt.Errorf("the server did not start: does %s have extended attributes for users?", root)
	}
	return stop, nil
}

// setEnvironment makes the SDK's usual chain lead to the server.
func setEnvironment() error {
	var all error
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": accessKey, "AWS_SECRET_ACCESS_KEY": secretKey, "AWS_SESSION_TOKEN": "", "AWS_REGION": region,
		"AWS_ENDPOINT_URL": endpoint, "AWS_PROFILE": "", "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	} {
		all = errors.Join(all, os.Setenv(name, value))
	}
	return all
}

// Endpoint is the server's URL.
func Endpoint() string { return endpoint }

// Config is what the SDK finds in the environment, for the server under any name by which it is reached.
func Config(t testing.TB, endpoint string) aws.Config {
	t.Helper()
	cfg, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	cfg.BaseEndpoint = &endpoint
	return cfg
}

// service is the server as production opens it, once, so that its connections are kept as there.
var service = sync.OnceValues(func() (*s3.Buckets, error) { return s3.Open(context.Background()) })

// client is the SDK's own, with the SDK's defaults.
var client = sync.OnceValues(func() (*sdk.Client, error) {
	cfg, err := config.LoadDefaultConfig(context.Background())
	return sdk.NewFromConfig(cfg, func(o *sdk.Options) { o.UsePathStyle = true }), err
})

// Client is the SDK's own client of the server.
func Client(t testing.TB) *sdk.Client {
	t.Helper()
	c, err := client()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// NewBucket makes an empty bucket.
func NewBucket(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("bucket-%d", buckets.Add(1))
	if _, err := Client(t).CreateBucket(context.Background(), &sdk.CreateBucketInput{Bucket: &name}); err != nil {
		t.Fatal(err)
	}
	return name
}

// Open gives the store of a bucket.
func Open(t testing.TB, bucket string) objstore.Store {
	t.Helper()
	all, err := service()
	if err != nil {
		t.Fatal(err)
	}
	store, err := all.Bucket(context.Background(), bucket)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// OpenAt gives the store of a bucket at a server that is reached by another endpoint, such as a proxy's.
func OpenAt(t testing.TB, endpoint, bucket string) objstore.Store {
	t.Helper()
	store, err := s3.New(Config(t, endpoint)).Bucket(context.Background(), bucket)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// NewStore gives the store of a new bucket.
func NewStore(t testing.TB) objstore.Store {
	t.Helper()
	return Open(t, NewBucket(t))
}
