package chunk

import (
	"bytes"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"unicode/utf8"
)

// A matcher finds where an expression matches, so that the answer does not depend
// on how much of the source is in view. The expression may look at one character
// before its match (as ^ and \b do) and one after it. Characters are UTF-8, or
// single bytes where the source is not valid: both can be told from four bytes.
type matcher struct {
	plain *regexp.Regexp // the expression
	here  *regexp.Regexp // a character and the expression after it, at the text's start
	// A match and the character after it end within bound.bytes, or before the
	// newline after bound.newlines others.
	bound   extent
	byBytes bool
	atLine  bool // matches begin where lines do
}

func newMatcher(re string) (*matcher, error) {
	if _, err := compile(re); err != nil {
		return nil, err
	}
	inLines := "(?m:" + re + ")"
	plain, err := compile(inLines)
	if err != nil {
		return nil, err
	}
	here, err := compile(`\A(?s:.)(` + inLines + ")")
	if err != nil {
		return nil, err
	}
	tree, err := syntax.Parse(inLines, syntax.Perl)
	if err != nil {
		return nil, fmt.Errorf("bad regular expression: %s: %w", re, err)
	}
	m := &matcher{plain: plain, here: here, bound: extentOf(tree), atLine: beginsLine(tree)}
	m.byBytes = m.bound.bytes <= maxMatchBytes
	if !m.byBytes && m.bound.newlines >= unbounded {
		return nil, fmt.Errorf("bad regular expression: %s: it can match any number of lines; bound it, as {0,99} does instead of *", re)
	}
	return m, nil
}

// beginsLine says whether an expression begins with ^.
func beginsLine(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpBeginLine:
		return true
	case syntax.OpConcat, syntax.OpCapture:
		return len(re.Sub) > 0 && beginsLine(re.Sub[0])
	case syntax.OpAlternate:
		return !slices.ContainsFunc(re.Sub, func(sub *syntax.Regexp) bool { return !beginsLine(sub) })
	}
	return false
}

// from returns the first match that begins at or after i, or -1, -1.
func (m *matcher) from(v *view, i int) (start, end int) {
	for {
		if i = characterAt(v, i); m.atLine {
			i = nextLine(v, i)
		}
		if i > len(v.buf) {
			return -1, -1
		}
		if i == 0 { // only at the source's beginning is there no character before
			if loc := m.plain.FindIndex(v.buf); loc != nil {
				return loc[0], loc[1]
			}
			return -1, -1
		}
		prev := characterBefore(v.buf, i)
		if loc := m.here.FindSubmatchIndex(v.buf[prev:]); loc != nil {
			return prev + loc[2], prev + loc[3]
		}
		if m.atLine {
			i++
			continue
		}
		// Everything after i has its context in this slice.
		loc := m.plain.FindIndex(v.buf[i:])
		if loc == nil {
			return -1, -1
		}
		if loc[0] > 0 {
			return i + loc[0], i + loc[1]
		}
		i++
	}
}

// nextLine returns the first line start from i on, or beyond v.buf if there is none.
func nextLine(v *view, i int) int {
	if i == 0 || i > len(v.buf) {
		return i
	}
	j := bytes.IndexByte(v.buf[i-1:], '\n')
	if j < 0 {
		return len(v.buf) + 1
	}
	return i + j
}

// characterBefore returns where the character before i begins.
func characterBefore(buf []byte, i int) int {
	for n := 2; n <= utf8.UTFMax && n <= i; n++ {
		if _, size := utf8.DecodeRune(buf[i-n:]); size == n {
			return i - n
		}
	}
	return i - 1
}

// characterAt returns the first index from i on that is not inside a character.
func characterAt(v *view, i int) int {
	for n := 1; n < utf8.UTFMax && n <= i; n++ {
		if i-n >= len(v.buf) {
			break
		}
		if _, size := utf8.DecodeRune(v.buf[i-n:]); size > n {
			return i - n + size
		}
	}
	return i
}

// horizon returns the last index for which v shows all that a match there can
// hold and look at.
func (m *matcher) horizon(v *view) int {
	if v.eof {
		return len(v.buf)
	}
	if m.byBytes {
		return len(v.buf) - m.bound.bytes - utf8.UTFMax
	}
	return nthNewlineBefore(v.buf, len(v.buf), m.bound.newlines+1)
}

// earliest returns the first index at which a match can begin that ends at or
// after i, or -1 if that is not in view.
func (m *matcher) earliest(v *view, i int) int {
	var from int
	if m.byBytes {
		from = i - m.bound.bytes
	} else if from = nthNewlineBefore(v.buf, i, m.bound.newlines+1) + 1; from == 0 {
		from = -1
	}
	if v.bof {
		return max(from, 0)
	}
	return max(from, -1)
}

// context returns the first index that a search from i on looks at, or -1. Whether
// i is inside a character is seen from three bytes, and what is before it from
// four more.
func (m *matcher) context(v *view, i int) int {
	from := i - 2*utf8.UTFMax
	if v.bof {
		return max(from, 0)
	}
	return max(from, -1)
}

// nthNewlineBefore returns the index of the nth newline before i, or -1.
func nthNewlineBefore(buf []byte, i, n int) int {
	for i--; i >= 0; i-- {
		if buf[i] == '\n' {
			if n--; n == 0 {
				return i
			}
		}
	}
	return -1
}
