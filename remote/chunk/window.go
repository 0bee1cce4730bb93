package chunk

import "context"

const (
	// The first read of a cut: 8 KiB hold a record of most formats. From a file each
	// KiB is copied. Over a network 64 KiB take no longer, but a cut is all that whoever
	// runs tasks reads of their input: of chunks of 4 MiB that would be 1.6 %.
	firstRead = 8 * kib
	// Each further read is this many times the one before, up to maxRead.
	readGrowth = 4
	maxRead    = 16 * mib
	// What is read before an offset at first: formats need a byte, regular
	// expressions as much as they can match.
	firstLookBack = 64
)

// reads says how a source is read, in bytes but for the last.
type reads struct {
	back        int64 // first read before an offset
	first       int64 // first read from an offset on
	region      int64 // taken by a goroutine at a time where all of the source is read
	parityBlock int64 // see parities; divides region
	concurrency int
}

func readsFor(src Source) reads {
	if _, ok := src.(rangeReader); ok {
		return reads{firstLookBack, firstRead - firstLookBack, rangeRegionSize, parityBlock, rangeGoroutines}
	}
	return reads{firstLookBack, firstRead - firstLookBack, regionSize, parityBlock, countingGoroutines}
}

// A window is a view that moves over a Source.
type window struct {
	view
	src  Source
	find finder
	base int64 // the offset of buf[0]
	step int64 // the next read, in bytes
	mem  memory
}

// openWindow returns a window that shows what a search at off looks at, and first
// bytes from off on, and off's index in it.
func (c *Cutter) openWindow(ctx context.Context, off, first int64) (*window, int, error) {
	w := &window{src: c.src, find: c.format.find(), mem: newMemory(c.reads.back + first)}
	for back := c.reads.back; ; back *= readGrowth {
		w.base = max(0, off-back)
		i := int(off - w.base)
		w.view = view{buf: w.mem.buf[:0], bof: w.base == 0}
		w.step = first + int64(i)
		err := w.grow(ctx, c.src.Size())
		if err == nil && w.find.context(&w.view, i) < 0 {
			continue
		}
		if err == nil {
			w.step = min(first*readGrowth, maxRead)
			err = c.setParity(ctx, w)
		}
		if err != nil {
			w.close()
			return nil, 0, err
		}
		return w, i, nil
	}
}

// grow reads the next bytes, but none from offset limit on.
func (w *window) grow(ctx context.Context, limit int64) error {
	end := w.base + int64(len(w.buf))
	n := int(min(w.step, limit-end))
	w.step = min(w.step*readGrowth, maxRead)
	had := len(w.buf)
	if cap(w.buf)-had < n {
		w.move(had + n)
	}
	w.buf = w.buf[:had+n]
	if err := readFull(ctx, w.src, w.buf[had:], end); err != nil {
		return err
	}
	w.eof = end+int64(n) == w.src.Size()
	return nil
}

// move makes room for n bytes from buf's beginning on.
func (w *window) move(n int) {
	if was := w.mem; cap(was.buf) < n {
		w.mem = newMemory(int64(max(n, 2*len(w.buf))))
		defer was.free()
	}
	w.buf = append(w.mem.buf[:0], w.buf...)
}

// advance drops what a search from index i on does not need, and returns the
// index anew.
func (w *window) advance(i int) int {
	n := w.find.context(&w.view, i)
	if n <= 0 {
		return i
	}
	w.drop(w.find, n)
	w.base += int64(n)
	return i - n
}

// end returns the offset after the last byte in view.
func (w *window) end() int64 { return w.base + int64(len(w.buf)) }

func (w *window) close() { w.mem.free() }
