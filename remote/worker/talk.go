package worker

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"syscall"
	"time"

	"sshell/interp/plan"
	"sshell/remote"
)

// order is what a process of ours has to do: one stage of source, a whole task in a root of its own, or to be the guard.
type order struct {
	Task    *remote.Task `cbor:"t,omitempty"`
	Isolate bool         `cbor:"i,omitempty"`
	Tmp     int64        `cbor:"tmp,omitempty"`   // for an isolated task, as in Config
	Objects string       `cbor:"o,omitempty"`     // for an isolated task, as in Config
	Self    []string     `cbor:"self,omitempty"`  // for an isolated task, as in Config
	Shell   []string     `cbor:"shell,omitempty"` // for an isolated task, as in Config
	Guard   bool         `cbor:"g,omitempty"`     // it is the guard: wards follow
}

// reply is what the process says when it is done: a result, or why there is none.
type reply struct {
	Result     []byte      `cbor:"r,omitempty"` // as remote.EncodeResult writes it
	Status     plan.Status `cbor:"s,omitempty"` // with Error: of a *remote.NotStartedError
	Error      string      `cbor:"e,omitempty"`
	NotStarted bool        `cbor:"n,omitempty"`
	Lost       bool        `cbor:"l,omitempty"`
}

// replyFor turns what a run returned into a reply.
func replyFor(r *remote.Result, err error) (*reply, error) {
	if err == nil {
		data, err := remote.EncodeResult(r)
		return &reply{Result: data}, err
	}
	answer := &reply{Status: plan.StatusMachinery, Error: err.Error(), Lost: errors.Is(err, remote.ErrLost)}
	var no *remote.NotStartedError
	if errors.As(err, &no) {
		answer.NotStarted, answer.Status = true, no.Status
	}
	return answer, nil
}

// err turns a reply without a result back into an error.
func (r *reply) err() error {
	err := errors.New(r.Error)
	switch {
	case r.NotStarted:
		return &remote.NotStartedError{Status: r.Status, Err: err}
	case r.Lost:
		return fmt.Errorf("%w: %w", err, remote.ErrLost)
	}
	return err
}

// frameHead is the length of a frame's length. maxFrame bounds what is believed of one, so that a stray byte does not
// become an allocation: the largest snapshots, of shells that hold files in variables, are some 100 MB.
const (
	frameHead = 8
	maxFrame  = 1 << 30
)

func writeFrame(w io.Writer, v any) error {
	data, err := plan.Marshal(v)
	if err != nil {
		return err
	}
	frame := make([]byte, frameHead, frameHead+len(data))
	binary.BigEndian.PutUint64(frame, uint64(len(data)))
	_, err = w.Write(append(frame, data...))
	return err
}

// readFrame reads one frame into v. io.EOF means that there is none.
func readFrame(r io.Reader, v any) error {
	var head [frameHead]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return err
	}
	n := binary.BigEndian.Uint64(head[:])
	if n > maxFrame {
		return fmt.Errorf("frame of %d bytes", n)
	}
	var data bytes.Buffer // which grows with what is there, whatever the length promises
	if _, err := io.CopyN(&data, r, int64(n)); err != nil {
		return fmt.Errorf("read frame: %w", io.ErrUnexpectedEOF)
	}
	if err := plan.Unmarshal(data.Bytes(), v); err != nil {
		return fmt.Errorf("read frame: %w", err)
	}
	return nil
}

// talk is our end of the socket to a process of ours.
type talk struct {
	end   *os.File
	heard chan struct{} // closed when the other end has closed
	ahead bool          // the process was started ahead: what it says first is that it took its order
	text  []byte
}

// maxHeard bounds what is kept of what a process says: a reply is a few hundred bytes, and of the report of a
// crash the first line is wanted.
const maxHeard = 64 << 10

// newTalk makes the socket. theirs is for the process.
func newTalk() (t *talk, theirs *os.File, err error) {
	ours, theirs, err := newSocket()
	if err != nil {
		return nil, nil, err
	}
	return &talk{end: ours, heard: make(chan struct{})}, theirs, nil
}

// newSocket makes a pair of connected sockets. Reads from ours can be ended by a deadline.
func newSocket() (ours, theirs *os.File, err error) {
	fds, err := socketpair()
	if err != nil {
		return nil, nil, err
	}
	theirs = os.NewFile(uintptr(fds[1]), "worker")
	if err := syscall.SetNonblock(fds[0], true); err != nil {
		theirs.Close()
		syscall.Close(fds[0])
		return nil, nil, err
	}
	return os.NewFile(uintptr(fds[0]), "worker"), theirs, nil
}

func (t *talk) say(o *order) error { return writeFrame(t.end, o) }

// hangUp ends what is said to the process, which ends it.
func (t *talk) hangUp() {
	if c, err := t.end.SyscallConn(); err == nil {
		c.Control(func(fd uintptr) { syscall.Shutdown(int(fd), syscall.SHUT_WR) })
	}
}

// listen takes in all that the process says, so that it never has to wait for us.
func (t *talk) listen() {
	defer close(t.heard)
	t.text, _ = io.ReadAll(io.LimitReader(t.end, maxHeard))
	io.Copy(io.Discard, t.end)
}

// hearGrace is how long, after a process has ended, its last words may take to arrive. They are there: only a
// process that it left behind with its socket, which it opens for no other, could hold them up.
const hearGrace = time.Second

// hear gives the last reply of a process that has ended. crash is the first line of a report where it broke, empty for
// a process that ended in silence.
func (t *talk) hear() (last *reply, crash string) {
	t.end.SetReadDeadline(time.Now().Add(hearGrace))
	<-t.heard
	t.end.Close()
	return lastReply(t.text)
}

// lastReply reads all that a process said: replies, and the report of a crash behind them.
func lastReply(text []byte) (last *reply, crash string) {
	for rest := bytes.NewReader(text); rest.Len() > 0; {
		at := len(text) - rest.Len()
		r := new(reply)
		if err := readFrame(rest, r); err != nil {
			line, _, _ := bytes.Cut(text[at:], []byte("\n"))
			return last, "worker said " + strconv.Quote(string(line))
		}
		last = r
	}
	return last, ""
}

// errNoOrder is why a process of ours ends at once: whoever started it has gone, or is not us.
var errNoOrder = errors.New("no order")

// takeOrder reads the order at the other end.
func takeOrder(r io.Reader) (*order, error) {
	o := new(order)
	err := readFrame(r, o)
	if err == io.EOF || err == nil && o.Task == nil && !o.Guard {
		err = errNoOrder
	}
	if err != nil && !errors.Is(err, syscall.ECONNRESET) {
		return nil, fmt.Errorf("read order: %w", err)
	}
	return o, err
}
