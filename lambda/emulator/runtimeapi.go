package emulator

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"
)

// runtimeAPI is what a bootstrap sees at AWS_LAMBDA_RUNTIME_API ("Using the Lambda runtime API for custom runtimes").
func (e *environment) runtimeAPI() http.Handler {
	const prefix = "/2018-06-01/runtime/"
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+prefix+"invocation/next", e.next)
	mux.HandleFunc("POST "+prefix+"invocation/{id}/response", e.response)
	mux.HandleFunc("POST "+prefix+"invocation/{id}/error", e.fail)
	mux.HandleFunc("POST "+prefix+"init/error", e.failInit)
	return mux
}

// runtimeError answers the runtime in the API's shape.
func runtimeError(w http.ResponseWriter, status int, kind, text string) {
	writeJSON(w, status, map[string]string{"errorType": kind, "errorMessage": text})
}

// next serves the runtime's wish for work.
func (e *environment) next(w http.ResponseWriter, r *http.Request) {
	e.logs.drain()
	inv, ok := e.ready()
	if !ok {
		runtimeError(w, http.StatusForbidden, "InvalidStateTransition", "the last invocation has no response yet")
		return
	}
	if inv == nil {
		select {
		case inv = <-e.work:
		case <-r.Context().Done():
			return
		}
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Lambda-Runtime-Aws-Request-Id", inv.id)
	h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(inv.deadline.UnixMilli(), 10))
	h.Set("Lambda-Runtime-Invoked-Function-Arn", e.config.FunctionArn)
	h.Set("Lambda-Runtime-Trace-Id", "Root=1-"+strconv.FormatInt(inv.started.Unix(), 16)+"-"+inv.id[:8]+inv.id[9:13]+inv.id[14:18]+inv.id[19:23]+inv.id[24:28]+";Sampled=0")
	if inv.context != "" {
		h.Set("Lambda-Runtime-Client-Context", inv.context)
	}
	w.Write(inv.payload) // an error means that the process ended
}

// ready puts an environment that asks for work back into its pool, or gives it an invocation that waits. It says no if
// the environment has one that it has not answered. With no invocation there may be one in work, later.
func (e *environment) ready() (*invocation, bool) {
	e.server.mu.Lock()
	defer e.server.mu.Unlock()
	f := e.function
	switch e.state {
	case starting:
		e.initTook = max(time.Since(e.born), 1)
		f.startTook = e.server.ColdStart + e.initTook
		e.assign(e.current)
		return e.current, true
	case busy: // asked again after it lost the connection, perhaps
		return nil, len(e.work) > 0
	case settling:
		f.settling--
		e.timer.Stop()
		e.current = nil
		if f.gone || e.config != f.config {
			e.state = idle
			e.end(causeRetired)
			break
		}
		if len(f.waiting) > 0 {
			inv := f.waiting[0]
			f.waiting = f.waiting[1:]
			e.assign(inv)
			return inv, true
		}
		e.state = idle
		f.idle = append(f.idle, e)
	}
	return nil, true
}

// claim finds the invocation that the runtime answers, and refuses any other, and a second answer.
func (e *environment) claim(w http.ResponseWriter, r *http.Request) *invocation {
	e.server.mu.Lock()
	inv := e.current
	ok := e.state == busy && inv.id == r.PathValue("id") && !inv.responding
	if ok {
		inv.responding = true
	}
	e.server.mu.Unlock()
	if !ok {
		runtimeError(w, http.StatusBadRequest, "InvalidRequestID", "no such invocation waits for an answer")
		return nil
	}
	return inv
}

// response takes the function's result.
func (e *environment) response(w http.ResponseWriter, r *http.Request) {
	inv := e.claim(w, r)
	if inv == nil {
		return
	}
	var body []byte
	var err error
	if inv.chunks != nil {
		err = inv.forward(r.Body)
	} else {
		body, err = readUpTo(r.Body, maxPayload)
	}
	var large *http.MaxBytesError
	switch kind := r.Trailer.Get("Lambda-Runtime-Function-Error-Type"); {
	case errors.As(err, &large):
		e.settle(answer{failure: newFailureText("Function.ResponseSizeTooLarge",
			"Response payload size exceeded maximum allowed payload size ("+strconv.FormatInt(large.Limit, 10)+" bytes).")})
		runtimeError(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "the response is too large")
		return
	case err != nil:
		return // the process ended while it answered; over says so
	case kind != "":
		text, err := base64.StdEncoding.DecodeString(r.Trailer.Get("Lambda-Runtime-Function-Error-Body"))
		if err != nil || len(text) == 0 {
			text = newFailure(kind, inv.id, "the response broke off").body
		}
		e.settle(answer{failure: &failure{kind, text}})
	default:
		e.settle(answer{body: body})
	}
	writeJSON(w, http.StatusAccepted, map[string]string{"status": "OK"})
}

// readUpTo reads at most limit bytes; more are a MaxBytesError.
func readUpTo(r io.ReadCloser, limit int64) ([]byte, error) {
	return io.ReadAll(http.MaxBytesReader(nil, r, limit))
}

// forward hands a response on as it comes. When the caller left it is read to its end for nobody.
func (inv *invocation) forward(body io.ReadCloser) error {
	body = http.MaxBytesReader(nil, body, maxStreamed)
	for {
		buf := make([]byte, 64<<10) // what one event carries
		n, err := body.Read(buf)
		if n > 0 {
			select {
			case inv.chunks <- buf[:n]:
			case <-inv.gone:
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// settle answers an environment's invocation. Its place is free before its caller knows, and the environment is used again when it asks.
func (e *environment) settle(a answer) {
	e.logs.drain()
	e.server.mu.Lock()
	defer e.server.mu.Unlock()
	if e.state != busy {
		return
	}
	e.state = settling
	e.function.settling++
	e.current.finish(e.report(a))
}

// fail takes the function's error.
func (e *environment) fail(w http.ResponseWriter, r *http.Request) {
	if e.claim(w, r) == nil {
		return
	}
	body, err := readUpTo(r.Body, maxPayload)
	if err != nil {
		return
	}
	e.settle(answer{failure: &failure{errorType(body, r.Header.Get("Lambda-Runtime-Function-Error-Type")), body}})
	writeJSON(w, http.StatusAccepted, map[string]string{"status": "OK"})
}

// failInit takes the runtime's word that it cannot start. It has nothing else to do then.
func (e *environment) failInit(w http.ResponseWriter, r *http.Request) {
	body, err := readUpTo(r.Body, maxPayload)
	if err != nil {
		return
	}
	writeJSON(w, http.StatusAccepted, map[string]string{"status": "OK"})
	e.server.mu.Lock()
	defer e.server.mu.Unlock()
	if e.state == starting {
		e.initError = body
		e.end(causeInit)
	}
}

// errorType finds an error's type in its body, unless a header said it.
func errorType(body []byte, header string) string {
	var parsed struct{ ErrorType string }
	if json.Unmarshal(body, &parsed); parsed.ErrorType != "" {
		return parsed.ErrorType
	}
	if header != "" {
		return header
	}
	return "Runtime.Unknown"
}
