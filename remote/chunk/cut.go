package chunk

import (
	"context"
	"fmt"
	"sync"
)

// A Cutter cuts one source. Its methods may be called concurrently. What it
// keeps, for csv alone, is one byte per 256 KiB of the source.
type Cutter struct {
	src    Source
	format Format
	reads  reads

	mu     sync.Mutex
	quotes *parities
}

// NewCutter returns a Cutter for src. It reads nothing.
func NewCutter(src Source, format Format) *Cutter {
	return &Cutter{src: src, format: format, reads: readsFor(src)}
}

// Cut returns the first record start of src at or after offset; 0 for offset 0,
// and src.Size() if there is none or offset lies beyond the end. It depends on
// nothing but the source's bytes, the format and the offset; it is monotone, and
// a cut of a cut is that cut. For csv it reads the source from end to end: use a
// [Cutter] for more than one cut.
//
// It fails if reading does, and with a [NoRecordError] where a format has a
// longest record and 64 MiB hold no start of one.
func Cut(ctx context.Context, src Source, format Format, offset int64) (int64, error) {
	return NewCutter(src, format).Cut(ctx, offset)
}

// Cut is as the function of that name, but for what it does not read again.
func (c *Cutter) Cut(ctx context.Context, offset int64) (int64, error) {
	switch size := c.src.Size(); {
	case offset < 0:
		return 0, fmt.Errorf("%s: cut at %d: an offset cannot be negative", c.src.Name(), offset)
	case offset == 0:
		return 0, ctx.Err()
	case offset >= size:
		return size, ctx.Err()
	}
	if _, ok := c.format.find().(everywhere); ok {
		return offset, ctx.Err()
	}
	return c.search(ctx, offset, c.format.demand == demandEvery)
}

// search returns the first record start from off on, or the size. If demanded, one
// that is not found before searchLimit is an error.
func (c *Cutter) search(ctx context.Context, off int64, demanded bool) (int64, error) {
	limit := c.src.Size()
	if demanded {
		limit = min(limit, off+searchLimit)
	}
	w, i, err := c.openWindow(ctx, off, c.reads.first)
	if err != nil {
		return 0, err
	}
	defer w.close()
	for {
		p, ok := w.find.next(&w.view, i)
		switch {
		case ok:
			return w.base + int64(p), nil
		case w.eof:
			return c.src.Size(), nil
		case w.end() >= limit:
			return 0, c.noRecord(searchLimit)
		}
		i = w.advance(p)
		if err := w.grow(ctx, limit); err != nil {
			return 0, err
		}
	}
}

func (c *Cutter) noRecord(searched int64) error {
	return &NoRecordError{Name: c.src.Name(), Format: c.format.String(), Searched: searched}
}

// Halve returns where the bytes from start to end, which begin with a record, are
// best cut in two: at the record start closest behind their middle, or else at one
// before it. It returns end if they hold one record only.
func (c *Cutter) Halve(ctx context.Context, start, end int64) (int64, error) {
	for half := (end - start) / 2; half > 0; half /= 2 {
		p, err := c.Cut(ctx, start+half)
		if err != nil || p < end {
			return p, err
		}
	}
	return end, nil
}
