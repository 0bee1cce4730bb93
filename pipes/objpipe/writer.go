package objpipe

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"sshell/pipes"
)

const (
	// inFlight is how many blocks are under way at one end at most. With one that waits, so that requests that end at once
	// are followed at once, and one that is being filled a writer holds 6 × 8 MiB.
	inFlight = 4
	// window is how many blocks from the first that is not stored may have been begun, so that one slow request does not
	// hold up the others. It is part of the format: what is there of a stream has no gap before its last window blocks.
	window = 8
)

// The life of a writer. It is settling from the moment it is to be broken until the store has said what its ending is.
type writerState int

const (
	writing writerState = iota
	ending              // End has stored the last block, or is about to
	settling
	over
)

type writer struct {
	*requests
	t    *Transport
	name string
	ctx  context.Context // as pipes.Transport.Create says, for its life

	requesting context.Context // of requests for blocks; ended by stop when the stream is
	stop       context.CancelFunc
	unhook     func() bool   // of what breaks the stream when ctx ends
	active     chan struct{} // has one when a block has left since the last look for the reader

	mu      sync.Mutex
	changed sync.Cond
	state   writerState
	broken  *pipes.Broken // when over, unless the stream is whole
	gone    bool          // the reader

	pace
	rested time.Time    // when the last Write returned
	buf    []byte       // the block that is filled, with room for its header; nil for none
	limit  int          // of buf's payload
	due    bool         // buf leaves as soon as one more may be under way
	full   []byte       // a block that waits for that, and goes before buf; nil for none
	waited *time.Timer  // makes buf due
	next   uint64       // number of the block that leaves next
	stored uint64       // all blocks below are stored
	ahead  [window]bool // which of those from stored on are stored too, by number modulo inFlight
	busy   int          // blocks under way
}

// Create implements pipes.Transport. It costs a request to store the mark and one to see whether the stream is broken.
func (t *Transport) Create(ctx context.Context, name string) (pipes.Writer, error) {
	q, err := t.begin(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("create stream: %w", err)
	}
	broken, err := q.beginStream(ctx)
	if err != nil {
		return nil, fmt.Errorf("create stream %q: %w", name, err)
	}
	w := &writer{requests: q, t: t, name: name, ctx: ctx, active: make(chan struct{}, 1)}
	w.changed.L = &w.mu
	w.requesting, w.stop = context.WithCancel(context.WithoutCancel(ctx))
	t.join(name, func(e *ends) { e.writer = w })
	w.mu.Lock()
	defer w.mu.Unlock()
	w.unhook = context.AfterFunc(ctx, func() { w.lookAtContext() })
	if broken != nil {
		w.finish(broken)
		return w, nil
	}
	go w.watch()
	return w, nil
}

// beginStream takes the stream for a writer, and looks meanwhile whether somebody broke it already.
func (q *requests) beginStream(ctx context.Context) (*pipes.Broken, error) {
	mark := make([]byte, headerSize)
	setHeader(mark, 0, 0, q.token, 0)
	var broken *pipes.Broken
	var probeErr error
	var done sync.WaitGroup
	done.Go(func() {
		var b *block
		if b, probeErr = q.probe(ctx, 0); probeErr == nil {
			broken = b.broken()
		}
	})
	taken, err := q.create(ctx, writerMark, mark)
	done.Wait()
	switch {
	case err != nil:
		return nil, err
	case taken != nil:
		return nil, fmt.Errorf("it has a writer: %w", fs.ErrExist)
	case probeErr != nil && !errors.Is(probeErr, fs.ErrNotExist):
		return nil, probeErr
	}
	return broken, nil
}

// refusal is why a Write cannot go on, or nil.
func (w *writer) refusal() error {
	switch {
	case w.state == ending, w.state == over && w.broken == nil:
		return fs.ErrClosed
	case w.ctx.Err() != nil:
		return w.ctx.Err()
	case w.state == over:
		return w.broken
	case w.gone:
		return pipes.ErrReaderGone
	}
	return nil
}

