package spread

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/smithy-go"

	"sshell/lambda"
)

// Asked reports whether a payload is a request to make others. It looks at its beginning only: most are others, and long.
func Asked(payload []byte) bool { return bytes.HasPrefix(payload, head) }

// head is how an Invoker's requests begin.
var head = fmt.Appendf(nil, `{"sshell":%d,"spread":[`, lambda.Version)

// Serve makes the invocations that a payload asks for, of the function that is named, and gives the answer, which comes while
// they end and has to be read to its end. The payload is one for which Asked is true.
func Serve(ctx context.Context, by lambda.Invoker, function string, payload []byte) io.Reader {
	r, w := io.Pipe()
	go func() {
		var asked request
		if err := json.Unmarshal(payload, &asked); err != nil {
			w.CloseWithError(fmt.Errorf("read request: %w", err))
			return
		}
		var mu sync.Mutex
		var all sync.WaitGroup
		for n, p := range asked.Spread {
			all.Go(func() {
				line, err := json.Marshal(invoke(ctx, by, function, n, p))
				if err != nil {
					return // what is missing is lost
				}
				mu.Lock()
				defer mu.Unlock()
				_, _ = w.Write(append(line, '\n')) // it fails when nobody reads: the same
			})
		}
		all.Wait()
		w.Close()
	}()
	return r
}

// invoke makes one invocation.
func invoke(ctx context.Context, by lambda.Invoker, function string, n int, payload []byte) reply {
	r := reply{N: &n}
	out, err := by.Invoke(ctx, &sdk.InvokeInput{FunctionName: aws.String(function), Payload: payload})
	if err != nil {
		r.Message = err.Error()
		var api smithy.APIError
		var response *awshttp.ResponseError
		if errors.As(err, &api) {
			r.Code, r.Message = api.ErrorCode(), api.ErrorMessage()
		}
		if errors.As(err, &response) {
			r.Status = response.HTTPStatusCode()
		}
		return r
	}
	r.Payload, r.FunctionError = out.Payload, aws.ToString(out.FunctionError)
	return r
}
