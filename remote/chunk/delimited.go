package chunk

import "bytes"

// everywhere is the finder of bytes.
type everywhere struct{}

func (everywhere) next(v *view, i int) (int, bool) { return i, i < len(v.buf) }

func (everywhere) context(_ *view, i int) int { return i }

// delimited finds the starts of records that each end in a byte.
type delimited struct{ sep byte }

func (d delimited) next(v *view, i int) (int, bool) {
	p := afterDelimiter(v, i, d.sep)
	return p, p < len(v.buf)
}

func (delimited) context(v *view, i int) int { return before(v, i) }

// before is the context of formats that look at the byte before a start.
func before(v *view, i int) int {
	if i == 0 && v.bof {
		return 0
	}
	return i - 1
}

// afterDelimiter returns the first index from i on that has sep before it, or is
// the source's first; at most len(v.buf).
func afterDelimiter(v *view, i int, sep byte) int {
	if i == 0 && v.bof {
		return 0
	}
	j := bytes.IndexByte(v.buf[i-1:], sep)
	if j < 0 {
		return len(v.buf)
	}
	return i + j
}

// selectBlock is the number of bytes that are counted at once where the nth
// delimiter is sought: large enough for bytes.Count to be at its full speed, small
// enough to be walked through in the end.
const selectBlock = 4 * kib

// afterNth returns the index after the nth sep from index i on. If there are only
// m < n of them it returns len(buf) and n-m.
func afterNth(buf []byte, i int, n int64, sep byte) (int, int64) {
	for len(buf)-i > selectBlock && n > 1 {
		m := int64(bytes.Count(buf[i:i+selectBlock], []byte{sep}))
		if m >= n {
			break
		}
		n -= m
		i += selectBlock
	}
	for ; n > 0; n-- {
		j := bytes.IndexByte(buf[i:], sep)
		if j < 0 {
			return len(buf), n
		}
		i += j + 1
	}
	return i, 0
}
