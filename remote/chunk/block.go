package chunk

import (
	"sync"
	"sync/atomic"
)

// blockSize is how many bytes of a stream are held together: a fraction of a
// chunk, so that pieces leave early, and many times what a pipe gives at once.
const blockSize = 1 * mib

// A block is memory that a stream is read into. The splitter and each piece that
// was handed out hold it; the last to let go gives it back.
type block struct {
	mem  []byte
	held atomic.Int32
}

var blocks = sync.Pool{New: func() any { return &block{mem: make([]byte, blockSize)} }}

// newBlock returns a block of size bytes, held once.
func newBlock(size int) *block {
	var b *block
	if size == blockSize {
		b = blocks.Get().(*block)
	} else {
		b = &block{mem: make([]byte, size)}
	}
	b.held.Store(1)
	return b
}

func (b *block) hold() { b.held.Add(1) }

func (b *block) release() {
	if b.held.Add(-1) == 0 && len(b.mem) == blockSize {
		blocks.Put(b)
	}
}

// A Piece is some neighbouring bytes of a chunk. They are the receiver's until it
// calls Free, for as long as it likes and on any goroutine; they must not be
// written to, since the same memory may hold parts of other pieces.
type Piece struct {
	Data  []byte
	block *block
}

// Free gives the memory back; Data must not be used after it. It must be called
// once at most; a piece that is never freed is left to the garbage collector.
func (p Piece) Free() {
	if p.block != nil {
		p.block.release()
	}
}
