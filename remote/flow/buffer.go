package flow

import (
	"io"
	"os"
	"sync/atomic"
)

// A chunk of a stream waits in a file without a name until its task reads it, as its standard input. Small ones are in
// memory that has a descriptor, as long as all of them together are.
const (
	bufferMemory = 64 << 20 // of a unit's
	bufferSmall  = 32 << 20 // of one
)

// buffers makes the buffers of a unit.
type buffers struct {
	dir    string
	memory atomic.Int64 // bytes set aside
}

// buffer is one chunk of a stream.
type buffer struct {
	from   *buffers
	f      *os.File
	size   int64
	memory int64 // bytes set aside
}

// add returns a buffer for about n bytes.
func (b *buffers) add(n int64) (*buffer, error) {
	if n <= bufferSmall && b.memory.Add(n) <= bufferMemory {
		if f, err := memoryFile(); err == nil {
			return &buffer{from: b, f: f, memory: n}, nil
		}
	} else if n > bufferSmall {
		n = 0
	}
	b.memory.Add(-n)
	f, err := nameless(b.dir)
	if err != nil {
		return nil, err
	}
	return &buffer{from: b, f: f}, nil
}

// Write adds to the buffer.
func (b *buffer) Write(p []byte) (int, error) {
	if b.memory > 0 && b.size+int64(len(p)) > bufferSmall {
		if err := b.toDisk(); err != nil {
			return 0, err
		}
	}
	n, err := b.f.WriteAt(p, b.size)
	b.size += int64(n)
	return n, err
}

// toDisk moves the buffer out of memory.
func (b *buffer) toDisk() error {
	f, err := nameless(b.from.dir)
	if err != nil {
		return err
	}
	old := b.f
	if _, err := io.Copy(f, io.NewSectionReader(old, 0, b.size)); err != nil {
		f.Close()
		return err
	}
	b.f = f
	b.release()
	return old.Close()
}

func (b *buffer) release() {
	b.from.memory.Add(-b.memory)
	b.memory = 0
}

// part returns a buffer of some of this one's bytes.
func (b *buffer) part(from, to int64) (*buffer, error) {
	p, err := b.from.add(to - from)
	if err != nil {
		return nil, err
	}
	n, err := io.Copy(p, io.NewSectionReader(b.f, from, to-from))
	if err == nil && n < to-from {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// rewind makes the file stand at its beginning, for another reader.
func (b *buffer) rewind() error {
	_, err := b.f.Seek(0, io.SeekStart)
	return err
}

func (b *buffer) close() {
	b.release()
	b.f.Close()
}
