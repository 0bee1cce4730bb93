package lambda

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"sshell/interp/plan"
	"sshell/remote"
)

// Version is the version of Request and Response. Client and function must have the same.
const Version = 5

// Request is what a function is invoked with.
type Request struct {
	Run    string `cbor:"run"`
	Bucket string `cbor:"bucket,omitempty"` // where parts, streams and the mark are
	// Task is what remote.EncodeTask writes of the task without what is in Shared.
	Task Part `cbor:"task"`
	// Shared is a Shared as plan.Marshal writes it.
	Shared Part `cbor:"shared"`
	// Programs is what artifact.EncodeManifest writes of the programs that the tasks of a stage have in common, with what they need.
	Programs Part `cbor:"programs"`
	// Manifest is the same of the files that this task reads besides.
	Manifest []byte `cbor:"manifest,omitempty"`
	// Stdin, Stdout and Stderr name streams. Stdin is empty when the task's input is not a stream of the client's, Stdout
	// when the task itself says where its output goes. Stderr is empty when it is to go where standard output goes.
	Stdin  string `cbor:"stdin,omitempty"`
	Stdout string `cbor:"stdout,omitempty"`
	Stderr string `cbor:"stderr,omitempty"`
	// Heard is the key of an object that is there as long as the client reads Stdout and Stderr as streams, which it does when it
	// has heard in the response that one goes on so. Who does not find it is not listened to.
	Heard string `cbor:"heard,omitempty"`
	// Return is the key for files that the task gives back, where they are large.
	Return string `cbor:"return,omitempty"`
	// Cancel is the key of the mark: an object with StopMark tells the function to stop the task, one with "1" or "2" that
	// nobody reads that output any more.
	Cancel string `cbor:"cancel,omitempty"`
}

// StopMark is what a mark holds that stops the task.
const StopMark = ""

// Shared is what the tasks of a run have in common.
type Shared struct {
	Snapshot *plan.Snapshot `cbor:"snapshot,omitempty"`
	Environ  []string       `cbor:"environ,omitempty"`
}

// Response is what a function answers.
type Response struct {
	// Result is what remote.EncodeResult writes, nil when Failure is there.
	Result  []byte   `cbor:"result,omitempty"`
	Failure *Failure `cbor:"failure,omitempty"`
	Stdout  Output   `cbor:"stdout"`
	Stderr  Output   `cbor:"stderr"`
	// Returned is nil where the task gives nothing back.
	Returned *Returned `cbor:"returned,omitempty"`
	// Deadline says that the task was stopped for the function's time, not for a limit of its own.
	Deadline bool `cbor:"deadline,omitempty"`
	// Killed says that processes had to be killed that the task left: what they have started elsewhere may still be there.
	Killed bool `cbor:"killed,omitempty"`
}

// Output is one output of a task.
type Output struct {
	// Streamed says that it goes on as the stream that the request named, after what came before the response.
	Streamed bool `cbor:"streamed,omitempty"`
}

// Failure is why there is no result.
type Failure struct {
	Kind    FailureKind `cbor:"kind"`
	Status  plan.Status `cbor:"status,omitempty"` // for NotStarted
	Message string      `cbor:"message"`
}

// FailureKind tells failures apart as errors of a remote.Runner are.
type FailureKind uint8

// The kinds of failure.
const (
	Fault      FailureKind = iota // the machinery's, and no other attempt would do better
	NotStarted                    // the command did not run
	Lost                          // it may have run
	Cancelled                     // the mark was found
	Missing                       // it did not run: an artifact is not in the store any more
)

// ErrMissing says that an artifact is not in the store any more: somebody has removed it since it was sent.
var ErrMissing = errors.New("artifact is gone")

// FailureOf is an error of a remote.Runner as it travels.
func FailureOf(err error) *Failure {
	message := err.Error()
	for lost := ": " + remote.ErrLost.Error(); strings.HasSuffix(message, lost); { // which Err says again
		message = strings.TrimSuffix(message, lost)
	}
	f := &Failure{Message: message}
	var no *remote.NotStartedError
	switch {
	case errors.As(err, &no):
		f.Kind, f.Status = NotStarted, no.Status
	case errors.Is(err, ErrMissing):
		f.Kind = Missing
	case errors.Is(err, remote.ErrLost):
		f.Kind = Lost
	}
	return f
}

// Err is the failure as an error again. One that was Cancelled is no special error: whoever cancelled knows.
func (f *Failure) Err() error {
	err := errors.New(f.Message)
	switch f.Kind {
	case NotStarted:
		return &remote.NotStartedError{Status: f.Status, Err: err}
	case Lost, Missing:
		return fmt.Errorf("%w: %w", err, remote.ErrLost)
	}
	return err
}

// envelope is what Lambda carries.
type envelope struct {
	Version int    `json:"sshell"`
	Body    []byte `json:"body,omitempty"`
	Error   string `json:"error,omitempty"`
}

// VersionError says that the two sides do not understand each other.
type VersionError struct {
	Theirs int    // 0 for something that is no envelope of ours
	Why    string // in the words of the other side, empty where it said nothing
}

func (e *VersionError) Error() string {
	why := fmt.Sprintf("it speaks version %d of the protocol, this side %d", e.Theirs, Version)
	if e.Theirs == 0 {
		why = "it does not speak sshell's protocol"
	}
	if e.Why != "" {
		why += ": " + e.Why
	}
	return why
}

// EncodeRequest writes a request as the payload of an invocation.
func EncodeRequest(r *Request) ([]byte, error) { return seal("request", r) }

// EncodeResponse writes a response as a function's payload.
func EncodeResponse(r *Response) ([]byte, error) { return seal("response", r) }

// EncodeRefusal writes the answer to a request that could not be read.
func EncodeRefusal(err error) ([]byte, error) {
	return json.Marshal(envelope{Version: Version, Error: err.Error()})
}

// DecodeRequest reads what EncodeRequest wrote. A *VersionError tells that it was not of this version.
func DecodeRequest(payload []byte) (*Request, error) {
	r := new(Request)
	return r, open("request", payload, r)
}

// DecodeResponse reads what EncodeResponse wrote. A *VersionError tells that it was not of this version, or that the
// function refused the request for its own.
func DecodeResponse(payload []byte) (*Response, error) {
	r := new(Response)
	return r, open("response", payload, r)
}

func seal(what string, v any) ([]byte, error) {
	body, err := plan.Marshal(v)
	if err == nil {
		body, err = json.Marshal(envelope{Version: Version, Body: body})
	}
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", what, err)
	}
	return body, nil
}

func open(what string, payload []byte, v any) error {
	var e envelope
	if err := json.Unmarshal(payload, &e); err != nil {
		return fmt.Errorf("read %s: %w", what, errors.Join(&VersionError{}, err))
	}
	if e.Version != Version || e.Error != "" {
		return fmt.Errorf("read %s: %w", what, &VersionError{Theirs: e.Version, Why: e.Error})
	}
	if err := plan.Unmarshal(e.Body, v); err != nil {
		return fmt.Errorf("read %s: %w", what, err)
	}
	return nil
}
