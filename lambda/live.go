package lambda

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
)

// LiveMax is how many bytes of each output travel in a response: of a streamed response the first 6 MB come at full speed,
// and the rest at 2 MB a second (Lambda Developer Guide, "Lambda quotas"). What follows is a stream of the transport.
const LiveMax = 2 << 20

// frameKind says what a frame of a response is.
type frameKind byte

const (
	stdoutFrame   frameKind = '1'
	stderrFrame   frameKind = '2'
	streamFrame   frameKind = 's' // one byte, the kind of the output that goes on as a stream of the transport
	responseFrame frameKind = 'r' // what EncodeResponse wrote, or EncodeRefusal; the last
)

// frameKinds are what a response of ours can begin with: JSON, which others answer with, cannot.
var frameKinds = []byte{byte(stdoutFrame), byte(stderrFrame), byte(streamFrame), byte(responseFrame)}

const (
	// frameHead is the length of a frame's kind and size. The size is text, for those who look at what a function answers.
	frameHead = 7
	// maxFrame bounds what is believed of a frame's size: a response has at most as much as a payload.
	maxFrame = MaxPayload
)

// Live writes a response while its task runs. Its methods may be called from several goroutines.
type Live struct {
	mu sync.Mutex
	w  io.Writer
}

// NewLive writes to w.
func NewLive(w io.Writer) *Live { return &Live{w: w} }

func (l *Live) write(k frameKind, data []byte) error {
	frame := fmt.Appendf(make([]byte, 0, frameHead+len(data)), "%c%0*x", k, frameHead-1, len(data))
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

// frame passes a frame's output on.
func (c *call) frame(k frameKind, data []byte) {
	if k == streamFrame && len(data) == 1 {
		if o := c.outputFor(frameKind(data[0])); o != nil {
			o.expect()
		}
		return
	}
	if o := c.outputFor(k); o != nil {
		if o.take(data) {
			go c.leave(int(k - '0'))
		}
	}
}

func (c *call) outputFor(k frameKind) *output {
	if n := int(k - stdoutFrame); n >= 0 && n < len(c.outputs) {
		return c.outputs[n]
	}
	return nil
}

// frames takes a response apart. What does not begin with a frame is left in rest.
type frames struct {
	rest  []byte
	whole []byte // the last frame's payload, nil before it came
	ours  bool   // it began with a frame
}

// take takes some more bytes, and gives each frame of output that is whole to f.
func (f *frames) take(p []byte, give func(frameKind, []byte)) error {
	f.rest = append(f.rest, p...)
	if !f.ours && len(f.rest) > 0 {
		if f.ours = bytes.IndexByte(frameKinds, f.rest[0]) >= 0; !f.ours && len(f.rest) > maxFrame {
			return errors.New("not a frame")
		}
	}
	for f.ours && len(f.rest) >= frameHead {
		size, err := strconv.ParseUint(string(f.rest[1:frameHead]), 16, 32)
		if err != nil || size > maxFrame {
			return fmt.Errorf("a frame of %.8q bytes", f.rest[1:frameHead])
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
