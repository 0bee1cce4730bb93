package objpipe

import "time"

const (
	lookBusy  = 500 * time.Millisecond // between two looks for the reader while blocks leave
	lookIdle  = 4 * time.Second        // and while none do
	markEvery = 4                      // looks for the reader for each at the writer's own mark
)

// watch looks whether the reader is gone, so that a writer that nobody reads stops, and less often whether the stream was
// removed. It looks while no blocks leave too, since what was written before the reader left may be the last for long.
func (w *writer) watch() {
	for n := 1; ; n++ {
		if gone, err := w.has(w.requesting, goneMark); err == nil && gone {
			w.readerGone()
		}
		if n%markEvery == 0 {
			if there, err := w.has(w.requesting, writerMark); err == nil && !there {
				w.removed()
			}
		}
		if !w.waitToLook() {
			return
		}
	}
}

// waitToLook waits until it is time for another look, and reports whether the writer goes on.
func (w *writer) waitToLook() bool {
	idle := time.NewTimer(lookIdle)
	defer idle.Stop()
	busy := time.NewTimer(lookBusy)
	defer busy.Stop()
	select {
	case <-busy.C:
	case <-w.requesting.Done():
		return false
	}
	select {
	case <-w.active:
	case <-idle.C:
	case <-w.requesting.Done():
		return false
	}
	return true
}

func (w *writer) readerGone() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.gone = true
	w.changed.Broadcast()
}
