package s3_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"

	"sshell/lambda/emulator"
	"sshell/pipes/objstore"
	"sshell/pipes/objstore/s3"
	"sshell/pipes/objstore/storetest"
)

// serveVar makes this program an S3 server over the folder that it names, since a server takes a process of its own. It
// writes its endpoint to descriptor 3 and ends when its standard input does.
const serveVar = "SSHELL_TEST_S3_ROOT"

var (
	endpoint string       // of the server that all tests share
	buckets  atomic.Int64 // that tests have made
)

func TestMain(m *testing.M) {
	if root, ok := os.LookupEnv(serveVar); ok {
		os.Exit(serve(root))
	}
	os.Exit(runBesideServer(m))
}

func serve(root string) int {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	err := emulator.ServeS3(ctx, emulator.S3Config{Root: root, AccessKey: "key", SecretKey: "secret",
		Ready: func(endpoint string) { fmt.Fprintln(os.NewFile(3, "ready"), endpoint) }})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func runBesideServer(m *testing.M) int {
	root, err := os.MkdirTemp("", "sshell-s3-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(root)
	r, w, err := os.Pipe()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	server := exec.Command(os.Args[0])
	server.Env = append(os.Environ(), serveVar+"="+root)
	server.Stdout, server.Stderr, server.ExtraFiles = os.Stderr, os.Stderr, []*os.File{w}
	stdin, err := server.StdinPipe()
	if err == nil {
		err = server.Start()
	}
	w.Close()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() {
		server.Process.Kill() // it would wait for connections that are kept
		server.Wait()
		stdin.Close()
	}()
	line, _ := bufio.NewReader(r).ReadString('\n')
	if endpoint = strings.TrimSpace(line); endpoint == "" {
		fmt.Fprintln(os.Stderr, "the S3 server did not start: does", root, "have extended attributes for users?")
		return 1
	}
	return m.Run()
}

// configuration is one for the server, under any name by which it is reached.
func configuration(endpoint string) aws.Config {
	return aws.Config{BaseEndpoint: &endpoint, Region: "us-east-1",
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "key", SecretAccessKey: "secret"}, nil
		})}
}

// raw is the SDK's client of the server.
func raw() *sdk.Client {
	return sdk.NewFromConfig(configuration(endpoint), func(o *sdk.Options) { o.UsePathStyle = true })
}

// newBucket makes an empty bucket.
func newBucket(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("bucket-%d", buckets.Add(1))
	if _, err := raw().CreateBucket(t.Context(), &sdk.CreateBucketInput{Bucket: &name}); err != nil {
		t.Fatal(err)
	}
	return name
}

func open(t testing.TB, endpoint, bucket string) objstore.Store {
	t.Helper()
	store, err := s3.New(configuration(endpoint)).Bucket(t.Context(), bucket)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) objstore.Store { return open(t, endpoint, newBucket(t)) },
		storetest.Text, storetest.Files, storetest.Digests)
}
