// Package objpipe is the transport through an object store: a stream is a row of objects, so that its ends need nothing
// in common but the store, and it can be read again until it is removed.
//
// # The objects of a stream
//
// They are below PREFIX/STREAM/, where STREAM is pipe/attempt for a name that is written so, and else one segment that
// spells the name or its digest (see folder). No key is a folder of another.
//
//	0, 1, 2 …   the blocks, each created once and never changed
//	writer      created by Create: the stream has, or had, a writer
//	gone        created by a reader that was closed before the end
//
// An object begins with a header of 32 bytes, numbers in big endian:
//
//	offset  bytes  content
//	0       4      "sshp"
//	4       1      version, 1
//	5       1      flags: 1 the stream ends here with end of file, 2 it is broken here, 0 another block follows
//	6       1      the writer's status, with flag 1
//	7       1      0
//	8       8      token: random, the same in all that one end stores
//	16      8      the block's number; 0 in the marks
//	24      8      the payload's length, at most 8 MiB less the header
//
// The payload is the stream's bytes; of a broken block it is the successor's name, a NUL and the cause.
//
// # Endings
//
// Every block is created on the condition that it does not exist, and the first block with a flag is the stream's ending.
// So the store decides which ending came first, and both ends see the same: Break creates a broken block under the first
// number that is free, and a writer whose number is taken by one has a broken stream. A writer has stored all blocks below
// n before it begins with block n + 8, so that Break finds that number by halving. An end that is refused a number reads
// back who has it; its own token and flags mean that the response to an earlier try was lost.
//
// A Remove elsewhere is seen too, by ends that look from time to time whether what they know to be there is still there.
// A reader that nothing has come for cannot tell a stream that was removed from one that is to begin, unless it is told that
// the writer must be there by now (see pipes.Expecter).
// What such a writer stores until then stays, so that a stream whose writer may live is broken before it is removed.
//
// # Room
//
// A writer does not wait for its reader. What it writes stays in the store until Remove, so that a reader that was lost can
// begin again, and a writer whose reader is slow, or comes later, is done and need not be paid for. What bounds a
// stream is the writer's end, and that of an endless one its reader's leaving, which the writer looks for. In memory a
// writer holds six blocks of 8 MiB at most, and a reader five.
//
// # Cost and latency
//
// A block leaves when it is full or when its first byte has waited (see pace). A reader asks for the next block when it
// has the last, and for up to four when the writer is ahead of it (see arrival). It never lists. A stream without traffic
// costs four requests a second by its reader, and less than one more for both ends to see that the other is gone.
// Transient errors of the store are tried again for some seconds and then break the stream.
package objpipe

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"sshell/pipes"
	"sshell/pipes/objstore"
)

// lastWord bounds what an end still says to the store when its context has ended or it is closed: some tries, less
// than the two seconds times four that a function has left when it stops itself.
const lastWord = 8 * time.Second

// Transport implements pipes.Replayer over a store. Streams are known to every Transport of the same store and prefix.
type Transport struct {
	store  objstore.Store
	prefix string

	mu   sync.Mutex
	ends map[string]*ends // of this Transport that are in use
}

// ends are told at once what their stream's other users here do, and would else find out from the store.
type ends struct {
	writer  *writer
	readers map[*reader]bool
}

var _ pipes.Replayer = (*Transport)(nil)

// New returns the transport whose streams are below prefix, such as tmp/<run>/pipes: without a slash at its end, and so
// short that 240 bytes more make a key.
func New(store objstore.Store, prefix string) *Transport {
	return &Transport{store: store, prefix: prefix, ends: map[string]*ends{}}
}

// Replays implements pipes.Replayer.
func (t *Transport) Replays() {}

// begin is what every use of a name looks at first.
func (t *Transport) begin(ctx context.Context, name string) (*requests, error) {
	if err := pipes.CheckName(name); err != nil {
		return nil, err
	}
	return t.requests(name), ctx.Err()
}

func (t *Transport) requests(name string) *requests {
	root := folder(name) + "/"
	if t.prefix != "" {
		root = t.prefix + "/" + root
	}
	return &requests{store: t.store, root: root, token: rand.Uint64()}
}

// join enters an end among those in use.
func (t *Transport) join(name string, enter func(*ends)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ends[name] == nil {
		t.ends[name] = &ends{readers: map[*reader]bool{}}
	}
	enter(t.ends[name])
}

func (t *Transport) leave(name string, w *writer, r *reader) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.ends[name]
	if e == nil {
		return
	}
	if e.writer == w {
		e.writer = nil
	}
	delete(e.readers, r)
	if e.writer == nil && len(e.readers) == 0 {
		delete(t.ends, name)
	}
}

// writerHere is the stream's writer if this Transport made it and it is in use, else nil.
func (t *Transport) writerHere(name string) *writer {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e := t.ends[name]; e != nil {
		return e.writer
	}
	return nil
}

// Break implements pipes.Transport.
func (t *Transport) Break(ctx context.Context, name string, cause *pipes.Broken) error {
	q, err := t.begin(ctx, name)
	if err != nil {
		return fmt.Errorf("break stream: %w", err)
	}
	if w := t.writerHere(name); w != nil {
		err = w.settle(cause)
	} else {
		err = q.breakUnknown(ctx, cause)
	}
	if err != nil {
		return fmt.Errorf("break stream %q: %w", name, err)
	}
	return nil
}

// Remove implements pipes.Transport. The mark of the writer goes last: the name is free when nothing else is left.
func (t *Transport) Remove(ctx context.Context, name string) error {
	q, err := t.begin(ctx, name)
	if err != nil {
		return fmt.Errorf("remove stream: %w", err)
	}
	t.removeHere(name)
	if err := q.removeAll(ctx); err != nil {
		return fmt.Errorf("remove stream %q: %w", name, err)
	}
	return nil
}

// removeHere breaks the ends of a stream that are in use here, and returns when they store nothing more.
func (t *Transport) removeHere(name string) {
	t.mu.Lock()
	var w *writer
	var readers []*reader
	if e := t.ends[name]; e != nil {
		w = e.writer
		for r := range e.readers {
			readers = append(readers, r)
		}
	}
	t.mu.Unlock()
	if w != nil {
		w.removed()
	}
	for _, r := range readers {
		r.fail(errRemoved)
	}
}

var errRemoved = &pipes.Broken{Cause: "the stream was removed"}

// deleteBatch is how many keys one request can delete at most (S3 API, DeleteObjects).
const deleteBatch = 1000

func (q *requests) removeAll(ctx context.Context) error {
	var batch []string
	flush := func() error {
		q.puts.Add(1)
		keys := batch
		batch = nil
		return again(ctx, func() error { return q.store.Delete(ctx, keys...) })
	}
	list := func() error {
		batch = nil
		for o, err := range q.store.List(ctx, q.root) {
			if err != nil {
				return err
			}
			if strings.TrimPrefix(o.Key, q.root) == writerMark {
				continue
			}
			if batch = append(batch, o.Key); len(batch) == deleteBatch {
				if err := flush(); err != nil {
					return err
				}
			}
		}
		return nil
	}
	err := again(ctx, list)
	if err == nil {
		batch = append(batch, q.root+writerMark)
		err = flush()
	}
	if errors.Is(err, fs.ErrNotExist) { // deleted between the listing and the request
		return nil
	}
	return err
}
