package emulator

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
)

// invokeStreaming serves InvokeWithResponseStream. The answer is an event stream: PayloadChunk with bytes as the runtime
// sends them, and InvokeComplete.
func (s *Server) invokeStreaming(w http.ResponseWriter, r *http.Request) {
	inv, err := s.newCall(r, "InvokeWithResponseStream", maxPayload)
	if err != nil {
		writeError(w, err)
		return
	}
	w.Header().Set("X-Amzn-RequestId", inv.id)
	if r.Header.Get("X-Amz-Invocation-Type") == "DryRun" {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	inv.chunks, inv.gone = make(chan []byte), make(chan struct{})
	if err := s.dispatch(inv); err != nil {
		writeError(w, err)
		return
	}
	defer close(inv.gone)
	h := w.Header()
	h.Set("Content-Type", "application/vnd.amazon.eventstream")
	h.Set("X-Amzn-Lambda-Response-Stream-Content-Type", "application/octet-stream")
	h.Set("X-Amz-Executed-Version", "$LATEST")
	out := &events{w: w, flush: http.NewResponseController(w).Flush, enc: eventstream.NewEncoder()}
	for {
		select {
		case chunk := <-inv.chunks:
			if out.write("PayloadChunk", "application/octet-stream", chunk) != nil {
				return
			}
		case a := <-inv.done:
			out.complete(a, r.Header.Get("X-Amz-Log-Type") == "Tail")
			return
		case <-r.Context().Done():
			return
		}
	}
}

// events writes an event stream.
type events struct {
	w     http.ResponseWriter
	flush func() error
	enc   *eventstream.Encoder
	buf   bytes.Buffer
}

func (e *events) write(kind, content string, payload []byte) error {
	msg := eventstream.Message{Payload: payload}
	msg.Headers.Set(":event-type", eventstream.StringValue(kind))
	msg.Headers.Set(":content-type", eventstream.StringValue(content))
	msg.Headers.Set(":message-type", eventstream.StringValue("event"))
	e.buf.Reset()
	if err := e.enc.Encode(&e.buf, msg); err != nil {
		return err
	}
	if _, err := e.w.Write(e.buf.Bytes()); err != nil {
		return err
	}
	return e.flush()
}

func (e *events) complete(a answer, tail bool) {
	var end struct {
		ErrorCode, ErrorDetails, LogResult string `json:",omitempty"`
	}
	if a.failure != nil {
		end.ErrorCode, end.ErrorDetails = a.failure.kind, string(a.failure.body)
	}
	if tail {
		end.LogResult = base64.StdEncoding.EncodeToString(a.log)
	}
	text, err := json.Marshal(end)
	if err != nil {
		panic(err)
	}
	e.write("InvokeComplete", "application/json", text) // an error means that the caller left
}
