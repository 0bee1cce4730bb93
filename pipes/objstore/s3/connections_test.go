package s3_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"sshell/pipes/objstore/s3"
)

// TestBodyReadLate reads what was put when the call is over, as a transport does that is not done with it: a body that has an
// error for it then costs the connection.
func TestBodyReadLate(t *testing.T) {
	var late io.Reader
	store, err := s3.New(aws.Config{
		Region:       "eu-west-1",
		BaseEndpoint: aws.String("http://10.0.0.1:1"),
		Credentials:  credentials.NewStaticCredentialsProvider("key", "secret", ""),
		HTTPClient: doer(func(r *http.Request) (*http.Response, error) {
			late = r.Body
			if _, err := io.ReadAll(late); err != nil { // not by WriteTo
				return nil, err
			}
			return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
		}),
	}).Bucket(t.Context(), "bucket")
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Put(t.Context(), "k", strings.NewReader("text"), 4, false); err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, late); n != 0 || err != nil {
		t.Errorf("read %d bytes, %v", n, err)
	}
}
