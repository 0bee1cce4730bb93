package chunk

import (
	"context"
	"iter"
	"math"
	"math/bits"
)

// targets yields the offsets at which the source is to be cut, increasing. Those
// up to end, the last cut, may be left out.
func (c *Cutter) targets(ctx context.Context, spec Spec, end *int64) iter.Seq2[int64, error] {
	_, anywhere := c.format.find().(everywhere)
	switch {
	case spec.By == ByRecords && !anywhere:
		return c.everyNth(ctx, spec.N)
	case spec.By == ByLines:
		lines := &Cutter{src: c.src, format: Lines, reads: c.reads}
		return lines.everyNth(ctx, spec.N)
	case spec.By == ByCount && spec.N < c.src.Size():
		return equalParts(c.src.Size(), spec.N, end)
	case spec.By == ByCount:
		return multiples(c.src.Size(), 1, end)
	}
	return multiples(c.src.Size(), spec.N, end)
}

// multiples yields the multiples of n below size, without those up to end.
func multiples(size, n int64, end *int64) iter.Seq2[int64, error] {
	return func(yield func(int64, error) bool) {
		for {
			k := multipleAfter(*end, n)
			if k >= size || !yield(k, nil) {
				return
			}
		}
	}
}

// multipleAfter returns the first multiple of n beyond i, or the largest number
// there is.
func multipleAfter(i, n int64) int64 {
	if rest := n - i%n; i <= math.MaxInt64-rest {
		return i + rest
	}
	return math.MaxInt64
}

// equalParts yields the ends of n equal parts of size, without those up to end.
func equalParts(size, n int64, end *int64) iter.Seq2[int64, error] {
	return func(yield func(int64, error) bool) {
		for k := int64(1); k < n; k++ {
			if target := scale(uint64(k), uint64(size), uint64(n)); int64(target) > *end {
				if !yield(int64(target), nil) {
					return
				}
			}
		}
	}
}

// scale returns a × b / c, rounded down, where a or b is at most c.
func scale(a, b, c uint64) uint64 {
	high, low := bits.Mul64(a, b)
	quotient, _ := bits.Div64(high, low, c)
	return quotient
}
