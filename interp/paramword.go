package interp

import (
	"mvdan.cc/sh/v3/syntax"
)

// substitute expands ${x-word} and its kin: a value, or a word in its place.
func (s *sink) substitute(e *syntax.Expansion, val *paramValue, q quoting) error {
	double := q&inDouble != 0
	there := val.set
	if val.isList {
		there = len(val.list) > 0
	}
	switch e.Op {
	case syntax.AlternateUnsetOrNull, syntax.DefaultUnsetOrNull, syntax.ErrorUnsetOrNull, syntax.AssignUnsetOrNull:
		there = there && val.joined(s.sh) != ""
	}
	switch e.Op {
	case syntax.AlternateUnset, syntax.AlternateUnsetOrNull:
		switch {
		case there && e.Word != nil:
			return s.operand(e.Word, q)
		case double && val.isList && !val.star && len(val.list) == 0:
			s.noList = true // as "$@" without parameters, it makes no field
		case double:
			s.quoted("")
		}
		return nil
	}
	if there {
		s.emit(val, q)
		return nil
	}
	switch e.Op {
	case syntax.DefaultUnset, syntax.DefaultUnsetOrNull:
		return s.operand(e.Word, q)
	case syntax.ErrorUnset, syntax.ErrorUnsetOrNull:
		return s.sh.unsetError(e, val, q)
	}
	return s.assignDefault(e, val, q)
}

// operand expands the word behind an operator. Unless it is in double quotes, its unquoted text is split.
func (s *sink) operand(w *syntax.Word, q quoting) error {
	double := q&inDouble != 0
	if w != nil {
		noList := s.noList
		inside := operandContext(q)
		if s.joins == joinAssign && !double {
			inside |= tildeValue
		}
		if err := s.parts(w.Parts, inside); err != nil {
			return err
		}
		if double {
			s.noList = noList
		}
	}
	if double {
		s.quoted("")
	}
	return nil
}

func operandContext(q quoting) quoting {
	if q&inDouble != 0 {
		return q | inOperand
	}
	return inOperand | tildeStart
}

// operandText is operand as one string.
func (sh *Shell) operandText(w *syntax.Word, q quoting) (string, error) {
	if w == nil {
		return "", nil
	}
	s := sh.sink(toText)
	defer s.release()
	s.joins = joinAssign
	if err := s.parts(w.Parts, operandContext(q)); err != nil {
		return "", err
	}
	return s.text(), nil
}

// unsetError is the error that ${x?word} makes.
func (sh *Shell) unsetError(e *syntax.Expansion, val *paramValue, q quoting) error {
	msg, err := sh.operandText(e.Word, q)
	if err != nil {
		return err
	}
	if e.Word == nil {
		msg = "parameter not set"
		if e.Op == syntax.ErrorUnsetOrNull {
			msg = "parameter null or not set"
		}
	}
	name := val.name
	if val.keyed {
		name = val.shown()
	}
	return &expansionError{msg: name + ": " + msg, exits: true}
}

// assignDefault is ${x=word}: x gets the word's value, and that is expanded.
func (s *sink) assignDefault(e *syntax.Expansion, val *paramValue, q quoting) error {
	sh := s.sh
	if !validName(val.name) {
		return expansionErrorf("%s: cannot assign in this way", shownParam(val.name))
	}
	text, err := sh.operandText(e.Word, q)
	if err != nil {
		return err
	}
	if val.isList {
		return expansionErrorf("%s[%s]: bad array subscript", val.name, val.sub.source())
	}
	if val.keyed {
		err = sh.setElement(nil, val.name, val.sub, text, false)
	} else {
		err = sh.setVar(val.name, text)
	}
	if err != nil {
		return err
	}
	now := paramValue{}
	if val.keyed {
		now, err = sh.element(val.name, val.sub)
	} else {
		now, err = sh.namedValue(val.name)
	}
	if err == nil {
		s.emit(&now, q)
	}
	return err
}
