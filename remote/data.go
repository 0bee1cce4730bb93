package remote

import (
	"context"

	"sshell/pipes/objstore"
)

// InputKind tells where a task's standard input comes from.
type InputKind uint8

// The kinds of input. The last three are for a Storer's tasks.
const (
	NoInput     InputKind = iota // /dev/null
	StreamInput                  // Streams.Stdin
	ChunkInput                   // a byte range of an object
	InlineInput                  // bytes in the task itself
	PiecesInput                  // byte ranges of objects, one after the other
	PipeInput                    // a stream that another task writes
	ListInput                    // pieces that a Lister names while the task runs
)

// Input is a task's standard input.
type Input struct {
	Kind   InputKind `cbor:"kind,omitempty"`
	Object string    `cbor:"object,omitempty"` // a path, absolute or from Dir, or an s3:// name
	Start  int64     `cbor:"start,omitempty"`  // the range [Start, End) in bytes
	End    int64     `cbor:"end,omitempty"`
	Inline []byte    `cbor:"inline,omitempty"`
	Pieces []Piece   `cbor:"pieces,omitempty"` // of PiecesInput
	Stream string    `cbor:"stream,omitempty"` // of PipeInput and ListInput
	// Open is of PipeInput and ListInput what it is of an Output: who finds it missing has nothing to wait for.
	Open string `cbor:"open,omitempty"`
	// File says that it is a file where it comes from, and that more than one command reads it: those that read ahead go back
	// to where they stopped, which a pipe does not let them. Where the input travels it is made a file again, within bounds.
	File bool `cbor:"file,omitempty"`
}

// Piece is the range [Start, End) in bytes of an object, named as s3://bucket/key. A negative End is the object's.
type Piece struct {
	Object string `cbor:"o"`
	Start  int64  `cbor:"s,omitempty"`
	End    int64  `cbor:"e"`
}

// OutputKind tells where a task's standard output goes.
type OutputKind uint8

// The kinds of output. The last two are for a Storer's tasks.
const (
	StreamOutput OutputKind = iota // Streams.Stdout
	ObjectOutput                   // an object
	PipeOutput                     // a stream that another task reads
)

// Output is a task's standard output. Standard error goes where it does too if Streams has one file for both.
type Output struct {
	Kind OutputKind `cbor:"kind,omitempty"`
	// Object is the s3:// name of what ObjectOutput makes: this attempt's alone. It appears whole, when the attempt has ended
	// with a Result, or not at all.
	Object string `cbor:"object,omitempty"`
	// Commit is the s3:// name of the mark by which the attempts at one task agree whose output counts: the first that has
	// stored its own. All others give that one's Result. Empty for a task that has one attempt.
	Commit string `cbor:"commit,omitempty"`
	// Open is the s3:// name of what is removed first when the run's objects, or its streams, are: who stored one and then finds
	// it missing removes its own. Empty where nobody removes them all.
	Open string `cbor:"open,omitempty"`
	// Parts is not 0 for output whose lines are dealt to so many parts by Keys, as package keys has it. Result.Dealt is the
	// index of the object.
	Parts int    `cbor:"parts,omitempty"`
	Keys  string `cbor:"keys,omitempty"`
	// Stream is the name of what PipeOutput writes. Next names the stream of the attempt that is made when this one is lost, where
	// its reader goes on; empty if there will be none.
	Stream string `cbor:"stream,omitempty"`
	Next   string `cbor:"next,omitempty"`
}

// Storer is a Runner whose tasks read and write objects and streams of a store, so that what one task writes and another
// reads does not pass through whoever runs them. Its Buckets give the stores that tasks see, for describing, composing and
// removing their objects.
type Storer interface {
	Runner
	objstore.Buckets

	// Scratch names the bucket for what a run stores and removes again, below tmp/<run>/.
	Scratch() string

	// List begins the list that a task with ListInput reads, under the name of its stream. ctx is the list's for its
	// whole life.
	List(ctx context.Context, run, stream string) (Lister, error)

	// RemoveStream removes all that is stored of a stream of a run. Ends that are still in use find it broken.
	RemoveStream(ctx context.Context, run, stream string) error
}

// Lister tells a task which pieces it reads. Its methods are for one goroutine at a time, but for Break.
type Lister interface {
	// Add adds a piece. It may wait until the task has taken earlier ones. gone says that the task reads no more.
	Add(p Piece) (gone bool, err error)
	// End says that there are no more pieces, of a stage that ended with a status.
	End(status int) error
	// Break says that what was named is no whole: the task must not see an end of its input. When it returns nothing more is
	// stored of the list. After End it does nothing.
	Break(cause string)
}
