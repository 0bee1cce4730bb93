package pattern

import (
	"strings"
	"unicode/utf8"
)

// matchAt returns the end of the segment at i, or -1.
func (g *program) matchAt(seg *segment, s string, i int) int {
	for k := range seg.elems {
		e := &seg.elems[k]
		if e.text != "" {
			if !strings.HasPrefix(s[i:], e.text) {
				return -1
			}
			i += len(e.text)
			continue
		}
		if i >= len(s) {
			return -1
		}
		r, n := rune(s[i]), 1
		if r >= utf8.RuneSelf && !g.bytes {
			r, n = utf8.DecodeRuneInString(s[i:])
		}
		if !e.takes(r, g.bytes) {
			return -1
		}
		i += n
	}
	return i
}

// matchBefore returns the start of the segment that ends at i, or -1.
func (g *program) matchBefore(seg *segment, s string, i int) int {
	for k := len(seg.elems) - 1; k >= 0; k-- {
		e := &seg.elems[k]
		if e.text != "" {
			if !strings.HasSuffix(s[:i], e.text) {
				return -1
			}
			i -= len(e.text)
			continue
		}
		if i == 0 {
			return -1
		}
		r, n := rune(s[i-1]), 1
		if r >= utf8.RuneSelf && !g.bytes {
			r, n = utf8.DecodeLastRuneInString(s[:i])
		}
		if !e.takes(r, g.bytes) {
			return -1
		}
		i -= n
	}
	return i
}

// takes reports whether an element of one character matches r.
func (e *elem) takes(r rune, bytes bool) bool {
	switch e.kind {
	case anyChar:
		return true
	case bracket:
		return e.set.has(r)
	}
	return fold(r, bytes) == e.r
}

// first returns the leftmost place of the segment in s[from:], or -1.
func (g *program) first(seg *segment, s string, from int) (start, end int) {
	if seg.plain {
		if start = strings.Index(s[from:], seg.text); start < 0 {
			return -1, -1
		}
		return from + start, from + start + len(seg.text)
	}
	lead := seg.elems[0].text
	for i := from; i <= len(s); {
		if lead != "" {
			skip := strings.Index(s[i:], lead)
			if skip < 0 {
				return -1, -1
			}
			i += skip
		}
		if end = g.matchAt(seg, s, i); end >= 0 {
			return i, end
		}
		if i == len(s) {
			break
		}
		i += charLen(s[i:], g.bytes)
	}
	return -1, -1
}

// last returns the rightmost place of the segment in s[from:to], or -1.
func (g *program) last(seg *segment, s string, from, to int) (start, end int) {
	if seg.plain {
		if start = strings.LastIndex(s[from:to], seg.text); start < 0 {
			return -1, -1
		}
		return from + start, from + start + len(seg.text)
	}
	for i := to; i >= from; {
		if start = g.matchBefore(seg, s[:i], i); start >= from {
			return start, i
		}
		if i == 0 {
			break
		}
		n := 1
		if !g.bytes && s[i-1] >= utf8.RuneSelf {
			_, n = utf8.DecodeLastRuneInString(s[:i])
		}
		i -= n
	}
	return -1, -1
}
