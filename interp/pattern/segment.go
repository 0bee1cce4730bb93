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

	terms  []term
	nfa    *nfa
	back   lazyNFA
	choice *choice // does Match instead of nfa, if it is not nil
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
		if flags&FileName == 0 {
			g.choice = g.choose(g.terms, flags)
		}
		return g, nil
	}
	g.setSegments(g.terms, flags)
	return g, nil
}

// setSegments cuts terms at each *.
func (g *program) setSegments(terms []term, flags Flags) {
	start := 0
	for i, t := range terms {
		if t.kind == star {
			g.segments = append(g.segments, g.segment(terms[start:i], flags))
			start = i + 1
		}
	}
	g.segments = append(g.segments, g.segment(terms[start:], flags))
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

// hides reports whether s starts with a dot that the pattern may not match.
func (g *program) hides(s string) bool {
	return g.period && len(s) > 0 && s[0] == '.' && !g.startsWithDot()
}

func (g *program) startsWithDot() bool {
	first := g.segments[0].elems
	return len(first) > 0 && first[0].kind == literal && (first[0].r == '.' || strings.HasPrefix(first[0].text, "."))
}
