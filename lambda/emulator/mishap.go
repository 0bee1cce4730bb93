package emulator

import (
	"context"
	"net/http"
	"strings"
	"time"
)

// mishap is a fault of an invocation's run, as against its call.
type mishap struct {
	twin bool          // it is run twice
	late bool          // the second run begins when the first has answered
	kill time.Duration // its environment is killed that long after it began, if not 0
}

type mishapKey struct{}

func withMishap(r *http.Request, m *mishap) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), mishapKey{}, m))
}

// mishapOf gives what is to happen to a call's invocation, or nil.
func mishapOf(r *http.Request) *mishap {
	m, _ := r.Context().Value(mishapKey{}).(*mishap)
	return m
}

// duplicate runs an invocation for a second time, for nobody. Where there is no place for one more it is not run. mu is held,
// and the invocation was dispatched.
func (inv *invocation) duplicate() {
	if inv.mishap == nil || !inv.mishap.twin {
		return
	}
	twin := inv.function.newInvocation(inv.id, inv.payload)
	twin.context = inv.context
	if inv.mishap.late {
		inv.then = func() { twin.function.dispatch(twin) }
		return
	}
	twin.function.dispatch(twin)
}

// meet has an environment killed during an invocation that it was just given. mu is held.
func (m *mishap) meet(e *environment, inv *invocation) {
	if m == nil || m.kill == 0 {
		return
	}
	time.AfterFunc(m.kill, func() {
		e.server.mu.Lock()
		defer e.server.mu.Unlock()
		if e.current == inv && e.state == busy {
			e.stop() // with no cause of ours: the runtime was killed, for all that is known
		}
	})
}

// lambdaOperation names calls of Lambda, IAM and STS for their faults. Invocations are the data plane.
func lambdaOperation(r *http.Request) (string, bool, []Fault) {
	both := []Fault{Throttle, Internal, Reset, Lost, Cut, Slow}
	switch {
	case r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/invocations"):
		return "Invoke", false, append(both, Duplicate, Kill)
	case r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/response-streaming-invocations"):
		return "InvokeWithResponseStream", false, append(both, Duplicate, Kill)
	}
	return r.Method, true, both
}

// refuseLambda answers as Lambda does, or as IAM and STS do, whose path is the root.
func refuseLambda(w http.ResponseWriter, r *http.Request, kind Fault) {
	w.Header().Set("X-Amzn-RequestId", newID())
	if r.URL.Path == "/" {
		e := &queryError{http.StatusInternalServerError, "ServiceFailure", "The request processing has failed because of an unknown error."}
		if kind == Throttle {
			e = &queryError{http.StatusBadRequest, "Throttling", "Rate exceeded"}
		}
		writeQueryError(w, "https://iam.amazonaws.com/doc/2010-05-08/", e)
		return
	}
	if kind == Throttle {
		writeError(w, errThrottled("CallerRateLimitExceeded"))
		return
	}
	writeError(w, &apiError{status: http.StatusInternalServerError, code: "ServiceException", message: "Internal Error"})
}
