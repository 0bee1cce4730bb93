package objpipe

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"strings"
	"sync"

	"sshell/pipes"
)

const (
	headerSize = 32
	minBlock   = 64 << 10 // bytes of payload that leave at once: a kernel pipe's worth, so that a first answer is quick
	// maxBlock is the most bytes of payload: an object of 8 MiB carries at least 90 % of a connection's speed, and 3,500 a
	// second 29 GB/s. With a byte more the S3 store would send it in parts, which takes four requests and a copy.
	maxBlock = 8<<20 - headerSize
	magic    = "sshp"
	version  = 1

	flagsAt    = 5
	flagLast   = 1
	flagBroken = 2

	// probeSize is how much of an object is read to know whose it is: all of a broken block.
	probeSize = 4 << 10
)

// block is an object of a stream, read back.
type block struct {
	flags, status byte
	token         uint64
	number        uint64
	payload       []byte // cut off after a probe
	buf           []byte // what payload is in, for the pool
}

// ends reports whether the stream ends with b.
func (b *block) ends() bool { return b.flags != 0 }

// broken is what a broken block says, or nil for another block.
func (b *block) broken() *pipes.Broken {
	if b.flags&flagBroken == 0 {
		return nil
	}
	next, cause, _ := strings.Cut(string(b.payload), "\x00")
	return &pipes.Broken{Cause: cause, Next: next}
}

// setHeader writes the header of the object that buf is.
func setHeader(buf []byte, flags, status byte, token, number uint64) {
	copy(buf, magic)
	buf[4], buf[flagsAt], buf[6], buf[7] = version, flags, status, 0
	binary.BigEndian.PutUint64(buf[8:], token)
	binary.BigEndian.PutUint64(buf[16:], number)
	binary.BigEndian.PutUint64(buf[24:], uint64(len(buf)-headerSize))
}

// brokenBlock is a whole broken block. A cause that is too long for a probe is cut off.
func brokenBlock(cause *pipes.Broken, token, number uint64) []byte {
	buf := append(make([]byte, headerSize, probeSize), cause.Next...)
	buf = append(append(buf, 0), cause.Cause...)
	buf = buf[:min(len(buf), probeSize)]
	setHeader(buf, flagBroken, 0, token, number)
	return buf
}

// errFormat says that an object is none of ours. It is no error that another try can mend.
var errFormat = errors.New("not a block of this version")

// readBlock reads the object that body is, or at most its first limit bytes if limit is not negative.
func readBlock(body io.Reader, limit int64) (*block, error) {
	var header [headerSize]byte
	if _, err := io.ReadFull(body, header[:]); err != nil {
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return nil, fmt.Errorf("%w: it is too short", errFormat)
		}
		return nil, err
	}
	size := binary.BigEndian.Uint64(header[24:])
	if string(header[:4]) != magic || header[4] != version || size > maxBlock {
		return nil, errFormat
	}
	if limit >= 0 {
		size = min(size, uint64(limit)-headerSize)
	}
	b := &block{flags: header[flagsAt], status: header[6], token: binary.BigEndian.Uint64(header[8:]), number: binary.BigEndian.Uint64(header[16:])}
	if b.payload = make([]byte, min(size, probeSize)); size > probeSize {
		b.buf = newBuffer(int(size))[:size]
		b.payload = b.buf
	}
	_, err := io.ReadFull(body, b.payload)
	if err == nil && limit < 0 {
		err = readEnd(body)
	} else if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		b.recycle()
		return nil, err
	}
	return b, nil
}

// readEnd looks for the end of a body that is to have no more bytes: a store that checks what comes against a checksum says
// only there that it differs.
func readEnd(body io.Reader) error {
	switch n, err := io.ReadFull(body, make([]byte, 1)); {
	case n > 0:
		return fmt.Errorf("%w: it is too long", errFormat)
	case err != io.EOF:
		return err
	}
	return nil
}

func (b *block) recycle() {
	freeBuffer(b.buf)
	b.buf, b.payload = nil, nil
}

// buffers holds those that are free, by the power of two from minBlock to maxBlock that their payload can have.
var buffers [8]sync.Pool

// class is the index in buffers of those with room for a payload of n bytes, at most maxBlock.
func class(n int) int { return bits.Len(uint(max(n, minBlock)-1)) - bits.Len(uint(minBlock-1)) }

// newBuffer returns a buffer of no bytes with room for a header and n bytes, at least minBlock of them.
func newBuffer(n int) []byte {
	c := class(n)
	if b, ok := buffers[c].Get().(*[]byte); ok {
		return (*b)[:0]
	}
	return make([]byte, 0, headerSize+minBlock<<c)
}

// freeBuffer gives a buffer back that nobody uses any more.
func freeBuffer(b []byte) {
	if n := cap(b) - headerSize; n >= minBlock {
		b = b[:0]
		buffers[class(n)].Put(&b)
	}
}
