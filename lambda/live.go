package lambda

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"sshell/remote"
)

// StreamInvoker is an Invoker that gives a response while the function writes it. The output of a task goes to a terminal
// by that road: no block of a stream has to be filled, stored and found.
type StreamInvoker interface {
	InvokeWithResponseStream(ctx context.Context, in *sdk.InvokeWithResponseStreamInput, opts ...func(*sdk.Options)) (*sdk.InvokeWithResponseStreamOutput, error)
}

// LiveMax is how many bytes of each output travel in a live response: of a streamed response the first 6 MB come at full speed,
// and the rest at 2 MB a second (Lambda Developer Guide, "Lambda quotas"). What follows is a stream of the transport.
const LiveMax = 2 << 20

// frameKind says what a frame of a live response is.
type frameKind byte

const (
	stdoutFrame   frameKind = '1'
	stderrFrame   frameKind = '2'
	streamFrame   frameKind = 's' // one byte, the kind of the output that goes on as a stream of the transport
	responseFrame frameKind = 'r' // what EncodeResponse wrote, or EncodeRefusal; the last
)

const (
	// frameHead is the length of a frame's kind and size.
	frameHead = 5
	// maxFrame bounds what is believed of a frame's size: a response has at most as much as a payload.
	maxFrame = MaxPayload
)

// Live writes a live response. Its methods may be called from several goroutines.
type Live struct {
	mu sync.Mutex
	w  io.Writer
}

// NewLive writes a live response to w.
func NewLive(w io.Writer) *Live { return &Live{w: w} }

func (l *Live) write(k frameKind, data []byte) error {
	frame := make([]byte, frameHead, frameHead+len(data))
	frame[0] = byte(k)
	binary.BigEndian.PutUint32(frame[1:], uint32(len(data)))
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err := l.w.Write(append(frame, data...))
	return err
}

// Output sends some bytes of an output: 1 for standard output, 2 for standard error.
func (l *Live) Output(fd int, data []byte) error { return l.write(frameKind('0'+fd), data) }

// Stream says that an output goes on as a stream of the transport.
func (l *Live) Stream(fd int) error { return l.write(streamFrame, []byte{byte('0' + fd)}) }

// End sends the payload that would have been the whole answer.
func (l *Live) End(payload []byte) error { return l.write(responseFrame, payload) }

// Stream invokes a function and gives take its response while it comes. An error is a *FunctionError where the function
// ended without its whole response, one of the SDK where the request failed, or take's.
func Stream(ctx context.Context, by StreamInvoker, function string, payload []byte, take func([]byte) error) error {
	out, err := by.InvokeWithResponseStream(ctx, &sdk.InvokeWithResponseStreamInput{
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

// onceLive makes the invocation, and passes its output on while it comes.
func (c *call) onceLive(ctx context.Context, by StreamInvoker, payload []byte) answer {
	var in frames
	err := Stream(ctx, by, c.r.cfg.Function, payload, func(p []byte) error { return in.take(p, c.frame) })
	var died *FunctionError
	switch {
	case errors.As(err, &died):
		return c.died(died.Note)
	case err != nil:
		return c.unanswered(err)
	case in.whole == nil: // of a function that knows no live responses, or did not get as far
		in.whole = in.rest
	}
	return c.answered(in.whole)
}

// frame passes a frame's output on. A terminal that has gone is no fault: the function is told to stop by its own writes, or
// ends by itself.
func (c *call) frame(k frameKind, data []byte) {
	if k == streamFrame && len(data) == 1 {
		if o := c.outputFor(frameKind(data[0])); o != nil {
			o.expect()
		}
		return
	}
	if o := c.outputFor(k); o != nil {
		_ = o.write(data)
	}
}

func (c *call) outputFor(k frameKind) *output {
	if n := int(k - stdoutFrame); n >= 0 && n < len(c.outputs) {
		return c.outputs[n]
	}
	return nil
}

// deathNote is the end of an invocation without an answer, as Invoke's payload would have it.
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

// frames takes a live response apart.
type frames struct {
	rest  []byte
	whole []byte // the last frame's payload, nil before it came
}

// take takes some more bytes, and gives each frame of output that is whole to f.
func (f *frames) take(p []byte, give func(frameKind, []byte)) error {
	f.rest = append(f.rest, p...)
	for len(f.rest) >= frameHead && f.rest[0] != '{' {
		size := binary.BigEndian.Uint32(f.rest[1:])
		if size > maxFrame {
			return fmt.Errorf("a frame of %d bytes", size)
		}
		if len(f.rest) < frameHead+int(size) {
			return nil
		}
		k, data := frameKind(f.rest[0]), f.rest[frameHead:frameHead+int(size)]
		switch k {
		case responseFrame:
			f.whole = append([]byte{}, data...)
		case stdoutFrame, stderrFrame, streamFrame:
			give(k, data)
		default:
			return errors.New("not a frame")
		}
		f.rest = f.rest[frameHead+int(size):]
	}
	return nil
}

// isLive reports whether somebody watches a task's output.
func isLive(s remote.Streams) bool {
	return s.Stdout != nil && isTerminal(s.Stdout) || s.Stderr != nil && isTerminal(s.Stderr)
}
