// Package pipes is the contract of a byte stream between two stages of a pipeline, wherever they run. Transports
// implement it (ospipe with the kernel's pipes, others over an object store); package pipetest is its suite.
//
// # A stream
//
// A stream has a name, one writer and one reader. Either end may start first: the transport meets them by the name. Bytes
// arrive in order, each once. A writer that is faster than its reader waits when the transport has no more room. The stream ends in one of three ways, and
// both ends can tell which:
//
//	ending        writer                        reader
//	end of file   called End                    the rest of the bytes, then io.EOF; Status has the writer's status
//	broken        *Broken from Write and End    *Broken from Read, perhaps after some of the bytes
//	reader gone   ErrReaderGone from Write      called Close before the end
//
// End of file says only that the writer's command ended, with whatever status, as in a kernel's pipe. Broken says that the
// bytes so far are no whole: the attempt that wrote them was lost, or the machinery failed. A command that reads is to be
// killed while its input is still open, so that it never takes a part for the whole; its stage's status is StatusBroken. A
// stage whose reader is gone ends with StatusReaderGone.
//
// The first ending counts. Break after End changes nothing, and End after Break fails.
//
// # The successor of a lost attempt
//
// Each attempt writes a stream of its own. One that was lost is broken, and Broken.Next names the stream of the attempt
// that takes its place. Follow reads on there, if the successor's bytes begin with those that were read already.
package pipes

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// Statuses of stages whose stream did not end with end of file.
const (
	StatusReaderGone = 141 // 128 + SIGPIPE, what a shell shows for a writer whose reader left
	StatusBroken     = 125 // a fault of the machinery, as against the command's
)

var (
	// ErrBroken is wrapped by the error of an end whose stream is broken, a *Broken.
	ErrBroken = errors.New("stream broken")
	// ErrReaderGone is what a write gets whose stream nobody will read.
	ErrReaderGone = errors.New("reader gone")
)

// Broken is the error of both ends of a broken stream. It wraps ErrBroken.
type Broken struct {
	Cause string // for the user, such as "task 7: function timed out"
	// Next names the stream of the attempt that replaces the one that wrote this one, and is empty if there is none.
	Next string
}

func (b *Broken) Error() string { return ErrBroken.Error() + ": " + b.Cause }

// Unwrap makes a Broken match ErrBroken.
func (b *Broken) Unwrap() error { return ErrBroken }

// MaxName is the longest name of a stream in bytes: with what a transport adds it has to fit in the key of an object.
const MaxName = 512

// ErrName says that a name is not one that a stream can have.
var ErrName = errors.New("invalid stream name")

// CheckName returns an error that wraps ErrName unless name is 1 to MaxName bytes, none of them NUL.
func CheckName(name string) error {
	if name == "" || len(name) > MaxName || strings.IndexByte(name, 0) >= 0 {
		return fmt.Errorf("%w: %.50q: it must have 1 to %d bytes and no NUL", ErrName, name, MaxName)
	}
	return nil
}

// Transport moves streams. A name means nothing to it; one that CheckName refuses is an error. All methods may be called
// from several goroutines, and none of them waits for the stream's other end.
type Transport interface {
	// Create begins a stream and returns its writer, which must be ended by End or Break. ctx is the writer's for its
	// whole life: when it ends, a blocked Write returns and the stream is broken. A name that has, or had, a writer is
	// an error that wraps fs.ErrExist, until Remove.
	Create(ctx context.Context, name string) (Writer, error)

	// Open returns the reader of a stream, which must be closed. ctx is the reader's for its whole life: when it ends,
	// a blocked Read returns ctx's error. The stream goes on until Close: a reader that only has its context ended is
	// given up without a word to the writer, for another to take its place on a Replayer. Elsewhere a name that has, or
	// had, a reader is an error that wraps fs.ErrExist.
	Open(ctx context.Context, name string) (Reader, error)

	// Break breaks a stream from outside, for a writer that was killed and could not do so itself. The ends may come
	// later and find it broken. A stream that has ended stays as it is.
	Break(ctx context.Context, name string, cause *Broken) error

	// Remove forgets a stream and all that is stored for it, and breaks it for ends that still use it. A name that is
	// not known is no error. After it the name is free for a new stream.
	Remove(ctx context.Context, name string) error
}

// Replayer is a Transport that keeps its streams until Remove, so that Open may be called again, after or beside another
// reader, and reads from the first byte: for a reading attempt that was lost. One that leaves early by Close has said that
// nobody wants the stream, there too.
type Replayer interface {
	Transport
	Replays()
}

// Expecter is a Reader that can be told that its stream has a writer, or will soon.
type Expecter interface {
	Reader
	// Expect breaks the stream for this reader if it is seen to have no writer when that time is over: it was removed then,
	// before the reader came. Without it a reader waits for its writer as long as its context lasts.
	Expect(within time.Duration)
}

// Writer is the end of a stream that bytes go into. One goroutine uses it at a time, but Break may be called from any.
type Writer interface {
	// Write implements io.Writer. It waits for room. It may return before the bytes reached the reader. Its errors
	// are a *Broken, ErrReaderGone, the error of the context that the writer was created with, or wrap fs.ErrClosed
	// after End.
	io.Writer

	// End ends the stream with end of file. status is the writing command's, from 0 to 255, 128 + n for a death by
	// signal n. It returns once all bytes are where the reader will find them. That the reader is gone is no error
	// here; a stream that is broken is, a *Broken. A second call does nothing and returns nil.
	End(status int) error

	// Break breaks the stream. After End or another Break it does nothing, so that it can be deferred.
	Break(cause *Broken)

	// Stats says what this end has cost so far.
	Stats() Stats
}

// Reader is the end of a stream that bytes come out of. One goroutine uses it at a time, but Close may be called from any.
type Reader interface {
	// Read implements io.Reader. It waits for bytes. It returns io.EOF only at the true end of the stream, again and
	// again, and otherwise a *Broken, the error of the context that the reader was opened with, or one that wraps
	// fs.ErrClosed after Close. A Read of no bytes waits for nothing and shows an ending other than end of file.
	io.Reader

	// Close gives the reader up. Before the end of the stream that tells the writer that its reader is gone.
	Close() error

	// Status is the status that the writer ended with. It is known once Read has returned io.EOF.
	Status() (status int, known bool)

	// Stats says what this end has cost so far.
	Stats() Stats
}

// FileEnd is a Writer or Reader that is a descriptor of this machine's kernel, which a child process can use itself.
type FileEnd interface {
	// File hands the descriptor over. It is for a child process: the caller passes it on and closes its own. Write or
	// Read are then for the child. A writer's owner still calls End, when the child's status is known, and before that the
	// stream does not end; a reader's owner still calls Close, when the child is gone. Writers may be asked again, for
	// several children; of a reader there is one, and its Status is known once the stream has ended.
	File() (file *os.File, err error)

	// Broken is closed when the stream is broken. The owner then kills the child before it calls Close, which is when a
	// child that reads would see an end of file. What broke it is the error of End, or of a Read of no bytes.
	Broken() <-chan struct{}
}

// Stats is what one end of a stream has cost. Requests are those to a store, which are paid for each.
type Stats struct {
	Bytes  int64 // that were written or read here, without those of a descriptor that was handed over
	Puts   int64 // requests that store or remove
	Gets   int64 // requests that read
	Misses int64 // those of Gets that found nothing yet
}
