package chunk

import "bytes"

// csv finds the indices after newlines that an even number of quotes precedes. An
// escaped quote is two quotes and changes nothing.
type csv struct{}

var quote = []byte{'"'}

func (c csv) next(v *view, i int) (int, bool) {
	if i == 0 && v.bof {
		return 0, len(v.buf) > 0
	}
	c.track(v, i-1)
	i = max(i-1, v.parityAt) // where the byte before i is a quote, it is counted
	for i < len(v.buf) {
		field := v.buf[i:]
		q := bytes.IndexByte(field, '"')
		if q >= 0 {
			field = field[:q]
		}
		if !v.odd {
			if j := bytes.IndexByte(field, '\n'); j >= 0 {
				v.parityAt = i + j
				return i + j + 1, i+j+1 < len(v.buf)
			}
		}
		if q < 0 {
			break
		}
		v.odd = !v.odd
		i += q + 1
		v.parityAt = i
	}
	return len(v.buf), false
}

func (csv) context(v *view, i int) int { return before(v, i) }

func (csv) track(v *view, to int) {
	if to <= v.parityAt {
		return
	}
	if bytes.Count(v.buf[v.parityAt:to], quote)%2 == 1 {
		v.odd = !v.odd
	}
	v.parityAt = to
}
