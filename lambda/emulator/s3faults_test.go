package emulator_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"sshell/lambda/emulator"
)

// TestS3Faults looks at what the SDK makes of each fault, and at whether the call took effect.
func TestS3Faults(t *testing.T) {
	refused := func(code string, status int) func(error) bool {
		return func(err error) bool {
			var api smithy.APIError
			var response *smithyhttp.ResponseError
			return errors.As(err, &api) && api.ErrorCode() == code && errors.As(err, &response) && response.HTTPStatusCode() == status
		}
	}
	// A request whose body is on its way when the connection is reset fails with either, as the runtime happens to see it.
	reset := func(err error) bool { return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, net.ErrClosed) }
	whole := func(err error) bool { return err == nil }
	for _, c := range []struct {
		kind     emulator.Fault
		put, get func(error) bool
		stored   bool
	}{
		{emulator.SlowDown, refused("SlowDown", 503), refused("SlowDown", 503), false},
		{emulator.Internal, refused("InternalError", 500), refused("InternalError", 500), false},
		{emulator.Reset, reset, reset, false},
		{emulator.Lost, reset, reset, true},
		{emulator.Cut, whole, func(err error) bool { return reset(err) || errors.Is(err, io.ErrUnexpectedEOF) }, true},
		{emulator.Slow, whole, whole, true},
	} {
		t.Run(string(c.kind), func(t *testing.T) {
			root := t.TempDir()
			endpoint, stop := startS3(t, root, faultVar+"="+string(c.kind))
			options := client(endpoint, "key").Options()
			options.RetryMaxAttempts = 1
			store := s3.New(options)
			// Buckets are the control plane, and have no faults.
			if _, err := store.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("lab")}); err != nil {
				t.Fatal(err)
			}
			data := bytes.Repeat([]byte("0123456789abcdef"), 64<<10)
			bucket, key := aws.String("lab"), aws.String("a b/c+d%")
			_, err := store.PutObject(t.Context(), &s3.PutObjectInput{Bucket: bucket, Key: key, Body: bytes.NewReader(data)})
			if !c.put(err) {
				t.Errorf("put: %v", err)
			}
			got, err := os.ReadFile(filepath.Join(root, "lab", *key))
			if c.stored && !bytes.Equal(got, data) || !c.stored && !errors.Is(err, os.ErrNotExist) {
				t.Errorf("stored: %d bytes, %v", len(got), err)
			}
			if err := read(t, store, bucket, key, data); !c.get(err) {
				t.Errorf("get: %v", err)
			}
			if _, err := store.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: bucket}); !c.get(err) {
				t.Errorf("list: %v", err)
			}
			list := &types.Delete{Objects: []types.ObjectIdentifier{{Key: key}}}
			if _, err := store.DeleteObjects(t.Context(), &s3.DeleteObjectsInput{Bucket: bucket, Delete: list}); !c.put(err) {
				t.Errorf("delete: %v", err)
			}
			if out, err := stop(); out != "" || err != nil {
				t.Errorf("the server ended with %v and printed %q", err, out)
			}
		})
	}
}

// read reads an object, of which what comes is always right.
func read(t *testing.T, store *s3.Client, bucket, key *string, want []byte) error {
	got, err := store.GetObject(t.Context(), &s3.GetObjectInput{Bucket: bucket, Key: key})
	if err != nil {
		return err
	}
	defer got.Body.Close()
	data, err := io.ReadAll(got.Body)
	if !bytes.HasPrefix(want, data) || err == nil && len(data) != len(want) {
		t.Errorf("read %d bytes of %d, some of them others", len(data), len(want))
	}
	return err
}
