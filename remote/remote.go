// Package remote has what a target and those who use it agree on: a Task, the Result of an attempt at it,
// and the Runner that turns one into the other. Nothing here knows of a particular target.
//
// A task travels as CBOR (see Encode). The client ships its own program with its tasks, so both ends are
// of one build and the version only guards against a mix-up.
package remote

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"sshell/interp/plan"
)

// ErrLost says that nobody knows how an attempt ended: it may have run, in part or in whole. A command that
// ran and failed is no error but a status in the Result.
var ErrLost = errors.New("attempt lost")

// Task is one unit handed to a target. Its stages are fused: kernel pipes join them. A task without stages, which only a
// Storer takes, copies its input to its output.
type Task struct {
	Run     string `cbor:"run"` // the run's id
	ID      int    `cbor:"id"`  // from 0, in input order
	Attempt int    `cbor:"attempt,omitempty"`

	Stages   []Stage        `cbor:"stages"`
	Snapshot *plan.Snapshot `cbor:"snapshot,omitempty"` // nil when no stage has Source; shared between tasks
	Environ  []string       `cbor:"environ,omitempty"`  // the environment of the client's commands; shared between tasks
	Env      []string       `cbor:"env,omitempty"`      // what this task adds to it, such as SSHELL_TASK
	Dir      string         `cbor:"dir,omitempty"`      // working directory, empty for the runner's own
	Umask    *int           `cbor:"umask,omitempty"`    // permission bits that new files lack, nil for the runner's own
	// Artifacts are files that must be there beside the programs of Argv: paths, absolute or from Dir, and
	// names of programs on PATH. A target that sees the client's files needs none.
	Artifacts []string `cbor:"artifacts,omitempty"`
	// Return are patterns, from Dir, of files that come back from a target that does not see the client's.
	Return []string `cbor:"return,omitempty"`
	Input  Input    `cbor:"input"`
	Output Output   `cbor:"output"`
	Limits Limits   `cbor:"limits"`
}

// Stage is one command of a task: an argument vector, or shell source that is expanded where it runs.
type Stage struct {
	Argv   []string `cbor:"argv,omitempty"`
	Env    []string `cbor:"env,omitempty"` // NAME=VALUE of the assignments in front of Argv
	Source string   `cbor:"source,omitempty"`
	Line   int      `cbor:"line,omitempty"` // of the script, on which Source begins; 0 stands for the first
}

// Limits bound one attempt. Zero means no bound.
type Limits struct {
	Timeout time.Duration `cbor:"timeout,omitempty"`
	Memory  int64         `cbor:"memory,omitempty"` // bytes
}

// Streams are real descriptors that an attempt uses and does not close. Stdin matters for StreamInput only.
type Streams struct {
	Stdin, Stdout, Stderr *os.File
}

// Result is how an attempt ended: every stage has a status.
type Result struct {
	Statuses []plan.Status `cbor:"statuses"`         // as `$?`: 128 + n for a death by signal n
	Signal   int           `cbor:"signal,omitempty"` // the signal that ended the last stage, 0 for none
	TimedOut bool          `cbor:"timedout,omitempty"`
	In       int64         `cbor:"in,omitempty"` // bytes of input that were handed to the first stage
	// Of an ObjectOutput: its bytes, and the object that holds them, which is another attempt's where that committed first.
	Out    int64         `cbor:"out,omitempty"`
	Object string        `cbor:"object,omitempty"`
	Dealt  *Dealt        `cbor:"dealt,omitempty"` // nil for output that was not dealt to parts
	User   time.Duration `cbor:"user,omitempty"`
	System time.Duration `cbor:"system,omitempty"`
	Start  time.Time     `cbor:"-"` // travels in the envelope, to the nanosecond
	Wall   time.Duration `cbor:"wall,omitempty"`
	MaxRSS int64         `cbor:"maxrss,omitempty"` // bytes, of the largest process
	// Started is how many tasks it started itself, of its share of a budget, and will not start more; nil where nobody counted.
	Started *int64 `cbor:"started,omitempty"`
}

// Dealt says where lines are that were dealt to parts.
type Dealt struct {
	// Parts are the bytes of each part, back to back. What follows them in the object is a line that has not ended.
	Parts []int64 `cbor:"p"`
	// First is the part of the first line, which it begins with, and FirstSize the line's bytes; 0 if no line has ended.
	First     int   `cbor:"f,omitempty"`
	FirstSize int64 `cbor:"s,omitempty"`
}

// Runner makes attempts at tasks on one target. Run blocks until the attempt ended and its output is
// complete in Streams; it may be called from several goroutines, and bounds nothing by itself. When ctx ends,
// Run stops the attempt with all its processes and returns ctx's error. An error that wraps ErrLost means that
// the status is unknown and the command may have run; a *NotStartedError that it did not.
type Runner interface {
	Run(ctx context.Context, t *Task, s Streams) (*Result, error)
}

// NotStartedError says that the command of a task could not be started, with the status that a shell gives:
// 127 for a command that was not found, 126 for one that could not be executed.
type NotStartedError struct {
	Status plan.Status
	Err    error
}

func (e *NotStartedError) Error() string { return e.Err.Error() }
func (e *NotStartedError) Unwrap() error { return e.Err }

// UnheardError is of an attempt that was lost before anything of it was heard: nothing was written to Streams. A Runner that
// cannot say so returns an error that only wraps ErrLost.
type UnheardError struct {
	Err error
	// Taken says that something was read of Streams.Stdin. Input stands for it where all of it was, up to its end; else it is nil.
	Taken bool
	Input *Input
}

func (e *UnheardError) Error() string { return e.Err.Error() }
func (e *UnheardError) Unwrap() error { return e.Err }

// wireVersion is the version of Task and Result as they travel.
const wireVersion = 2

type envelope struct {
	Version int     `cbor:"v"`
	Task    *Task   `cbor:"t,omitempty"`
	Result  *Result `cbor:"r,omitempty"`
	Start   int64   `cbor:"s,omitempty"` // of the result, nanoseconds since 1970; 0 for a zero time
}

// EncodeTask writes a task in the form that travels.
func EncodeTask(t *Task) ([]byte, error) {
	return plan.Marshal(envelope{Version: wireVersion, Task: t})
}

// DecodeTask reads what EncodeTask wrote. Another version is an error.
func DecodeTask(data []byte) (*Task, error) {
	e, err := open(data)
	if err != nil || e.Task == nil {
		return nil, errors.Join(errors.New("read task"), err)
	}
	return e.Task, nil
}

// EncodeResult writes a result in the form that travels.
func EncodeResult(r *Result) ([]byte, error) {
	e := envelope{Version: wireVersion, Result: r}
	if !r.Start.IsZero() {
		e.Start = r.Start.UnixNano()
	}
	return plan.Marshal(e)
}

// DecodeResult reads what EncodeResult wrote. Another version is an error.
func DecodeResult(data []byte) (*Result, error) {
	e, err := open(data)
	if err != nil || e.Result == nil {
		return nil, errors.Join(errors.New("read result"), err)
	}
	if e.Start != 0 {
		e.Result.Start = time.Unix(0, e.Start)
	}
	return e.Result, nil
}

func open(data []byte) (*envelope, error) {
	var e envelope
	if err := plan.Unmarshal(data, &e); err != nil {
		return nil, err
	}
	if e.Version != wireVersion {
		return nil, fmt.Errorf("wire version %d, want %d", e.Version, wireVersion)
	}
	return &e, nil
}
