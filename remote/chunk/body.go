package chunk

import (
	"errors"
	"io"
)

// A Body is one chunk of a stream, as its bytes come. It can be read as a whole, or
// piece by piece without a copy, until the Splitter's next call of Next.
type Body struct {
	Index int   // from 0
	Start int64 // the offset in the stream, in bytes

	s    *Splitter
	rest Piece // what Read has not returned of the current piece
	data []byte
	last bool
}

var errLeft = errors.New("read of a chunk after Next")

// Piece returns the chunk's next bytes, at least one, or io.EOF after the last. The
// caller frees it.
func (b *Body) Piece() (Piece, error) {
	if b.s.body != b {
		return Piece{}, errLeft
	}
	for !b.last {
		p, last, err := b.s.piece()
		if err != nil {
			return Piece{}, err
		}
		b.last = last
		if len(p.Data) > 0 {
			return p, nil
		}
		p.Free()
	}
	return Piece{}, io.EOF
}

// Load returns the chunk's next pieces, up to its end or until they hold limit
// bytes, whichever is first, and whether the chunk ends with them. They are the
// caller's, who frees each, and remain so after Next: in this way chunks of usual
// size are handed to several workers, while one that is too long is passed on as it
// comes.
func (b *Body) Load(limit int64) (pieces []Piece, whole bool, err error) {
	for n := int64(0); n < limit && !b.last; {
		p, err := b.Piece()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return pieces, false, err
		}
		pieces = append(pieces, p)
		n += int64(len(p.Data))
	}
	return pieces, b.last, nil
}

// Read reads as io.Reader says.
func (b *Body) Read(p []byte) (int, error) {
	for len(b.data) == 0 {
		if len(p) == 0 {
			return 0, nil
		}
		b.rest.Free()
		b.rest = Piece{}
		next, err := b.Piece()
		if err != nil {
			return 0, err
		}
		b.rest, b.data = next, next.Data
	}
	n := copy(p, b.data)
	b.data = b.data[n:]
	return n, nil
}

// WriteTo writes what is left of the chunk to w, piece by piece without a copy. An
// error of w's comes back as it is.
func (b *Body) WriteTo(w io.Writer) (int64, error) {
	written := int64(0)
	for {
		if len(b.data) > 0 {
			n, err := w.Write(b.data)
			written += int64(n)
			b.data = b.data[n:]
			if err != nil {
				return written, err
			}
		}
		b.rest.Free()
		b.rest = Piece{}
		next, err := b.Piece()
		if errors.Is(err, io.EOF) {
			return written, nil
		}
		if err != nil {
			return written, err
		}
		b.rest, b.data = next, next.Data
	}
}

// skip passes over what is left.
func (b *Body) skip() error {
	b.rest.Free()
	b.rest, b.data = Piece{}, nil
	for {
		p, err := b.Piece()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		p.Free()
	}
}
