package pattern

import (
	"strings"
	"unicode/utf8"
)

// program is a pattern as it is run, read as UTF-8 or as bytes.
//
// Without groups, a pattern is segments with a * between each two. A segment
// matches at most one string at a place, so that to match it is enough to
// find each segment at the first place behind the one before. With groups, or
// where paths have rules, an automaton runs instead.
type program struct {
	segments []segment
	bytes    bool
	period   bool

	terms []term
	nfa   *nfa
	back  lazyNFA
}

// segment is a sequence of elements, without *.
type segment struct {
	elems []elem
	text  string // what the segment is, if it is only literal text
	plain bool
}

// elem is a character or, if kind is literal and folded is not set, a string.
type elem struct {
	kind   kind
	folded bool
	text   string
	r      rune // of a folded literal
	set    *set
}

func compile(text []rune, flags Flags, bytes bool) (*program, error) {
	r := &reader{flags: flags, bytes: bytes}
	g := &program{bytes: bytes, terms: r.read(text)}
	if r.deep {
		return nil, errTooDeep
	}
	g.period = flags&Period != 0 || flags&FileName != 0 && flags&DotGlob == 0
	if needsNFA(g.terms, flags) {
		g.nfa = compileNFA(g.terms, flags, g, false)
		return g, nil
	}
	start := 0
	for i, t := range g.terms {
		if t.kind == star {
			g.segments = append(g.segments, g.segment(g.terms[start:i], flags))
			start = i + 1
		}
	}
	g.segments = append(g.segments, g.segment(g.terms[start:], flags))
	return g, nil
}

func needsNFA(terms []term, flags Flags) bool {
	for _, t := range terms {
		if t.kind == group {
			return true
		}
	}
	return flags&FileName != 0
}

// segment joins neighbouring literals to strings.
func (g *program) segment(terms []term, flags Flags) segment {
	var s segment
	var text []byte
	flush := func() {
		if len(text) > 0 {
			s.elems = append(s.elems, elem{kind: literal, text: string(text)})
			text = nil
		}
	}
	for _, t := range terms {
		switch {
		case t.kind != literal:
			flush()
			s.elems = append(s.elems, elem{kind: t.kind, set: t.set})
		case flags&NoCase != 0:
			s.elems = append(s.elems, elem{kind: literal, folded: true, r: t.r})
		case g.bytes:
			text = append(text, byte(t.r))
		default:
			text = utf8.AppendRune(text, t.r)
		}
	}
	flush()
	if len(s.elems) == 0 || len(s.elems) == 1 && s.elems[0].text != "" {
		s.plain = true
		for _, e := range s.elems {
			s.text = e.text
		}
	}
	return s
}

// modeless reports whether it makes no difference how strings are read: there
// is nothing but literals and *.
func (g *program) modeless() bool {
	if g.nfa != nil {
		return false
	}
	for _, s := range g.segments {
		if !s.plain {
			return false
		}
	}
	return true
}

func (g *program) startsWithDot() bool {
	first := g.segments[0].elems
	return len(first) > 0 && first[0].kind == literal && (first[0].r == '.' || strings.HasPrefix(first[0].text, "."))
}

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
