package regex

import (
	"strings"

	"sshell/interp/pattern"
)

// element is a member of a bracket expression. A class cannot bound a range.
type element struct {
	r     rune
	class bool
}

// bracket reads a bracket expression. A backslash means nothing in it.
func (p *parser) bracket() (*node, error) {
	p.pos++
	s := &set{chars: p.chars}
	if p.at('^') {
		s.negated = true
		p.pos++
	}
	for first := true; first || !p.at(']'); first = false {
		if err := p.member(s, first); err != nil {
			return nil, err
		}
		if !p.more() {
			return nil, errBracket
		}
	}
	p.pos++
	return &node{kind: inSet, set: s.finish()}, nil
}

// member reads an element or a range. A hyphen is an element only at the
// start, at the end, and as the end of a range.
func (p *parser) member(s *set, first bool) error {
	if p.at('-') && !first && !p.isLast() {
		return errRange
	}
	lo, err := p.element(s)
	if err != nil {
		return err
	}
	hi := lo
	if !lo.class && p.at('-') && !p.isLast() {
		p.pos++
		if hi, err = p.element(s); err != nil {
			return err
		}
		if hi.class || p.chars.fold(lo.r) > p.chars.fold(hi.r) {
			return errRange
		}
	}
	if !lo.class {
		s.ranges = append(s.ranges, interval{p.chars.fold(lo.r), p.chars.fold(hi.r)})
	}
	return nil
}

// isLast reports whether the closing bracket is behind the next byte.
func (p *parser) isLast() bool { return p.pos+1 < len(p.text) && p.text[p.pos+1] == ']' }

// element reads a character or a [. .], or adds a [: :] or [= =] to s.
func (p *parser) element(s *set) (element, error) {
	if !p.more() {
		return element{}, errBracket
	}
	if p.at('[') && p.pos+1 < len(p.text) && strings.IndexByte(".:=", p.text[p.pos+1]) >= 0 {
		return p.symbol(s, p.text[p.pos+1])
	}
	r, size := p.chars.next(p.text[p.pos:])
	p.pos += size
	return element{r: r}, nil
}

// symbol reads the three things with a bracket and a sign at both ends.
func (p *parser) symbol(s *set, sign byte) (element, error) {
	p.pos += 2
	// The first character of a name may be the sign itself.
	size := -1
	if p.more() {
		size = strings.Index(p.text[p.pos:], string([]byte{sign, ']'}))
	}
	if size < 0 {
		return element{}, errBracket
	}
	name := p.text[p.pos : p.pos+size]
	p.pos += size + 2
	if sign == ':' {
		in := p.class(name)
		if in == nil {
			return element{}, errClass
		}
		s.classes = append(s.classes, in)
		return element{class: true}, nil
	}
	if name == "" {
		return element{}, errCollate
	}
	r, n := p.chars.next(name)
	if n != len(name) {
		return element{}, errCollate
	}
	if sign == '=' {
		f := p.chars.fold(r)
		s.ranges = append(s.ranges, interval{f, f})
	}
	return element{r: r, class: sign == '='}, nil
}

// class returns the test for a class of that name, or nil. Where case does not
// matter, a letter of one case is a letter of the other.
func (p *parser) class(name string) func(rune) bool {
	switch name {
	case "ascii", "word": // of patterns only
		return nil
	case "upper", "lower":
		if p.chars.folded {
			name = "alpha"
		}
	}
	return pattern.Class(name)
}
