// Package plainbody is the HTTP client under the SDK's clients, those of S3 and of Lambda, that keeps their connections from a
// flaw of the SDK. The SDK closes a request's body as soon as the answer begins, and where the HTTP transport is not done with
// it then, which a near service and a busy machine make likely, it asks the closed body for the rest by WriteTo. The SDK's
// WriteTo answers with io.EOF, as Read has to but WriteTo must not; the transport takes it for a failed request, and closes
// the connection under the answer that is being read.
package plainbody

import (
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Client is an HTTP client whose requests' bodies have Read and Close alone.
type Client struct{ aws.HTTPClient }

// Do implements aws.HTTPClient.
func (c Client) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = struct{ io.ReadCloser }{r.Body}
	}
	return c.HTTPClient.Do(r)
}
