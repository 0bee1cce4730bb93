package interp

import "strings"

// emit appends a value.
func (s *sink) emit(val *paramValue, q quoting) {
	switch {
	case !val.isList:
		s.value(val.text, q&inDouble != 0)
	case s.kind == toFields:
		s.list(val.list, val.star, q)
	case q&inDocument != 0:
		s.documentList(val)
	default:
		s.joined(val, q)
	}
}

// joined appends a list as one string, with the first character of IFS between the elements of $* and a[*],
// and a blank between those of $@ and a[@]. On the right side of an assignment bash takes the character of
// IFS for the latter too, where an operator was applied and the expansion is quoted, or the operator is one
// of some.
func (s *sink) joined(val *paramValue, q quoting) {
	sep := " "
	if val.star || s.assigning && (val.op == opRebuilds || val.op == opSelects && q&inDouble != 0) {
		sep = s.sh.ifs().join
	}
	s.value(strings.Join(val.list, sep), q&inDouble != 0)
}

// documentList appends a list in a here-document. There $* is split and joined again by blanks, a[*] joined
// by IFS, and what an operator gives joined by blanks.
func (s *sink) documentList(val *paramValue) {
	t := s.sh.ifs()
	switch {
	case !val.star || val.op != opNone:
		s.quoted(strings.Join(val.list, " "))
	case !val.positional:
		s.quoted(strings.Join(val.list, t.join))
	default:
		s.quoted(t.blanked(strings.Join(val.list, t.join)))
	}
}

// blanked is text with a blank for each separator of fields in it.
func (t *ifsTable) blanked(text string) string {
	if t.plainBlanks(text) {
		return text
	}
	b := make([]byte, 0, len(text))
	space, other := false, false
	for i := 0; i < len(text); i++ {
		switch class := t.class[text[i]]; {
		case class&ifsSpace != 0:
			if !space && !other {
				b = append(b, ' ')
			}
			space = true
		case class&ifsOther != 0:
			if !space || other {
				b = append(b, ' ')
			}
			other = true
		default:
			b = append(b, text[i])
			space, other = false, false
		}
	}
	return string(b)
}

// plainBlanks reports whether the only separators in text are single blanks.
func (t *ifsTable) plainBlanks(text string) bool {
	for i := 0; i < len(text); i++ {
		if t.class[text[i]]&ifsAny != 0 && (text[i] != ' ' || i > 0 && text[i-1] == ' ') {
			return false
		}
	}
	return true
}
