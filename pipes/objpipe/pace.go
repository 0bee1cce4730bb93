package objpipe

import "time"

const (
	// firstLinger is how long a small block's first byte waits for company: less than a person notices, and at most
	// 50 requests a second.
	firstLinger = 20 * time.Millisecond
	// maxLinger is how long it waits when bytes come without a pause: 8 MiB at 50 MB/s, so that a stream of that
	// rate costs what a faster one costs.
	maxLinger = 160 * time.Millisecond
	// pause is after what silence a stream begins again with small blocks, so that a dialogue is quick.
	pause = 50 * time.Millisecond
)

// pace says when the next block leaves: with size bytes of payload, or when its first byte has waited for linger. It
// begins with 64 KiB and 20 ms. The size doubles with each block that was full, up to 8 MiB, the time with each that
// was not but had 64 KiB, up to 160 ms.
type pace struct {
	size   int
	linger time.Duration
}

// begin is told that a block begins, after so long without a byte.
func (p *pace) begin(silence time.Duration) {
	if p.size == 0 || silence >= pause {
		p.size, p.linger = minBlock, firstLinger
	}
}

// leave is told that a block of n bytes leaves.
func (p *pace) leave(n int) {
	switch {
	case n == p.size:
		p.size = min(2*p.size, maxBlock)
	case n >= minBlock:
		p.linger = min(2*p.linger, maxLinger)
	default:
		p.linger = firstLinger
	}
}
