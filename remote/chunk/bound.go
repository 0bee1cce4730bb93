package chunk

import (
	"regexp/syntax"
	"unicode/utf8"
)

// unbounded stands for more than any number of bytes or newlines.
const unbounded = 1 << 30

// maxMatchBytes is the longest match for which a bound in bytes is used. What is
// longer is bounded in lines, if it can be, so that a cut need not read more than
// the lines around it. It is the size of a cut's first read over a network.
const maxMatchBytes = 64 * kib

// An extent bounds what a match can hold.
type extent struct {
	bytes    int
	newlines int
}

func (e extent) plus(o extent) extent {
	return extent{min(e.bytes+o.bytes, unbounded), min(e.newlines+o.newlines, unbounded)}
}

func (e extent) times(n int) extent {
	mul := func(a int) int {
		if a > 0 && n >= unbounded/a {
			return unbounded
		}
		return a * n
	}
	return extent{mul(e.bytes), mul(e.newlines)}
}

func (e extent) or(o extent) extent {
	return extent{max(e.bytes, o.bytes), max(e.newlines, o.newlines)}
}

// extentOf returns the bounds of the matches of re.
func extentOf(re *syntax.Regexp) extent {
	switch re.Op {
	case syntax.OpLiteral:
		e := extent{bytes: len(re.Rune) * utf8.UTFMax}
		for _, r := range re.Rune {
			if r == '\n' {
				e.newlines++
			}
		}
		return e
	case syntax.OpCharClass:
		e := extent{bytes: utf8.UTFMax}
		for i := 0; i < len(re.Rune); i += 2 {
			if re.Rune[i] <= '\n' && '\n' <= re.Rune[i+1] {
				e.newlines = 1
			}
		}
		return e
	case syntax.OpAnyCharNotNL:
		return extent{bytes: utf8.UTFMax}
	case syntax.OpAnyChar:
		return extent{utf8.UTFMax, 1}
	case syntax.OpCapture, syntax.OpQuest:
		return extentOf(re.Sub[0])
	case syntax.OpStar, syntax.OpPlus:
		return extentOf(re.Sub[0]).times(unbounded)
	case syntax.OpRepeat:
		n := re.Max
		if n < 0 {
			n = unbounded
		}
		return extentOf(re.Sub[0]).times(n)
	case syntax.OpConcat:
		var e extent
		for _, sub := range re.Sub {
			e = e.plus(extentOf(sub))
		}
		return e
	case syntax.OpAlternate:
		var e extent
		for _, sub := range re.Sub {
			e = e.or(extentOf(sub))
		}
		return e
	}
	return extent{} // assertions, and what matches nothing
}
