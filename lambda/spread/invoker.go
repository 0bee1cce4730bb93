package spread

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"sshell/lambda"
)

// gather is how long a call waits for others to go with: a burst's come within it.
const gather = 2 * time.Millisecond

// Direct is the SDK's client.
type Direct interface {
	lambda.Invoker
	lambda.StreamInvoker
}

// Invoker invokes one function. It implements lambda.Invoker and lambda.StreamInvoker, and may be used concurrently.
type Invoker struct {
	Direct
	// stream makes an invocation and gives take the response as it comes.
	stream func(ctx context.Context, function string, payload []byte, take func([]byte) error) error

	mu    sync.Mutex
	count int // calls under way
	batch []*call
	size  int // bytes of the batch
}

// New makes an Invoker.
func New(direct Direct) *Invoker {
	i := &Invoker{Direct: direct}
	i.stream = func(ctx context.Context, function string, payload []byte, take func([]byte) error) error {
		return lambda.Stream(ctx, direct, function, payload, take)
	}
	return i
}

// call is one call of Invoke that goes with others.
type call struct {
	in   *sdk.InvokeInput
	done chan struct{}
	out  *sdk.InvokeOutput
	err  error
}

// Invoke implements lambda.Invoker.
func (i *Invoker) Invoke(ctx context.Context, in *sdk.InvokeInput, opts ...func(*sdk.Options)) (*sdk.InvokeOutput, error) {
	i.mu.Lock()
	i.count++
	alone := i.count <= from || len(in.Payload) > room/least
	i.mu.Unlock()
	defer func() {
		i.mu.Lock()
		i.count--
		i.mu.Unlock()
	}()
	if alone {
		return i.Direct.Invoke(ctx, in, opts...)
	}
	c := &call{in: in, done: make(chan struct{})}
	i.join(c)
	select {
	case <-c.done:
		return c.out, c.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// join puts a call into the batch, which leaves when it is full or its first call has waited for gather.
func (i *Invoker) join(c *call) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.batch) > 0 && i.size+len(c.in.Payload) > room {
		i.leave()
	}
	i.batch = append(i.batch, c)
	i.size += len(c.in.Payload)
	switch len(i.batch) {
	case most:
		i.leave()
	case 1:
		time.AfterFunc(gather, func() {
			i.mu.Lock()
			defer i.mu.Unlock()
			if len(i.batch) > 0 && i.batch[0] == c {
				i.leave()
			}
		})
	}
}

// leave sends the batch. i.mu is held.
func (i *Invoker) leave() {
	batch := i.batch
	i.batch, i.size = nil, 0
	if len(batch) < least {
		for _, c := range batch {
			go i.single(c)
		}
		return
	}
	go i.send(batch)
}

// single makes a call by itself. Whoever made it may have left; its own deadline ends the request then.
func (i *Invoker) single(c *call) {
	defer close(c.done)
	c.out, c.err = i.Direct.Invoke(context.Background(), c.in)
}

// send has a function make the calls.
func (i *Invoker) send(batch []*call) {
	r := request{Version: lambda.Version}
	for _, c := range batch {
		r.Spread = append(r.Spread, c.in.Payload)
	}
	payload, err := json.Marshal(r)
	if err == nil {
		replies := lines{batch: batch}
		err = i.stream(context.Background(), aws.ToString(batch[0].in.FunctionName), payload, replies.take)
		if err == nil {
			err = replies.end()
		}
	}
	if err == nil {
		err = errors.New("the function in between did not say how it ended")
	}
	for _, c := range batch {
		select {
		case <-c.done:
		default:
			c.err = err
			close(c.done)
		}
	}
}

// lines takes the replies apart.
type lines struct {
	batch []*call
	rest  []byte
}

// take takes some more bytes.
func (l *lines) take(p []byte) error {
	l.rest = append(l.rest, p...)
	for {
		line, rest, whole := bytes.Cut(l.rest, []byte("\n"))
		if !whole {
			return nil
		}
		l.rest = rest
		if err := l.reply(line); err != nil {
			return err
		}
	}
}

// end takes what has no newline behind it: a function that knows no spreading has one answer for all.
func (l *lines) end() error {
	if len(l.rest) == 0 {
		return nil
	}
	return l.reply(l.rest)
}

func (l *lines) reply(line []byte) error {
	var r reply
	if err := json.Unmarshal(line, &r); err != nil {
		return fmt.Errorf("read reply: %w", err)
	}
	if r.N == nil {
		for _, c := range l.batch {
			c.end(reply{Payload: line})
		}
		return nil
	}
	if *r.N < 0 || *r.N >= len(l.batch) {
		return fmt.Errorf("read reply: there is no call %d", *r.N)
	}
	l.batch[*r.N].end(r)
	return nil
}

// end ends a call as its reply says. Only the first one counts.
func (c *call) end(r reply) {
	select {
	case <-c.done:
		return
	default:
	}
	switch {
	case r.Code != "":
		c.err = &awshttp.ResponseError{ResponseError: &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: &http.Response{StatusCode: r.Status}},
			Err:      &smithy.GenericAPIError{Code: r.Code, Message: r.Message},
		}}
	case r.Message != "":
		c.err = errors.New(r.Message)
	default:
		c.out = &sdk.InvokeOutput{StatusCode: http.StatusOK, Payload: r.Payload}
		if r.FunctionError != "" {
			c.out.FunctionError = aws.String(r.FunctionError)
		}
	}
	close(c.done)
}
