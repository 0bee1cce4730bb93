package chunk

import (
	"bytes"
	"context"
	"iter"
)

// A tally is how many record starts a region of a source holds, and where.
type tally struct {
	n   int64
	end int64 // the offset of the region's end

	// Where a byte ends each record, the region's own bytes, in which starts are
	// looked up by their order.
	mem  memory
	base int64 // the offset of the first byte that was not looked up
	i    int   // its index
	done int64 // starts before it

	offsets []int64 // of all starts, for other formats
}

// nth returns the offset of the region's kth start, from 0. k must not decrease
// from call to call.
func (t *tally) nth(k int64, sep byte) int64 {
	if t.offsets != nil {
		return t.offsets[k]
	}
	t.i, _ = afterNth(t.mem.buf, t.i, k+1-t.done, sep)
	t.done = k + 1
	return t.base + int64(t.i)
}

// everyNth yields the offsets of the record starts whose ordinal is a multiple of
// n, but for the first. The source is counted by some goroutines, little further
// than what was yielded.
func (c *Cutter) everyNth(ctx context.Context, n int64) iter.Seq2[int64, error] {
	return func(yield func(int64, error) bool) {
		sep, delimited := c.format.delimiter()
		ordinal := int64(0) // of the first start in the region
		if delimited {
			ordinal = 1 // the source's first byte is a start that no byte ends
		}
		for t, err := range c.tallies(ctx) {
			if err != nil {
				yield(0, err)
				return
			}
			next := multipleAfter(max(ordinal, 1)-1, n)
			for ; next < ordinal+t.n; next = multipleAfter(next, n) {
				if !yield(t.nth(next-ordinal, sep), nil) {
					return
				}
			}
			ordinal += t.n
			t.mem.free()
		}
	}
}

// tallies counts the source region by region.
func (c *Cutter) tallies(ctx context.Context) iter.Seq2[*tally, error] {
	size, region := c.src.Size(), c.reads.region
	all := inOrder(ctx, (size+region-1)/region, c.reads.concurrency, func(ctx context.Context, k int64) (*tally, error) {
		return c.count(ctx, k*region, min((k+1)*region, size))
	})
	if c.format.demand != demandEvery {
		return all
	}
	return func(yield func(*tally, error) bool) {
		last := int64(0) // the offset of the last start
		for t, err := range all {
			if err == nil && t.n > 0 {
				last = t.offsets[t.n-1]
			}
			if err == nil && t.end-last >= searchLimit {
				err = c.noRecord(searchLimit)
			}
			if !yield(t, err) || err != nil {
				return
			}
		}
	}
}

// count counts the starts in the bytes from a to b or, where a byte ends each
// record, right after them.
func (c *Cutter) count(ctx context.Context, a, b int64) (*tally, error) {
	if sep, ok := c.format.delimiter(); ok {
		mem, err := c.readRegion(ctx, a, b)
		if err != nil {
			return nil, err
		}
		return &tally{end: b, n: int64(bytes.Count(mem.buf, []byte{sep})), mem: mem, base: a}, nil
	}
	t := &tally{end: b, offsets: make([]int64, 0, (b-a)/256)} // as many as most files have
	w, i, err := c.openWindow(ctx, a, b-a+c.reads.first)
	if err != nil {
		return nil, err
	}
	defer w.close()
	for {
		p, ok := w.find.next(&w.view, i)
		switch {
		case w.base+int64(p) >= b || !ok && w.eof:
			t.n = int64(len(t.offsets))
			return t, nil
		case ok:
			t.offsets = append(t.offsets, w.base+int64(p))
			i = p + 1
			continue
		}
		i = w.advance(p)
		if err := w.grow(ctx, c.src.Size()); err != nil {
			return nil, err
		}
	}
}
