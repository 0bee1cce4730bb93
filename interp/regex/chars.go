package regex

import (
	"unicode"
	"unicode/utf8"

	"sshell/interp/pattern"
)

// invalid is added to a byte that is no part of a code point to make it a
// character: beyond all code points.
const invalid = unicode.MaxRune + 1

// chars is how text is taken apart.
type chars struct {
	bytes  bool // every byte is a character
	folded bool // letters match in either case
}

// next returns the first character of s, which is not empty, and its size.
func (c chars) next(s string) (r rune, size int) {
	if s[0] < utf8.RuneSelf || c.bytes {
		return rune(s[0]), 1
	}
	if r, size = utf8.DecodeRuneInString(s); r == utf8.RuneError && size == 1 {
		r = invalid + rune(s[0])
	}
	return r, size
}

// before returns the last character of s, which is not empty.
func (c chars) before(s string) rune {
	b := s[len(s)-1]
	if b < utf8.RuneSelf || c.bytes {
		return rune(b)
	}
	r, size := utf8.DecodeLastRuneInString(s)
	if r == utf8.RuneError && size == 1 {
		r = invalid + rune(b)
	}
	return r
}

// fold maps the two cases of a letter to one: as the C library does, to upper.
func (c chars) fold(r rune) rune {
	switch {
	case !c.folded:
		return r
	case r >= 'a' && r <= 'z':
		return r - 'a' + 'A'
	case r < utf8.RuneSelf || c.bytes || r >= invalid:
		return r
	}
	return unicode.ToUpper(r)
}

// word reports whether r can be part of a word.
func (c chars) word(r rune) bool {
	switch {
	case r < utf8.RuneSelf:
		return r == '_' || r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z'
	case c.bytes || r >= invalid:
		return false
	}
	return pattern.Class("alnum")(r)
}

// set is a bracket expression, or one of \w \W \s \S.
type set struct {
	ascii   [2]uint64 // the answer for the code points below 128
	ranges  []interval
	classes []func(rune) bool
	negated bool
	chars   chars
}

// interval is lo to hi, both included.
type interval struct{ lo, hi rune }

// finish prepares the answers for ASCII.
func (c *set) finish() *set {
	for r := rune(0); r < utf8.RuneSelf; r++ {
		if c.search(r) {
			c.ascii[r>>6] |= 1 << (r & 63)
		}
	}
	return c
}

func (c *set) has(r rune) bool {
	if r < utf8.RuneSelf {
		return c.ascii[r>>6]&(1<<(r&63)) != 0
	}
	return c.search(r)
}

func (c *set) search(r rune) bool {
	f := c.chars.fold(r)
	for _, v := range c.ranges {
		if v.lo <= f && f <= v.hi {
			return !c.negated && r < invalid
		}
	}
	if r >= invalid {
		return false
	}
	if r < utf8.RuneSelf || !c.chars.bytes {
		for _, in := range c.classes {
			if in(r) {
				return !c.negated
			}
		}
	}
	return c.negated
}

// classSet is the set of a class, with extra besides.
func (c chars) classSet(name string, extra rune, negated bool) *set {
	s := &set{classes: []func(rune) bool{pattern.Class(name)}, negated: negated, chars: c}
	if extra != 0 {
		s.ranges = []interval{{extra, extra}}
	}
	return s.finish()
}
