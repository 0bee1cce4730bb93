// Command hello is the function that calls of bare SDKs invoke: it says hello, after as many seconds as the event asks for. What
// sshell's own function costs is measured against it, since any function in Go costs this much.
package main

import (
	"context"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
)

// event is what it is invoked with.
type event struct {
	Seconds float64 `json:"seconds"`
}

func main() { lambda.Start(hello) }

func hello(_ context.Context, e event) (string, error) {
	time.Sleep(time.Duration(e.Seconds * float64(time.Second)))
	return "hello", nil
}
