package emulator

import (
	"encoding/json"
	"fmt"
	"time"
)

// invocation is one try at one request. The server's mu guards what is not set at its start.
type invocation struct {
	id       string
	function *function
	payload  []byte
	context  string // X-Amz-Client-Context
	mishap   *mishap
	then     func() // called with mu held when it is answered, if not nil

	// A caller who wants the response as it comes has chunks; gone is closed when he left.
	chunks chan []byte
	gone   chan struct{}

	started, deadline time.Time
	responding        bool // the runtime has begun to send its response
	answered          bool
	done              chan answer // gets the one answer
}

// answer is how an invocation ended.
type answer struct {
	body    []byte
	failure *failure // if it failed
	log     []byte   // the end of its log
}

// failure is an error of the function or of its environment, not of the call.
type failure struct {
	kind string // the errorType
	body []byte // as the runtime sent it, or ours
}

func newFailure(kind, id, text string) *failure {
	return newFailureText(kind, "RequestId: "+id+" Error: "+text)
}

// newInvocation makes an invocation for a caller who waits.
func (f *function) newInvocation(id string, payload []byte) *invocation {
	return &invocation{id: id, function: f, payload: payload, done: make(chan answer, 1)}
}

// dispatch gives an invocation its place and an environment, or throttles it. mu is held.
func (f *function) dispatch(inv *invocation) *apiError {
	if f.server.closed || f.gone {
		return errService(fmt.Errorf("the service is closing"))
	}
	if err := f.take(); err != nil {
		return err
	}
	switch last := len(f.idle) - 1; {
	case last >= 0:
		e := f.idle[last]
		f.idle = f.idle[:last]
		e.assign(inv)
		e.work <- inv
	case f.settling > len(f.waiting):
		f.waiting = append(f.waiting, inv)
		time.AfterFunc(f.settleTime(), func() { f.stopWaiting(inv) })
	default:
		f.start(inv)
	}
	return nil
}

// settleTime is how long an invocation waits for another's environment. mu is held.
func (f *function) settleTime() time.Duration {
	return min(max(f.startTook, settleLeast), settleMost)
}

// stopWaiting starts an environment for an invocation that waited for another's in vain.
func (f *function) stopWaiting(inv *invocation) {
	f.server.mu.Lock()
	defer f.server.mu.Unlock()
	for i, w := range f.waiting {
		if w == inv {
			f.waiting = append(f.waiting[:i], f.waiting[i+1:]...)
			f.start(inv)
			return
		}
	}
}

// finish answers an invocation, once, and frees its place. mu is held.
func (inv *invocation) finish(a answer) {
	if inv.answered {
		return
	}
	inv.answered = true
	inv.function.running--
	inv.done <- a
	if inv.then != nil {
		inv.then()
	}
}

// newFailureText is a failure whose message stands alone.
func newFailureText(kind, text string) *failure {
	body, err := json.Marshal(map[string]string{"errorType": kind, "errorMessage": text})
	if err != nil {
		panic(err)
	}
	return &failure{kind, body}
}
