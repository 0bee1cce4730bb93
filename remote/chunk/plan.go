package chunk

import (
	"context"
	"fmt"
	"iter"
)

// A Chunk is a range of one source, of whole records.
type Chunk struct {
	Source     int   // the index of the source
	Start, End int64 // offsets in bytes, the end exclusive
	Index      int   // from 0, over all sources
}

// Len returns the chunk's size in bytes.
func (c Chunk) Len() int64 { return c.End - c.Start }

// By says what the number in a Spec counts.
type By int

const (
	// BySize: about N bytes a chunk. Its ends are the cuts at the multiples of N.
	BySize By = iota
	// ByCount: N chunks in all, about equal; fewer where records are too long.
	ByCount
	// ByRecords: N records a chunk; fewer in a source's last.
	ByRecords
	// ByLines: N lines a chunk, up to the next record start. Its ends are the
	// cuts at the multiples of N lines.
	ByLines
)

// A Spec says how large chunks are.
type Spec struct {
	By By
	N  int64 // at least 1
}

func (s Spec) check() error {
	what := map[By]string{BySize: "chunk size", ByCount: "number of chunks", ByRecords: "number of records", ByLines: "number of lines"}[s.By]
	switch {
	case what == "":
		return fmt.Errorf("unknown way to size chunks: %d", s.By)
	case s.N < 1:
		return fmt.Errorf("%s is %d; it must be at least 1", what, s.N)
	}
	return nil
}

// Plan yields the chunks of sources, source after source, their indexes running
// on. No chunk is empty and none spans two sources; an empty source has none.
//
// Cuts are computed as chunks are asked for, so that the first costs a read or
// two, whatever the sources' size; only csv is read from end to end before. By
// records and lines the source is counted as chunks are asked for, with two
// goroutines that end with the iteration. By count, N is shared among the sources
// by their sizes, and each that is not empty gets one chunk at least.
//
// Each source is checked (see [Check]) when its turn comes. The iteration ends
// after the first error.
func Plan(ctx context.Context, sources []Source, format Format, spec Spec) iter.Seq2[Chunk, error] {
	return plan(ctx, sources, format, spec, readsFor)
}

func plan(ctx context.Context, sources []Source, format Format, spec Spec, reads func(Source) reads) iter.Seq2[Chunk, error] {
	return func(yield func(Chunk, error) bool) {
		if err := spec.check(); err != nil {
			yield(Chunk{}, err)
			return
		}
		counts := shares(sources, spec)
		index := 0
		for s, src := range sources {
			own := spec
			if spec.By == ByCount {
				own.N = counts[s]
			}
			chunk := Chunk{Source: s}
			cutter := &Cutter{src: src, format: format, reads: reads(src)}
			for end, err := range cutter.ends(ctx, own) {
				chunk.End, chunk.Index = end, index
				if !yield(chunk, err) || err != nil {
					return
				}
				chunk.Start = end
				index++
			}
			if i, ok := src.(idler); ok {
				i.Idle() // what closing a file that was read could say is of no use
			}
		}
	}
}

// shares returns how many chunks each source gets by count.
func shares(sources []Source, spec Spec) []int64 {
	if spec.By != ByCount {
		return nil
	}
	var total, rest uint64 = 0, uint64(spec.N)
	for _, src := range sources {
		if src.Size() > 0 {
			total += uint64(src.Size())
			rest -= min(rest, 1)
		}
	}
	counts := make([]int64, len(sources))
	var before, given uint64
	for i, src := range sources {
		if src.Size() == 0 {
			continue
		}
		before += uint64(src.Size())
		upTo := scale(rest, before, total)
		counts[i] = 1 + int64(upTo-given)
		given = upTo
	}
	return counts
}

// ends yields the ends of the source's chunks, increasing, the last its size.
func (c *Cutter) ends(ctx context.Context, spec Spec) iter.Seq2[int64, error] {
	return func(yield func(int64, error) bool) {
		size := c.src.Size()
		if size == 0 {
			return
		}
		if err := c.prepare(ctx); err != nil {
			yield(0, err)
			return
		}
		if spec.By == ByLines && c.format.isLines() {
			spec.By = ByRecords
		}
		end := int64(0)
		for target, err := range c.targets(ctx, spec, &end) {
			if err == nil && target <= end {
				continue
			}
			if err == nil && spec.By != ByRecords {
				target, err = c.Cut(ctx, target)
			}
			if err == nil && target >= size {
				break
			}
			if !yield(target, err) || err != nil {
				return
			}
			end = target
		}
		yield(size, nil)
	}
}

// prepare does what must be done before a source's first cut.
func (c *Cutter) prepare(ctx context.Context) error {
	if err := c.check(ctx); err != nil {
		return err
	}
	if _, ok := c.format.find().(tracker); ok {
		_, err := c.parities(ctx)
		return err
	}
	return nil
}
