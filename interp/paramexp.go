package interp

import (
	"strconv"

	"mvdan.cc/sh/v3/syntax"
)

// paramExp expands $name and all forms of ${…}.
func (s *sink) paramExp(p *syntax.ParamExp, q quoting) error {
	double := q&inDouble != 0
	if simpleParam(p) {
		name := p.Param.Value
		if listParam(name) {
			if s.kind == toFields {
				s.list(s.sh.params, name == "*", q)
			} else {
				s.emit(&paramValue{isList: true, positional: true, star: name == "*", list: s.sh.params}, q)
			}
			return nil
		}
		text, err := s.sh.param(name)
		if err == nil {
			s.value(text, double)
		}
		return err
	}
	switch {
	case p.Names != 0:
		names := s.sh.namesWithPrefix(p.Param.Value)
		s.emit(&paramValue{isList: true, star: p.Names == syntax.NamesPrefix, op: opRebuilds, list: names}, q)
		return nil
	case p.Length:
		n, err := s.sh.paramLength(p)
		if err == nil {
			s.value(strconv.Itoa(n), double)
		}
		return err
	}
	val, err := s.sh.operand(p)
	if err != nil {
		return err
	}
	if p.Exp != nil {
		switch p.Exp.Op {
		case syntax.AlternateUnset, syntax.AlternateUnsetOrNull, syntax.DefaultUnset, syntax.DefaultUnsetOrNull,
			syntax.ErrorUnset, syntax.ErrorUnsetOrNull, syntax.AssignUnset, syntax.AssignUnsetOrNull:
			return s.substitute(p.Exp, &val, q)
		}
	}
	if err := s.sh.modify(p, &val); err != nil {
		return err
	}
	s.emit(&val, q)
	return nil
}

// operand gives the value that the operators of p work on.
func (sh *Shell) operand(p *syntax.ParamExp) (paramValue, error) {
	if p.Excl {
		return sh.indirect(p)
	}
	return sh.paramValue(p)
}

// modify does to val what the operator of p says, apart from those that put a word in its place.
func (sh *Shell) modify(p *syntax.ParamExp, val *paramValue) error {
	if !val.isList && !val.set && sh.opts.nounset {
		return unbound(val.shown())
	}
	if !val.isList && !val.set && (p.Exp == nil || p.Exp.Op != syntax.OtherParamOps) {
		return nil
	}
	switch {
	case p.Slice != nil:
		val.op = opSelects
		return sh.slice(val, p.Slice)
	case p.Repl != nil:
		val.op = opSelects
		return sh.replace(val, p)
	case p.Exp == nil:
		return nil
	}
	switch p.Exp.Op {
	case syntax.RemSmallPrefix, syntax.RemLargePrefix, syntax.RemSmallSuffix, syntax.RemLargeSuffix:
		val.op = opRebuilds
		return sh.remove(val, p.Exp)
	case syntax.UpperFirst, syntax.UpperAll, syntax.LowerFirst, syntax.LowerAll:
		val.op = opSelects
		return sh.changeCase(val, p.Exp)
	case syntax.OtherParamOps:
		val.op = opRebuilds
		return sh.transform(val, p.Exp.Word.Lit())
	}
	return expansionErrorf("%s: bad substitution", printNode(p))
}

// namesWithPrefix is ${!prefix*}: the variables that are set and begin so.
func (sh *Shell) namesWithPrefix(prefix string) []string {
	return sh.names(func(name string, v *Var) bool {
		return len(name) >= len(prefix) && name[:len(prefix)] == prefix && v.attr&Invisible == 0
	})
}

// paramLength is ${#x}: the characters of a value, or how many elements there are.
func (sh *Shell) paramLength(p *syntax.ParamExp) (int, error) {
	val, err := sh.paramValue(p)
	if err != nil {
		return 0, err
	}
	switch {
	case val.isList:
		return len(val.list), nil
	case !val.set && sh.opts.nounset:
		return 0, unbound(val.shown())
	}
	return sh.textLen(val.text), nil
}

// indirect gives what ${!…} is about: the keys of an array, the name that a reference stands for, or the
// parameter that the value names.
func (sh *Shell) indirect(p *syntax.ParamExp) (paramValue, error) {
	if p.Index != nil && p.Slice == nil && p.Repl == nil && p.Exp == nil {
		if sub := nodeSubscript(p.Index); sub.all != 0 {
			val, err := sh.element(p.Param.Value, sub)
			val.list, val.op = val.v.keys(sh), opSelects
			return val, err
		}
	}
	if p.Index == nil && validName(p.Param.Value) {
		if v := sh.lookup(p.Param.Value); v.is(NameRef) {
			t := sh.deref(p.Param.Value)
			if t.hasSub {
				t.name += "[" + t.sub + "]"
			}
			return paramValue{name: p.Param.Value, text: t.name, set: !t.unset && !t.circular, v: v}, nil
		}
	}
	val, err := sh.paramValue(p)
	if err != nil {
		return val, err
	}
	if !val.isList && !val.set {
		return val, expansionErrorf("%s: invalid indirect expansion", val.name)
	}
	return sh.reference(val.joined(sh))
}
