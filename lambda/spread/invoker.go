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

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"sshell/lambda"
)

// gather is how long a call waits for others to go with: a burst's come within it.
const gather = 2 * time.Millisecond

// Invoker invokes one function. It implements lambda.Invoker, and may be used concurrently.
type Invoker struct {
	direct lambda.Invoker

	mu    sync.Mutex
	count int // calls under way
	batch []*call
	size  int // bytes of the batch
}

// New makes an Invoker.
func New(direct lambda.Invoker) *Invoker { return &Invoker{direct: direct} }

// call is one call of Invoke that goes with others.
type call struct {
	ctx      context.Context
	function string
	payload  []byte
	take     func([]byte) error

	ended bool
	done  chan struct{}
	err   error
}

// Invoke implements lambda.Invoker.
func (i *Invoker) Invoke(ctx context.Context, function string, payload []byte, take func([]byte) error) error {
	i.mu.Lock()
	i.count++
	alone := i.count <= from || len(payload) > room/least
	i.mu.Unlock()
	defer func() {
		i.mu.Lock()
		i.count--
		i.mu.Unlock()
	}()
	if alone {
		return i.direct.Invoke(ctx, function, payload, take)
	}
	c := &call{ctx: ctx, function: function, payload: payload, take: take, done: make(chan struct{})}
	i.join(c)
	select {
	case <-c.done:
		return c.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// join puts a call into the batch, which leaves when it is full or its first call has waited for gather.
func (i *Invoker) join(c *call) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.batch) > 0 && i.size+len(c.payload) > room {
		i.leave()
	}
	i.batch = append(i.batch, c)
	i.size += len(c.payload)
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

// single makes a call by itself.
func (i *Invoker) single(c *call) { c.finish(i.direct.Invoke(c.ctx, c.function, c.payload, c.take)) }

// finish ends a call. Only the first end counts.
func (c *call) finish(err error) {
	if !c.ended {
		c.ended, c.err = true, err
		close(c.done)
	}
}

// send has a function make the calls. It goes on when some who made them have left.
func (i *Invoker) send(batch []*call) {
	err := send(i.direct, batch, func(payloads []json.RawMessage) request { return request{Version: lambda.Version, Spread: payloads} })
	var died *lambda.FunctionError
	if err == nil || errors.As(err, &died) { // whose end is not theirs
		err = errors.New("the function in between did not say how it ended")
	}
	for _, c := range batch {
		c.finish(err)
	}
}

// send makes a request of calls and gives them their replies. An error is for all that have no end then.
func send(direct lambda.Invoker, batch []*call, ask func([]json.RawMessage) request) error {
	var payloads []json.RawMessage
	for _, c := range batch {
		payloads = append(payloads, c.payload)
	}
	payload, err := json.Marshal(ask(payloads))
	if err != nil {
		return err
	}
	replies := lines{batch: batch}
	if err := direct.Invoke(context.WithoutCancel(batch[0].ctx), batch[0].function, payload, replies.take); err != nil {
		return err
	}
	return replies.end()
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
			c.reply(reply{Data: line})
			c.reply(reply{End: true})
		}
		return nil
	}
	if *r.N < 0 || *r.N >= len(l.batch) {
		return fmt.Errorf("read reply: there is no call %d", *r.N)
	}
	l.batch[*r.N].reply(r)
	return nil
}

// reply takes a piece of a call's response, or its end.
func (c *call) reply(r reply) {
	if c.ended || c.ctx.Err() != nil {
		return
	}
	if len(r.Data) > 0 {
		if err := c.take(r.Data); err != nil {
			c.finish(err)
		}
	}
	switch {
	case !r.End:
	case r.Code != "":
		c.finish(&awshttp.ResponseError{ResponseError: &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: &http.Response{StatusCode: r.Status}},
			Err:      &smithy.GenericAPIError{Code: r.Code, Message: r.Message},
		}})
	case len(r.Note) > 0:
		c.finish(&lambda.FunctionError{Note: r.Note})
	case r.Message != "":
		c.finish(errors.New(r.Message))
	default:
		c.finish(nil)
	}
}
