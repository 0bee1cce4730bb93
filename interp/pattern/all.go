package pattern

import (
	"iter"
	"unicode/utf8"
)

// All yields the matches that ${s//p/r} replaces: from left to right, each the
// longest at its place, without overlap. Behind an empty match a character is
// passed over; at the end of s there is none, unless s is empty.
func (p *Pattern) All(s string) iter.Seq2[int, int] {
	return func(yield func(start, end int) bool) {
		f := finder{g: p.program(s), s: s}
		valid := validFrom(s)
		for from := 0; from < len(s) || s == ""; {
			if f.g != p.runes && p.runes != nil && from >= valid {
				f = finder{g: p.runes, s: s}
			}
			start, end, ok := p.find(&f, from)
			if !ok || !yield(start, end) || s == "" {
				return
			}
			if from = end; start == end && end < len(s) {
				from += charLen(s[end:], p.flags&Bytes != 0)
			}
		}
	}
}

// validFrom returns the least offset at which the rest of s is valid UTF-8.
func validFrom(s string) int {
	if utf8.ValidString(s) {
		return 0
	}
	i := len(s)
	for i > 0 {
		r, n := utf8.DecodeLastRuneInString(s[:i])
		if r == utf8.RuneError && n == 1 {
			break
		}
		i -= n
	}
	return i
}

// charLen returns the size of the first character of s, which is not empty.
func charLen(s string, bytes bool) int {
	if bytes || s[0] < utf8.RuneSelf {
		return 1
	}
	_, n := utf8.DecodeRuneInString(s)
	return n
}
