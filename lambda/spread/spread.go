// Package spread lets functions start functions, so that a client that begins hundreds of tasks at once sends a few requests and
// not hundreds. Invoker is the client's side and stands in for the SDK's client; Serve is the function's.
//
// # What is promised
//
// A call of Invoke ends as it would without this package: with the answer of its own invocation, or with an error that says as
// much. It is made by itself unless many are under way and others come at the same moment. The function in between
// answers for each of its invocations as soon as it has ended. If that function is lost, so are they.
//
// Together puts calls into one invocation whose attempts are to be made beside each other in one environment, as copies of a command
// that use its processors; see package handler. Each ends by itself, but if the function is lost or killed they all are.
//
// # The wire
//
// A request is what Invoke's callers wanted to send, several at a time:
//
//	{"sshell": 5, "spread": [payload, payload, …]}
//	{"sshell": 5, "beside": [payload, payload, …]}
//
// The answer is a response stream of lines: pieces of the responses as they come, in base64, and for each payload a last
// line. n counts from 0.
//
//	{"n": 1, "data": "…"}
//	{"n": 1, "end": true}
//	{"n": 2, "end": true, "note": {"errorType": "Sandbox.Timedout", …}}
//	{"n": 0, "end": true, "code": "TooManyRequestsException", "message": "…", "status": 429}
package spread

import (
	"encoding/json"

	"sshell/lambda"
)

// request is the payload of an invocation that makes others.
type request struct {
	Version int               `json:"sshell"`
	Spread  []json.RawMessage `json:"spread,omitempty"` // invocations to be made
	Beside  []json.RawMessage `json:"beside,omitempty"` // attempts to be made where the request arrives
}

// reply is a piece of one of their responses, or its end.
type reply struct {
	N    *int            `json:"n"`
	Data []byte          `json:"data,omitempty"`
	End  bool            `json:"end,omitempty"`
	Note json.RawMessage `json:"note,omitempty"` // of a function that failed

	Code    string `json:"code,omitempty"` // of Lambda's own error
	Message string `json:"message,omitempty"`
	Status  int    `json:"status,omitempty"` // HTTP's, 0 where there was no answer
}

const (
	// from is how many invocations are under way before more are spread: so many requests of some KB are less than one MB, which
	// a slow link carries while functions start, and a function in between costs an invocation and passes on every
	// answer: 0.6 ms of processor time a task (make bench-cloud BENCH=tasks).
	from = 200
	// least is how many together are worth a function in between, most how many it makes: it waits for the last one, and
	// is paid for that long.
	least, most = 4, 16
	// room bounds the payloads of a request, in bytes.
	room = lambda.MaxPayload - 1<<20
)
