package lambda

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
)

// early answers before it has read the request's body, and keeps that.
type early struct{ body io.Reader }

func (e *early) Do(r *http.Request) (*http.Response, error) {
	e.body = r.Body
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}"))}, nil
}

// TestBodyReadLate reads a request's body when the SDK is done with the call, as the transport does now and then.
func TestBodyReadLate(t *testing.T) {
	transport := new(early)
	client := sdk.New(sdk.Options{Region: "eu-west-1", HTTPClient: plainBodies{transport}, Credentials: aws.AnonymousCredentials{}})
	if _, err := client.Invoke(t.Context(), &sdk.InvokeInput{FunctionName: aws.String("f"), Payload: []byte(`{}`)}); err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, transport.body); n != 0 || err != nil {
		t.Errorf("read %d bytes, %v", n, err)
	}
}
