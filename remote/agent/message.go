package agent

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime/debug"

	"sshell/interp/plan"
	"sshell/remote"
	"sshell/remote/files"
)

// protocol is the version of what travels over the socket. The hello keeps its form in all versions.
const protocol = 1

// hello is what each end says first.
type hello struct {
	Protocol int    `cbor:"p"`
	Build    string `cbor:"b"`
}

// stamp names the build where the linker was told so (-X).
var stamp string

// Build names the build of the program that runs: its stamp, else its version, with the commit where the toolchain recorded
// it. Programs that were built together have the same.
func Build() string {
	if stamp != "" {
		return stamp
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "unknown"
	}
	return info.Main.Version
}

// request is a segment as it travels. Its files are indices of the frame's descriptors, -1 for none: standard input,
// standard output, and the standard error of each stage.
type request struct {
	Target   plan.Target    `cbor:"t"`
	Stages   []plan.Stage   `cbor:"s"`
	Snapshot *plan.Snapshot `cbor:"n,omitempty"`
	First    int            `cbor:"b,omitempty"`
	Files    []int          `cbor:"f,omitempty"`
	In       string         `cbor:"i,omitempty"` // as plan.Segment has it
	Out      *outName       `cbor:"o,omitempty"` // of plan.Segment's Out, if the agent can make it of objects
}

// outName is an object that is written, as it travels.
type outName struct {
	Name string `cbor:"n"`
	Add  bool   `cbor:"a,omitempty"`
}

// newRequest gives the request for a segment, and the files that go with it, each once.
func newRequest(seg plan.Segment) (*request, []*os.File) {
	r := &request{Target: seg.Target, Stages: seg.Stages, First: seg.First, In: seg.In}
	if c, ok := seg.Out.(*created); ok { // others are not the agent's
		name, add := c.Object()
		r.Out = &outName{name, add}
	}
	if seg.Snapshot != nil {
		s := *seg.Snapshot
		s.Version = plan.SnapshotVersion
		r.Snapshot = &s
	}
	var files []*os.File
	at := make(map[*os.File]int)
	for _, f := range append([]*os.File{seg.Stdin, seg.Stdout}, seg.Stderr...) {
		n, known := at[f]
		switch {
		case f == nil:
			n = -1
		case !known:
			n = len(files)
			at[f] = n
			files = append(files, f)
		}
		r.Files = append(r.Files, n)
	}
	return r, files
}

// errLostFiles says that this process could not take a segment's descriptors.
var errLostFiles = errors.New("too many open files")

// takeRequest gives the segment of a frame. The files stay the frame's.
func takeRequest(f *frame) (plan.Segment, error) {
	var r request
	if f.lost {
		return plan.Segment{}, errLostFiles
	}
	if err := plan.Unmarshal(f.body, &r); err != nil {
		return plan.Segment{}, fmt.Errorf("read segment: %w", err)
	}
	seg := plan.Segment{Target: r.Target, Stages: r.Stages, Snapshot: r.Snapshot, First: r.First, In: r.In}
	if r.Out != nil {
		seg.Out = &out{outName: *r.Out}
	}
	if r.Snapshot != nil && r.Snapshot.Version != plan.SnapshotVersion {
		return seg, fmt.Errorf("read segment: snapshot version %d, want %d", r.Snapshot.Version, plan.SnapshotVersion)
	}
	if len(r.Files) < 2 {
		return seg, fmt.Errorf("read segment: %w", errFrame)
	}
	files := make([]*os.File, len(r.Files))
	for i, n := range r.Files {
		if n < -1 || n >= len(f.files) {
			return seg, fmt.Errorf("read segment: no descriptor %d", n)
		}
		if n >= 0 {
			files[i] = f.files[n]
		}
	}
	seg.Stdin, seg.Stdout, seg.Stderr = files[0], files[1], files[2:]
	return seg, nil
}

// fault is the kind of an error that survives the way.
type fault uint8

const (
	otherFault fault = iota
	lostFault
	notStartedFault
	canceledFault
	timeoutFault
	missingFault
	deniedFault
)

// answer is how a call ended.
type answer struct {
	Statuses []plan.Status `cbor:"s,omitempty"`
	Lines    []string      `cbor:"l,omitempty"`
	Info     *files.Info   `cbor:"i,omitempty"`
	Content  *plan.Content `cbor:"c,omitempty"` // of which the segment's Out is to be made
	Failed   bool          `cbor:"x,omitempty"` // there is an error, beside what else there is
	Error    string        `cbor:"e,omitempty"`
	Fault    fault         `cbor:"f,omitempty"`
	Status   plan.Status   `cbor:"t,omitempty"` // of a notStartedFault
}

// fail puts an error into an answer; nil leaves it as it is.
func (a *answer) fail(err error) {
	if err == nil {
		return
	}
	a.Failed, a.Error = true, err.Error()
	var no *remote.NotStartedError
	switch {
	case errors.As(err, &no):
		a.Fault, a.Status = notStartedFault, no.Status
	case errors.Is(err, remote.ErrLost):
		a.Fault = lostFault
	case errors.Is(err, fs.ErrNotExist):
		a.Fault = missingFault
	case errors.Is(err, fs.ErrPermission):
		a.Fault = deniedFault
	case errors.Is(err, context.DeadlineExceeded):
		a.Fault = timeoutFault
	case errors.Is(err, context.Canceled):
		a.Fault = canceledFault
	}
}

// err gives the error of an answer: with the same text and kind, nil where there was none.
func (a *answer) err() error {
	if !a.Failed {
		return nil
	}
	switch a.Fault {
	case notStartedFault:
		return &remote.NotStartedError{Status: a.Status, Err: errors.New(a.Error)}
	case lostFault:
		return &kindError{a.Error, remote.ErrLost}
	case timeoutFault:
		return &kindError{a.Error, context.DeadlineExceeded}
	case canceledFault:
		return &kindError{a.Error, context.Canceled}
	case missingFault:
		return &kindError{a.Error, fs.ErrNotExist}
	case deniedFault:
		return &kindError{a.Error, fs.ErrPermission}
	}
	return errors.New(a.Error)
}

// kindError is an error with a text of its own.
type kindError struct {
	text string
	kind error
}

func (e *kindError) Error() string { return e.text }
func (e *kindError) Unwrap() error { return e.kind }
