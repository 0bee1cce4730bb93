package plainbody

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// early answers before it has read the request's body, and keeps that.
type early struct{ body io.Reader }

func (e *early) Do(r *http.Request) (*http.Response, error) {
	e.body = r.Body
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}"))}, nil
}

// TestBodyReadLate reads a request's body when the SDK is done with the call, as the transport does now and then.
func TestBodyReadLate(t *testing.T) {
	for name, call := range map[string]func(aws.HTTPClient) error{
		"lambda": func(c aws.HTTPClient) error {
			client := lambda.New(lambda.Options{Region: "eu-west-1", HTTPClient: c, Credentials: aws.AnonymousCredentials{}})
			_, err := client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("f"), Payload: []byte(`{}`)})
			return err
		},
		"s3": func(c aws.HTTPClient) error {
			client := s3.New(s3.Options{Region: "eu-west-1", HTTPClient: c, Credentials: aws.AnonymousCredentials{}})
			_, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("b"), Key: aws.String("k"), Body: strings.NewReader("text")})
			return err
		},
	} {
		transport := new(early)
		if err := call(Client{transport}); err != nil {
			t.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, transport.body); n != 0 || err != nil {
			t.Errorf("%s: read %d bytes, %v", name, n, err)
		}
		if _, ok := transport.body.(io.WriterTo); ok {
			t.Errorf("%s: the body is asked for its rest by WriteTo", name)
		}
	}
}