// Write implements pipes.Writer.
func (w *writer) Write(p []byte) (n int, err error) {
	if w.ctx.Err() != nil {
		w.lookAtContext()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	silence := time.Since(w.rested) // not what this Write waits for room
	defer func() { w.rested = time.Now() }()
	for {
		if err := w.refusal(); err != nil {
			return n, err
		}
		switch {
		case len(p) == 0:
			return n, nil
		case w.state == settling, w.buf != nil && w.room() == 0:
			w.changed.Wait()
			continue
		case w.buf == nil:
			w.begin(silence)
			silence = 0
		}
		m := min(len(p), w.room())
		w.buf = append(w.buf, p[:m]...)
		w.bytes.Add(int64(m))
		n, p = n+m, p[m:]
		if w.room() == 0 {
			w.due = true
			w.leave()
		}
	}
}

// room is how many bytes still fit in the block that is filled.
func (w *writer) room() int { return headerSize + w.limit - len(w.buf) }

// filling is the number of the block that is filled.
func (w *writer) filling() uint64 {
	if w.full != nil {
		return w.next + 1
	}
	return w.next
}

// begin begins a block, after so long without a Write.
func (w *writer) begin(silence time.Duration) {
	w.pace.begin(silence)
	w.buf, w.limit = newBuffer(w.size)[:headerSize], w.size
	number := w.filling()
	w.waited = time.AfterFunc(w.linger, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.buf != nil && w.filling() == number {
			w.due = true
			w.leave()
		}
	})
}

// hasSlot reports whether another block may leave.
func (w *writer) hasSlot() bool { return w.busy < inFlight && w.next < w.stored+window }

// leave sends the blocks that are due while there is room for them, and has a full one wait outside buf.
func (w *writer) leave() {
	for w.state == writing {
		switch {
		case w.full != nil && w.hasSlot():
			data := w.full
			w.full = nil
			w.send(data, 0, 0)
		case w.full == nil && w.due && (w.hasSlot() || w.room() == 0):
			w.pace.leave(len(w.buf) - headerSize)
			w.full = w.take()
		default:
			return
		}
	}
}

// take takes the block that is filled from where it is filled.
func (w *writer) take() []byte {
	w.dropTimer()
	data := w.buf
	w.buf, w.due = nil, false
	return data
}

func (w *writer) send(data []byte, flags, status byte) {
	number := w.next
	setHeader(data, flags, status, w.token, number)
	w.next++
	w.busy++
	go w.store(number, data)
	select {
	case w.active <- struct{}{}:
	default:
	}
}

func (w *writer) dropTimer() {
	if w.waited != nil {
		w.waited.Stop()
		w.waited = nil
	}
}

// store stores one block, and lets the next one leave.
func (w *writer) store(number uint64, data []byte) {
	taken, err := w.create(w.requesting, blockName(number), data)
	var cause *pipes.Broken
	switch {
	case err != nil:
		cause = &pipes.Broken{Cause: fmt.Sprintf("store block %d: %v", number, err)}
	case taken == nil:
		freeBuffer(data) // only now: a request that failed may still be reading it
	case taken.broken() != nil:
		cause = taken.broken()
	default:
		cause = &pipes.Broken{Cause: fmt.Sprintf("block %d is another writer's", number)}
	}
	w.mu.Lock()
	w.busy--
	if cause == nil {
		w.wasStored(number)
	}
	w.changed.Broadcast()
	w.mu.Unlock()
	if cause != nil && w.lookAtContext() == nil {
		w.settle(cause)
	}
}

func (w *writer) wasStored(number uint64) {
	w.ahead[number%window] = true
	for w.stored < w.next && w.ahead[w.stored%window] {
		w.ahead[w.stored%window] = false
		w.stored++
	}
	if w.state == ending && w.stored == w.next {
		w.finish(nil)
	}
	w.leave()
}
