package objpipe

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"sshell/pipes"
)

const (
	// readAhead is how many blocks a reader has or asks for beyond the one it gives out: with that 5 × 8 MiB.
	readAhead = 4
	// streakPerAsk is how many blocks in a row must have been there when asked for before one more is asked for at
	// once: a reader that has caught up with its writer would ask in vain.
	streakPerAsk = 2
	// vainShare bounds what asking ahead costs in vain: one request for so many blocks that came.
	vainShare = 3

	minWait = 5 * time.Millisecond   // before a block is asked for again
	maxWait = 250 * time.Millisecond // so that an idle stream costs four requests a second
	// waitShare is how much longer a wait may get by what was waited before: an eighth of it, so that what has
	// taken 80 ms is seen within 10 ms.
	waitShare = 8
	// smallWait bounds the waits that save requests where blocks are small and their latency counts.
	smallWait  = 40 * time.Millisecond
	smallBlock = 1 << 20

	// stallLook is after what silence a reader first looks whether the writer's mark is there, and maxStall how long it waits
	// at most before it looks again: each wait is as long as the silence was.
	stallLook = 3 * time.Second
	maxStall  = 10 * time.Second
)

// arrival is what a reader knows of when blocks come.
type arrival struct {
	streak int           // blocks in a row that were there when first asked for
	credit int           // blocks that came, less vainShare for each request ahead of need that was in vain
	since  time.Time     // when the next block was first asked for in vain; zero if it was not
	looked time.Time     // when it was last looked whether the stream is there
	begun  time.Time     // from when on a stream that is not there was removed; zero for one that may begin at any time
	last   time.Time     // when the last block came
	every  time.Duration // mean between two blocks, of late
	size   int           // of the last block's payload
}

// came notes that the next block is here.
func (a *arrival) came(size int, now time.Time) {
	if a.since.IsZero() {
		a.streak++
	}
	a.credit = min(a.credit+1, vainShare*inFlight)
	if !a.last.IsZero() {
		a.every += (min(now.Sub(a.last), maxWait) - a.every) / 4
	}
	a.since, a.last, a.size = time.Time{}, now, size
}

// together is how many blocks to ask for at once.
func (a *arrival) together() int {
	return max(1, min(1+a.streak/streakPerAsk, 1+a.credit/vainShare, inFlight))
}

// missed notes that the next block is not here, which was asked for at the time asked, and returns when to ask again. A
// first wait of two intervals makes at most two requests of a block on a stream that flows.
func (a *arrival) missed(asked, now time.Time) time.Time {
	pace := min(2*a.every, maxWait)
	if a.size < smallBlock {
		pace = min(pace, smallWait)
	}
	a.streak = 0
	if a.since.IsZero() {
		a.since, a.looked = now, now
	} else {
		pace = 0
	}
	next := asked.Add(min(max(minWait, now.Sub(a.since)/waitShare), maxWait))
	if paced := now.Add(pace); paced.After(next) {
		return paced
	}
	return next
}

// stalls reports whether it is time to look whether the stream is there, and notes that this is done now.
func (a *arrival) stalls(now time.Time) bool {
	wait := min(max(stallLook, a.looked.Sub(a.since)), maxStall)
	due := a.looked.Before(a.begun) && !now.Before(a.begun)
	if !due && now.Sub(a.looked) < wait {
		return false
	}
	a.looked = now
	return true
}

// head is the number of the first block that is not here.
func (r *reader) head() uint64 {
	n := r.next
	for r.ready[n] != nil {
		n++
	}
	return n
}

// ask asks for the blocks that are wanted next.
func (r *reader) ask() {
	if r.timer != nil || r.asking.Err() != nil || r.endHere() {
		return
	}
	for n := r.head(); n < r.next+readAhead && len(r.asked) < r.together(); n++ {
		if r.ready[n] == nil && !r.asked[n] {
			r.asked[n] = true
			r.busy++
			go r.fetch(n)
		}
	}
}

// fetch asks once for a block.
func (r *reader) fetch(n uint64) {
	began := time.Now()
	b, err := r.get(r.asking, blockName(n), -1)
	if err == nil && b.number != n {
		err = fmt.Errorf("%w: it is block %d", errFormat, b.number)
	}
	r.mu.Lock()
	delete(r.asked, n)
	stalled := false
	switch first := n == r.head(); {
	case r.asking.Err() != nil:
	case err == nil:
		r.ready[n] = b
		r.writer = b.token
		if first {
			r.came(len(b.payload), time.Now())
		}
	case errors.Is(err, fs.ErrNotExist) && first:
		r.askLater(r.missed(began, time.Now()))
		stalled = r.stalls(time.Now())
	case errors.Is(err, fs.ErrNotExist):
		r.credit -= vainShare
	default:
		r.err = &pipes.Broken{Cause: fmt.Sprintf("read block %d: %v", n, err)}
		r.finish()
	}
	r.ask()
	r.mu.Unlock()
	if stalled {
		r.lookForRemove()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.busy--
	r.changed.Broadcast()
}

func (r *reader) askLater(at time.Time) {
	r.timer = time.AfterFunc(time.Until(at), func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.timer = nil
		r.ask()
	})
}

// lookForRemove breaks the stream for its reader if the mark of the writer that it had is gone, or that it should have is not
// there. Blocks do not tell: one that was on its way may have come after the Remove.
func (r *reader) lookForRemove() {
	mark, err := r.get(r.asking, writerMark, headerSize)
	r.mu.Lock()
	defer r.mu.Unlock()
	gone := false
	switch {
	case err == nil && r.writer == 0:
		r.writer = mark.token
	case err == nil:
		gone = mark.token != r.writer
	case errors.Is(err, fs.ErrNotExist):
		gone = r.writer != 0 || !r.begun.IsZero() && !r.looked.Before(r.begun)
	}
	if gone && r.asking.Err() == nil {
		r.err = errRemoved
		r.finish()
	}
}
