package chunk

import (
	"bytes"
	"context"
	"fmt"
	"slices"
)

// parityBlock is how far apart it is known, in bytes, whether the number of quotes
// is odd; a cut counts those in between anew. It divides both sizes of regions.
const parityBlock = 256 * kib

// parities knows whether the number of quotes before an offset is odd.
type parities struct {
	odd []bool // before the block of that index
}

// unclosedQuote is what an odd number of quotes in all means.
func unclosedQuote(name string) error {
	return fmt.Errorf("%s: a quoted field is not closed: odd number of quotes (format csv)", name)
}

// parities counts the source's quotes at the first call.
func (c *Cutter) parities(ctx context.Context) (*parities, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.quotes != nil {
		return c.quotes, nil
	}
	size := c.src.Size()
	region := c.reads.region
	jobs := (size + region - 1) / region
	q := &parities{}
	odd := false
	for blocks, err := range inOrder(ctx, jobs, c.reads.concurrency, func(ctx context.Context, k int64) ([]bool, error) {
		return c.countQuotes(ctx, k*region, min((k+1)*region, size))
	}) {
		if err != nil {
			return nil, err
		}
		for _, o := range blocks {
			q.odd = append(q.odd, odd)
			odd = odd != o
		}
	}
	if odd {
		return nil, unclosedQuote(c.src.Name())
	}
	c.quotes = q
	return q, nil
}

// countQuotes returns for each block from offset a to b whether its number of
// quotes is odd.
func (c *Cutter) countQuotes(ctx context.Context, a, b int64) ([]bool, error) {
	mem, err := c.readRegion(ctx, a, b)
	if err != nil {
		return nil, err
	}
	defer mem.free()
	var odd []bool
	for block := range slices.Chunk(mem.buf, int(c.reads.parityBlock)) {
		odd = append(odd, bytes.Count(block, quote)%2 == 1)
	}
	return odd, nil
}

// setParity tells a window over csv how many quotes precede it.
func (c *Cutter) setParity(ctx context.Context, w *window) error {
	if _, ok := w.find.(tracker); !ok {
		return nil
	}
	q, err := c.parities(ctx)
	if err != nil {
		return err
	}
	block := w.base / c.reads.parityBlock
	mem, err := c.readRegion(ctx, block*c.reads.parityBlock, w.base)
	if err != nil {
		return err
	}
	defer mem.free()
	w.odd = q.odd[block] != (bytes.Count(mem.buf, quote)%2 == 1)
	return nil
}
