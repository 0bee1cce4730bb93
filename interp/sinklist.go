package interp

import "strings"

// joinMode is how the elements of $@ and a[@] are joined where one string is asked for. Those of $* and a[*]
// always have the first character of IFS between them.
type joinMode uint8

const (
	joinBlank  joinMode = iota // by a blank
	joinAssign                 // as on the right side of an assignment, see joined
	joinIFS                    // by the first character of IFS: elements of indexed arrays, in a literal
)

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

// joined appends a list as one string. On the right side of an assignment bash joins $@ and a[@] by IFS where
// an operator was applied and the expansion is quoted, or the operator is one of some, and else by a blank.
func (s *sink) joined(val *paramValue, q quoting) {
	sep, t := " ", s.sh.ifs()
	switch {
	case val.star:
		sep = t.join
	case t.null:
	case s.joins == joinIFS,
		s.joins == joinAssign && (val.op == opRebuilds || val.op == opSelects && q&inDouble != 0):
		sep = t.join
	}
	s.value(strings.Join(val.list, sep), q&inDouble != 0)
}

// documentList appends a list in a here-document: only a[*] as it stands has the character of IFS between its
// elements, all others a blank.
func (s *sink) documentList(val *paramValue) {
	sep := " "
	if val.star && !val.positional && val.op == opNone {
		sep = s.sh.ifs().join
	}
	s.quoted(strings.Join(val.list, sep))
}
