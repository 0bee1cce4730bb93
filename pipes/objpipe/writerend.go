package objpipe

import (
	"context"
	"time"

	"sshell/pipes"
)

// arriveTime is how long blocks on their way may go on when the stream is to be broken: one whose request is given up may
// still be stored, and then stays if the stream was removed meanwhile. 8 MiB take less on a usual line.
const arriveTime = time.Second

// End implements pipes.Writer. A stream whose reader is gone is ended as any other: what was written is all there was.
func (w *writer) End(status int) error {
	w.lookAtContext()
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.state == writing && (w.full != nil || !w.hasSlot()) {
		w.changed.Wait()
	}
	if w.state == writing {
		if w.buf == nil {
			w.buf = newBuffer(0)[:headerSize]
		}
		w.state = ending
		w.send(w.take(), flagLast, byte(status))
	}
	return w.outcome()
}

// outcome waits until the stream has its ending, and says whether it is the one that End gives.
func (w *writer) outcome() error {
	for w.state != over {
		w.changed.Wait()
	}
	if w.broken != nil {
		return w.broken
	}
	return nil
}

// Break implements pipes.Writer.
func (w *writer) Break(cause *pipes.Broken) { w.settle(cause) }

// lookAtContext breaks the stream if the writer's context has ended: whoever has seen that by an error must not be able
// to end the stream as if it were whole. It returns the context's error.
func (w *writer) lookAtContext() error {
	err := w.ctx.Err()
	if err != nil {
		w.settle(&pipes.Broken{Cause: context.Cause(w.ctx).Error()})
	}
	return err
}

// settle breaks the stream where the blocks that are stored end, unless it has an ending, and returns when that is
// known, whatever contexts have ended. An error of the store leaves the ending unknown; here the stream counts as broken
// then.
func (w *writer) settle(cause *pipes.Broken) error {
	if !w.beginSettling() {
		return nil
	}
	cause = orNothing(cause)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.ctx), lastWord)
	defer cancel()
	b, err := w.conclude(ctx, w.stored, cause)
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case err != nil:
		w.finish(cause)
	case b.broken() != nil:
		w.finish(b.broken())
	case b.token == w.token: // the last block was stored, though its request failed
		w.finish(nil)
	default:
		w.finish(&pipes.Broken{Cause: "another writer ended the stream"})
	}
	return err
}

// removed is told that the stream is gone from the store, with nothing left to settle there.
func (w *writer) removed() {
	if w.beginSettling() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.finish(errRemoved)
	}
}

// beginSettling waits until no request for a block is under way, and stops those that take too long. It reports false, and
// waits until the writer is over, if the stream has its ending or another settles it.
func (w *writer) beginSettling() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.state == settling || w.state == over {
		for w.state != over {
			w.changed.Wait()
		}
		return false
	}
	wasEnding := w.state == ending
	w.state = settling
	w.take()
	w.full = nil
	w.changed.Broadcast()
	patience := time.AfterFunc(arriveTime, w.stop)
	for w.busy > 0 {
		w.changed.Wait()
	}
	patience.Stop()
	w.stop()
	if wasEnding && w.stored == w.next { // the last block came through before its request was stopped
		w.finish(nil)
		return false
	}
	return true
}

// finish notes the stream's ending, nil for end of file.
func (w *writer) finish(broken *pipes.Broken) {
	w.state, w.broken = over, broken
	w.stop()
	w.unhook()
	w.t.leave(w.name, w, nil)
	w.changed.Broadcast()
}
