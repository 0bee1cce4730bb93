package lambda

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
)

// Invoker is what a Runner needs of the SDK's client. It must not repeat a request that may have been taken: a client of
// NewInvoker does not.
type Invoker interface {
	Invoke(ctx context.Context, in *sdk.InvokeInput, opts ...func(*sdk.Options)) (*sdk.InvokeOutput, error)
}

const (
	// keepAlive is the time between two probes of a connection that waits for its answer: networks forget connections that
	// are silent for some minutes, 350 s behind AWS's own gateways (VPC User Guide, "NAT gateways"), and an
	// invocation may be for 900.
	keepAlive = 30 * time.Second
	// idleFor is how long a connection without an invocation is kept for the next: a person at a prompt thinks for about
	// as long, and a new one costs some round trips.
	idleFor = 90 * time.Second
	// dialFor is how long a connection may take to be made: longer, and nobody is there.
	dialFor = 10 * time.Second
)

// NewInvoker makes a client of Lambda for many invocations at once: one connection for each, at most DefaultConcurrency, kept
// for the next. It waits for an answer as long as a function may take, and repeats nothing.
func NewInvoker(cfg aws.Config) *sdk.Client {
	client := awshttp.NewBuildableClient().
		WithDialerOptions(func(d *net.Dialer) { d.KeepAlive, d.Timeout = keepAlive, dialFor }).
		WithTransportOptions(func(t *http.Transport) {
			t.MaxConnsPerHost, t.MaxIdleConnsPerHost, t.MaxIdleConns = DefaultConcurrency, DefaultConcurrency, DefaultConcurrency
			t.IdleConnTimeout = idleFor
			t.ResponseHeaderTimeout = 0
		})
	return sdk.NewFromConfig(cfg, func(o *sdk.Options) {
		o.HTTPClient = plainBodies{client}
		o.Retryer = aws.NopRetryer{}
	})
}
