package chunk

import (
	"context"
	"sync"
)

const (
	// regionSize is how many bytes of a file one goroutine takes at a time when
	// all of it is counted: they stay in the processor's cache between the read
	// and the count.
	regionSize = 1 * mib
	// rangeRegionSize is the same for sources across a network, where a request
	// takes as long as some MiB do.
	rangeRegionSize = 8 * mib

	// Two goroutines count as fast as the kernel copies, and leave the other
	// processors to the workers; a network's latency is hidden by more of them.
	countingGoroutines = 2
	rangeGoroutines    = 8
)

// memory is bytes to read into, to be given back.
type memory struct {
	buf    []byte
	cut    *[cutMemory]byte
	region *[regionMemory]byte
}

// What most cuts need, and what a region of a file and the record across its end.
const (
	cutMemory    = 64 * kib
	regionMemory = regionSize + cutMemory
)

var (
	cutMemories    = sync.Pool{New: func() any { return new([cutMemory]byte) }}
	regionMemories = sync.Pool{New: func() any { return new([regionMemory]byte) }}
)

// newMemory returns n bytes, whose contents are not defined.
func newMemory(n int64) memory {
	var m memory
	switch {
	case n <= cutMemory:
		m.cut = cutMemories.Get().(*[cutMemory]byte)
		m.buf = m.cut[:n]
	case n <= regionMemory:
		m.region = regionMemories.Get().(*[regionMemory]byte)
		m.buf = m.region[:n]
	default:
		m.buf = make([]byte, n)
	}
	return m
}

func (m memory) free() {
	if m.cut != nil {
		cutMemories.Put(m.cut)
	}
	if m.region != nil {
		regionMemories.Put(m.region)
	}
}

// readRegion returns the bytes from a to b.
func (c *Cutter) readRegion(ctx context.Context, a, b int64) (memory, error) {
	m := newMemory(b - a)
	err := readFull(ctx, c.src, m.buf, a)
	if err != nil {
		m.free()
	}
	return m, err
}
