package emulator

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"time"
)

// invoke serves Invoke.
func (s *Server) invoke(w http.ResponseWriter, r *http.Request) {
	kind := r.Header.Get("X-Amz-Invocation-Type")
	limit := maxPayload
	if kind == "Event" {
		limit = maxEventPayload
	}
	inv, err := s.newCall(r, "InvokeFunction", limit)
	if err == nil {
		w.Header().Set("X-Amzn-RequestId", inv.id)
		switch kind {
		case "", "RequestResponse":
			err = s.requestResponse(w, r, inv)
		case "Event":
			s.event(inv)
			w.WriteHeader(http.StatusAccepted)
		case "DryRun":
			w.WriteHeader(http.StatusNoContent)
		default:
			err = errParameter("Value '%s' at 'invocationType' failed to satisfy constraint: [Event, RequestResponse, DryRun]", kind)
		}
	}
	if err != nil {
		writeError(w, err)
	}
}

// newCall makes the invocation that a request asks for.
func (s *Server) newCall(r *http.Request, operation string, limit int) (*invocation, *apiError) {
	payload := bodyOf(r)
	if len(payload) > limit {
		return nil, errTooLarge(limit, operation)
	}
	if len(payload) == 0 {
		payload = []byte("{}")
	}
	if !json.Valid(payload) {
		return nil, &apiError{status: http.StatusBadRequest, code: "InvalidRequestContentException", message: "Could not parse request body into json"}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.lookup(r.PathValue("name"), r.URL.Query().Get("Qualifier"))
	if err != nil {
		return nil, err
	}
	inv := f.newInvocation(newID(), payload)
	inv.mishap = mishapOf(r)
	if text, err := base64.StdEncoding.DecodeString(r.Header.Get("X-Amz-Client-Context")); err == nil {
		inv.context = string(text)
	}
	return inv, nil
}

func (s *Server) dispatch(inv *invocation) *apiError {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := inv.function.dispatch(inv)
	if err == nil {
		inv.duplicate()
	}
	return err
}

// requestResponse runs an invocation and writes its answer. When the caller leaves the invocation goes on.
func (s *Server) requestResponse(w http.ResponseWriter, r *http.Request, inv *invocation) *apiError {
	if err := s.dispatch(inv); err != nil {
		return err
	}
	select {
	case a := <-inv.done:
		h := w.Header()
		h.Set("X-Amz-Executed-Version", "$LATEST")
		h.Set("Content-Type", "application/json")
		if r.Header.Get("X-Amz-Log-Type") == "Tail" {
			h.Set("X-Amz-Log-Result", base64.StdEncoding.EncodeToString(a.log))
		}
		if a.failure != nil {
			h.Set("X-Amz-Function-Error", "Unhandled")
			a.body = a.failure.body
		}
		w.Write(a.body) // an error means that the caller left
	case <-r.Context().Done():
	}
	return nil
}

// event runs an invocation for nobody, and again if it fails. A throttled one is tried until it is not.
func (s *Server) event(inv *invocation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.tasks.Go(func() {
		delay := s.RetryDelay
		for tries := 0; tries < eventTries; {
			next := inv.function.newInvocation(inv.id, inv.payload)
			next.context, next.mishap = inv.context, inv.mishap
			if tries > 0 {
				next.mishap = nil // which was the first try's
			}
			if err := s.dispatch(next); err != nil {
				if err.status != http.StatusTooManyRequests || !s.pause(min(time.Second, s.RetryDelay)) {
					return
				}
				continue
			}
			if a := <-next.done; a.failure == nil {
				return
			}
			if tries++; tries == eventTries || !s.pause(delay) {
				return
			}
			delay *= 2
		}
	})
}
