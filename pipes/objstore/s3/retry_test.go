package s3_test

import (
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"sshell/pipes/objstore/s3"
)

// doer is an HTTP client that is a function.
type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(r *http.Request) (*http.Response, error) { return d(r) }

// TestRetries counts how often a request that never succeeds is sent, and for how long.
func TestRetries(t *testing.T) {
	broken := func(op string, errno syscall.Errno) doer {
		return func(*http.Request) (*http.Response, error) {
			return nil, &net.OpError{Op: op, Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 1}, Err: os.NewSyscallError(op, errno)}
		}
	}
	status := func(code int) doer {
		return func(r *http.Request) (*http.Response, error) {
			body := io.NopCloser(strings.NewReader(""))
			return &http.Response{StatusCode: code, Header: http.Header{}, Body: body, Request: r}, nil
		}
	}
	for _, c := range []struct {
		name   string
		client doer
		sent   int
		within time.Duration
		want   string
	}{
		{"refused", broken("dial", syscall.ECONNREFUSED), 4, 2 * time.Second, "cannot reach S3 at 10.0.0.1:1"},
		{"no answer", broken("dial", syscall.ETIMEDOUT), 6, 2 * time.Minute, "cannot reach S3"},
		{"reset", broken("read", syscall.ECONNRESET), 6, 2 * time.Minute, "cannot reach S3"},
		{"unavailable", status(503), 6, 2 * time.Minute, "unavailable"},
		{"broken", status(500), 6, 2 * time.Minute, "S3 answers"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sent := 0
				buckets := s3.New(aws.Config{
					Region:       "eu-west-1",
					BaseEndpoint: aws.String("http://10.0.0.1:1"),
					Credentials:  credentials.NewStaticCredentialsProvider("key", "secret", ""),
					HTTPClient: doer(func(r *http.Request) (*http.Response, error) {
						sent++
						return c.client(r)
					}),
				})
				store, err := buckets.Bucket(t.Context(), "bucket")
				if err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				_, err = store.Get(t.Context(), "k", 0, -1)
				if took := time.Since(start); sent != c.sent || took > c.within {
					t.Errorf("sent %d times in %v, want %d in at most %v", sent, took, c.sent, c.within)
				}
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%v, want %q", err, c.want)
				}
			})
		})
	}
}
