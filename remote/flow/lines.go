package flow

import (
	"bytes"
)

// lineDrain passes on whole lines, each with a tag in front. What follows the last newline is passed on at the end.
type lineDrain struct {
	tag  []byte
	put  func([]byte) error // adds bytes to the output
	rest []byte             // of a line that has not ended
	more bool               // rest's beginning, and its tag, were passed on
}

// longestLine is how much of a line is held back until it ends. A longer one is passed on as it comes.
const longestLine = 1 << 20

func (d *lineDrain) take(from int) (int64, error) {
	buf := copyBuffers.Get().(*[copyBuffer]byte)
	defer copyBuffers.Put(buf)
	n, err := readOnce(from, buf[:])
	if err != nil {
		return 0, err
	}
	if n == 0 {
		return 0, d.flush()
	}
	return int64(n), d.add(buf[:n])
}

// add passes on the lines that end in b.
func (d *lineDrain) add(b []byte) error {
	end := bytes.LastIndexByte(b, '\n') + 1
	if end == 0 {
		d.rest = append(d.rest, b...)
		if len(d.rest) > longestLine {
			return d.flush()
		}
		return nil
	}
	whole := append(d.rest, b[:end]...)
	d.rest = append([]byte(nil), b[end:]...)
	err := d.put(d.tagged(whole))
	d.more = false
	return err
}

// flush passes on what there is of a line.
func (d *lineDrain) flush() error {
	if len(d.rest) == 0 {
		return nil
	}
	part := d.tagged(d.rest)
	d.rest, d.more = nil, true
	return d.put(part)
}

// tagged returns lines with their tags.
func (d *lineDrain) tagged(lines []byte) []byte {
	if len(d.tag) == 0 {
		return lines
	}
	out := make([]byte, 0, len(lines)+len(d.tag)*(1+bytes.Count(lines, []byte{'\n'})))
	for first := true; len(lines) > 0; first = false {
		end := bytes.IndexByte(lines, '\n') + 1
		if end == 0 {
			end = len(lines)
		}
		if !first || !d.more {
			out = append(out, d.tag...)
		}
		out = append(out, lines[:end]...)
		lines = lines[end:]
	}
	return out
}
