package stored

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"sshell/interp/plan"
	"sshell/pipes"
	"sshell/remote"
)

// headSize is the length of a piece's length in a list, maxEntry what is believed of one: an object's name has 1,100 bytes
// at most.
const (
	headSize = 4
	maxEntry = 8 << 10
)

// lister writes a list.
type lister struct{ w pipes.Writer }

// NewLister writes a list to a stream.
func NewLister(w pipes.Writer) remote.Lister { return lister{w} }

// Add implements remote.Lister.
func (l lister) Add(p remote.Piece) (gone bool, err error) {
	data, err := plan.Marshal(p)
	if err != nil {
		return false, fmt.Errorf("list pieces: %w", err)
	}
	entry := binary.BigEndian.AppendUint32(make([]byte, 0, headSize+len(data)), uint32(len(data)))
	if _, err = l.w.Write(append(entry, data...)); errors.Is(err, pipes.ErrReaderGone) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("list pieces: %w", err)
	}
	return false, nil
}

// End implements remote.Lister.
func (l lister) End(status int) error {
	if err := l.w.End(status); err != nil {
		return fmt.Errorf("list pieces: %w", err)
	}
	return nil
}

// Break implements remote.Lister.
func (l lister) Break(cause string) { l.w.Break(&pipes.Broken{Cause: cause}) }

// Listed gives the pieces of a list, as Open takes them.
func Listed(r io.Reader) func() (remote.Piece, error) {
	return func() (p remote.Piece, err error) {
		var head [headSize]byte
		if _, err = io.ReadFull(r, head[:]); err != nil {
			return p, err // io.EOF between two entries only
		}
		n := binary.BigEndian.Uint32(head[:])
		if n > maxEntry {
			return p, fmt.Errorf("read list: an entry of %d bytes", n)
		}
		data := make([]byte, n)
		if _, err = io.ReadFull(r, data); err != nil {
			return p, fmt.Errorf("read list: %w", err)
		}
		if err = plan.Unmarshal(data, &p); err != nil {
			return p, fmt.Errorf("read list: %w", err)
		}
		return p, nil
	}
}
