package keys

import (
	"bytes"
	"hash/fnv"
)

// Dealer deals the lines that are written to it to parts. It is for one goroutine at a time.
type Dealer struct {
	keys  *Keys
	parts int
	put   func(part int, line []byte) error
	line  []byte // one that has not ended
	key   []byte // room for a key
}

// NewDealer returns a Dealer that gives each line, with the newline that ends it, to put. The line is put's until it returns.
func NewDealer(k *Keys, parts int, put func(part int, line []byte) error) *Dealer {
	return &Dealer{keys: k, parts: parts, put: put}
}

// Write implements io.Writer. Its errors are put's.
func (d *Dealer) Write(b []byte) (int, error) {
	for n := 0; ; {
		end := bytes.IndexByte(b[n:], '\n') + 1
		if end == 0 {
			d.line = append(d.line, b[n:]...)
			return len(b), nil
		}
		line := b[n : n+end]
		if len(d.line) > 0 {
			d.line = append(d.line, line...)
			line = d.line
		}
		if err := d.put(d.Part(line), line); err != nil {
			return n, err
		}
		d.line = d.line[:0]
		n += end
	}
}

// End deals what follows the last newline, if there is something, with one at its end.
func (d *Dealer) End() error {
	if len(d.line) == 0 {
		return nil
	}
	d.line = append(d.line, '\n')
	return d.put(d.Part(d.line), d.line)
}

// Rest is what follows the last newline so far.
func (d *Dealer) Rest() []byte { return d.line }

// Part is the part of a line that ends with a newline.
func (d *Dealer) Part(line []byte) int {
	d.key = d.keys.Of(line[:len(line)-1], d.key[:0])
	hash := fnv.New64a()
	hash.Write(d.key)
	sum := hash.Sum64()
	return int((sum ^ sum>>32) % uint64(d.parts))
}
