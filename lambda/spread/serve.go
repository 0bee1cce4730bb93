package spread

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
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
		out := &writer{w: w}
		var all sync.WaitGroup
		for n, p := range asked.Spread {
			all.Go(func() { out.reply(invoke(ctx, by, function, n, p, out)) })
		}
		all.Wait()
		w.Close()
	}()
	return r
}

// besideHead is how a Together's requests begin.
var besideHead = fmt.Appendf(nil, `{"sshell":%d,"beside":[`, lambda.Version)

// Beside gives the payloads of attempts that are to be made beside each other, nil for another request than a Together's.
func Beside(payload []byte) [][]byte {
	var asked request
	if !bytes.HasPrefix(payload, besideHead) || json.Unmarshal(payload, &asked) != nil {
		return nil
	}
	payloads := make([][]byte, len(asked.Beside))
	for n, p := range asked.Beside {
		payloads[n] = p
	}
	return payloads
}

// Answer gives the answer to such a request, which has to be read to its end, while make makes the attempts. It gets where the response
// for a number from 0 goes, to be closed at its end, and its error ends the answer.
func Answer(make func(to func(n int) io.WriteCloser) error) io.Reader {
	r, w := io.Pipe()
	go func() {
		out := &writer{w: w}
		w.CloseWithError(make(func(n int) io.WriteCloser { return &part{out, n} }))
	}()
	return r
}

// part is the response for one payload among others.
type part struct {
	out *writer
	n   int
}

// Write implements io.Writer.
func (p *part) Write(b []byte) (int, error) {
	if err := p.out.reply(reply{N: &p.n, Data: b}); err != nil {
		return 0, err
	}
	return len(b), nil
}

// Close says that the response is whole.
func (p *part) Close() error { return p.out.reply(reply{N: &p.n, End: true}) }

// writer writes lines. What cannot be written is lost with its reader.
type writer struct {
	mu sync.Mutex
	w  io.Writer
}

func (w *writer) reply(r reply) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	_, err = w.w.Write(append(line, '\n'))
	return err
}

// invoke makes one invocation, passes on its response, and gives its end.
func invoke(ctx context.Context, by lambda.Invoker, function string, n int, payload []byte, out *writer) reply {
	end := reply{N: &n, End: true}
	err := by.Invoke(ctx, function, payload, func(p []byte) error { return out.reply(reply{N: &n, Data: p}) })
	if err == nil {
		return end
	}
	end.Message = err.Error()
	var api smithy.APIError
	var response *awshttp.ResponseError
	var died *lambda.FunctionError
	switch {
	case errors.As(err, &died):
		end.Note, end.Message = died.Note, ""
	case errors.As(err, &api):
		end.Code, end.Message = api.ErrorCode(), api.ErrorMessage()
	}
	if errors.As(err, &response) {
		end.Status = response.HTTPStatusCode()
	}
	return end
}
