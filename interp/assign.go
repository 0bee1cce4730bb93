package interp

import (
	"mvdan.cc/sh/v3/syntax"
)

// assign makes one assignment: NAME=, NAME+=, NAME[i]= or NAME=(…). s is the scope to make it in; nil means
// where the name is found, or the global one.
func (sh *Shell) assign(a *syntax.Assign, s *scope) error {
	name := a.Name.Value
	if a.Array != nil {
		if a.Index != nil {
			return expansionErrorf("%s[%s]: cannot assign list to array member", name, arithSource(a.Index))
		}
		return sh.assignArray(a, s)
	}
	if x := onlyArithmetic(a); x != nil && s == nil {
		n, err := sh.arithValue(x)
		if err != nil {
			return err
		}
		return arithVars{sh}.SetInt(name, n)
	}
	value, err := sh.assignText(a.Value)
	if err != nil {
		return err
	}
	if a.Index != nil {
		return sh.setElement(s, name, nodeSubscript(a.Index), value, a.Append)
	}
	return sh.store(s, name, value, a.Append)
}

// onlyArithmetic gives the expression of NAME=$((…)), nil for any other assignment.
func onlyArithmetic(a *syntax.Assign) syntax.ArithmExpr {
	if a.Index != nil || a.Append || a.Value == nil || len(a.Value.Parts) != 1 {
		return nil
	}
	if x, ok := a.Value.Parts[0].(*syntax.ArithmExp); ok {
		return x.X
	}
	return nil
}

// setVar assigns a value to a variable, with regard to its attributes and to name references. The error is that
// of a readonly variable, or of a value that is no number where one is needed.
func (sh *Shell) setVar(name, value string) error { return sh.store(nil, name, value, false) }

// setVarIn is setVar for the variable of one scope, which is made there when there is none.
func (sh *Shell) setVarIn(s *scope, name, value string) error { return sh.store(s, name, value, false) }

// setRef assigns to what ref names, a variable or an element of an array, as builtins accept it; add appends.
func (sh *Shell) setRef(ref, value string, add bool) error {
	if name, sub, ok := splitRef(ref); ok {
		return sh.setElement(nil, name, textSubscript(sub), value, add)
	}
	if !validName(ref) {
		return expansionErrorf("`%s': not a valid identifier", ref)
	}
	return sh.store(nil, ref, value, add)
}

// changesValue are the attributes by which something else is stored than is assigned.
const changesValue = Integer | Lower | Upper | Capital

// needsCare are the attributes that make an assignment more than keeping a text.
const needsCare = ReadOnly | NameRef | ListVar | AssocVar | changesValue

// store assigns to a variable that has no subscript.
func (sh *Shell) store(s *scope, name, value string, add bool) error {
	v := sh.varIn(s, name)
	if v != nil && v.own == sh.own && v.attr&needsCare == 0 && v.dyn == nil && !sh.opts.allexport {
		if v.attr&Exported != 0 {
			sh.env = nil
		}
		if add {
			v.appendText(sh, value)
		} else {
			v.setText(value)
		}
		sh.variableChanged(name)
		return nil
	}
	if v.is(NameRef) {
		t := sh.deref(name)
		switch {
		case t.circular:
			sh.Errorf("warning: %s: circular name reference", name)
			return &expansionError{}
		case t.unset:
			return sh.pointReference(t.name, value)
		case t.hasSub:
			return sh.setElement(nil, t.name, textSubscript(t.sub), value, add)
		}
		return sh.store(nil, t.name, value, add)
	}
	return sh.storeCarefully(s, name, v, value, add)
}

// varIn is lookup, in one scope unless that is nil.
func (sh *Shell) varIn(s *scope, name string) *Var {
	if s == nil {
		return sh.lookup(name)
	}
	return s.vars[name]
}

// pointReference gives a name reference that points nowhere its target.
func (sh *Shell) pointReference(name, to string) error {
	if base, _, ok := splitRef(to); !validName(to) && (!ok || !validName(base)) {
		return &expansionError{msg: "`" + to + "': not a valid identifier", mild: true}
	}
	sh.mutable(name).setText(to)
	return nil
}

// storeCarefully is store for a variable that is new, shared with a clone, or has attributes.
func (sh *Shell) storeCarefully(s *scope, name string, v *Var, value string, add bool) error {
	switch {
	case v.is(ReadOnly):
		return readonlyError(name)
	case v != nil && v.dyn != nil:
		if v.dyn.set != nil {
			v.dyn.set(sh, value)
		}
		return nil
	}
	value, err := sh.attributed(v, value, add, func() (string, bool) { return v.value(sh) })
	if err != nil {
		return err
	}
	v = sh.writableVar(s, name)
	switch {
	case v.attr&ListVar != 0:
		if v.list == nil {
			v.list = &Indexed{}
		}
		v.list.Set(0, value)
		v.attr &^= Invisible
	case v.attr&AssocVar != 0:
		if v.assoc == nil {
			v.assoc = NewAssoc()
		}
		v.assoc.Set("0", value)
		v.attr &^= Invisible
	default:
		v.setText(value)
	}
	if sh.opts.allexport && !v.isArray() {
		v.attr |= Exported
		sh.env = nil
	}
	sh.variableChanged(name)
	return nil
}

// writableVar gives the variable to change.
func (sh *Shell) writableVar(s *scope, name string) *Var {
	if s == nil {
		return sh.mutable(name)
	}
	return sh.mutableIn(s, name)
}

// attributed gives what is stored when value is assigned, or with add appended to what old gives, to a
// variable with v's attributes.
func (sh *Shell) attributed(v *Var, value string, add bool, old func() (string, bool)) (string, error) {
	if v.is(Integer) {
		n, err := sh.arithText(value)
		if err != nil {
			return "", err
		}
		if add {
			text, _ := old()
			m, err := sh.arithText(text)
			if err != nil {
				return "", err
			}
			n += m
		}
		return itoa64(n), nil
	}
	if add {
		text, _ := old()
		value = text + value
	}
	if v != nil && v.attr&(Upper|Lower|Capital) != 0 {
		switch {
		case v.attr&Upper != 0:
			value = sh.caseOf(value, true, false, nil)
		case v.attr&Lower != 0:
			value = sh.caseOf(value, false, false, nil)
		default:
			value = sh.caseOf(sh.caseOf(value, false, false, nil), true, true, nil)
		}
	}
	return value, nil
}

// variableChanged does what follows from a change of a variable that means something to the shell.
func (sh *Shell) variableChanged(name string) {
	switch name {
	case "IFS":
		sh.exp.ifs.at = nil
	case "PATH":
		sh.hash = nil
	case "LC_ALL", "LC_CTYPE", "LANG":
		sh.exp.locale.known = false
		sh.exp.ifs.at, sh.exp.ifs.made = nil, false
	case "POSIXLY_CORRECT":
		_, sh.opts.posix = sh.lookup(name).value(sh)
	case "IGNOREEOF":
		_, sh.opts.ignoreeof = sh.lookup(name).value(sh)
	case "GLOBIGNORE":
		text, _ := sh.lookup(name).value(sh)
		sh.opts.dotglob = text != ""
	case "OPTIND":
		sh.optindChanged()
	}
}
