package lambda

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"sshell/pipes/objstore/s3/plainbody"
)

// Invoker is what a Runner needs of the SDK's client. It must not repeat a request that may have been taken: a client of
// NewInvoker does not.
type Invoker interface {
	// Invoke invokes a function and gives take its response while it comes. The error is a *FunctionError where the function
	// ended without its whole response, one of the SDK where the request failed, or take's.
	Invoke(ctx context.Context, function string, payload []byte, take func([]byte) error) error
}

// Client is the SDK's client as an Invoker.
type Client struct{ *sdk.Client }

// Invoke implements Invoker.
func (c *Client) Invoke(ctx context.Context, function string, payload []byte, take func([]byte) error) error {
	out, err := c.InvokeWithResponseStream(ctx, &sdk.InvokeWithResponseStreamInput{
		FunctionName:   aws.String(function),
		InvocationType: types.ResponseStreamingInvocationTypeRequestResponse,
		Payload:        payload,
	})
	if err != nil {
		return err
	}
	events := out.GetStream()
	defer events.Close()
	for event := range events.Events() {
		switch e := event.(type) {
		case *types.InvokeWithResponseStreamResponseEventMemberPayloadChunk:
			if err := take(e.Value.Payload); err != nil {
				return fmt.Errorf("read response: %w", err)
			}
		case *types.InvokeWithResponseStreamResponseEventMemberInvokeComplete:
			if e.Value.ErrorCode != nil {
				return &FunctionError{deathNote(e.Value)}
			}
			return nil
		}
	}
	if err := events.Err(); err != nil {
		return err
	}
	return errors.New("the response ends early")
}

// FunctionError is the end of a function without its whole response. Note is the payload that says so.
type FunctionError struct{ Note []byte }

func (e *FunctionError) Error() string { return "the function failed: " + string(e.Note) }

// deathNote is the end of an invocation without an answer, as a payload would have it.
func deathNote(e types.InvokeWithResponseStreamCompleteEvent) []byte {
	details := []byte(aws.ToString(e.ErrorDetails))
	if json.Valid(details) && bytes.HasPrefix(bytes.TrimSpace(details), []byte("{")) {
		return details
	}
	note, err := json.Marshal(map[string]string{"errorType": aws.ToString(e.ErrorCode), "errorMessage": string(details)})
	if err != nil {
		return nil
	}
	return note
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
func NewInvoker(cfg aws.Config) *Client {
	client := awshttp.NewBuildableClient().
		WithDialerOptions(func(d *net.Dialer) { d.KeepAlive, d.Timeout = keepAlive, dialFor }).
		WithTransportOptions(func(t *http.Transport) {
			t.MaxConnsPerHost, t.MaxIdleConnsPerHost, t.MaxIdleConns = DefaultConcurrency, DefaultConcurrency, DefaultConcurrency
			t.IdleConnTimeout = idleFor
			t.ResponseHeaderTimeout = 0
		})
	return &Client{sdk.NewFromConfig(cfg, func(o *sdk.Options) {
		o.HTTPClient = plainbody.Client{HTTPClient: client}
		o.Retryer = aws.NopRetryer{}
	})}
}
