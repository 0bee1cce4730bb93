package interp

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// declareWord does the work of a declaration for one operand. It reports what goes wrong and gives false.
func (sh *Shell) declareWord(d *declaration, word string) bool {
	if word == "-" && d.name == "local" {
		sh.localOptions()
		return true
	}
	ref, value, add, assigns := splitAssignment(word)
	name, sub, keyed := splitRef(ref)
	if !keyed {
		name = ref
	}
	if !validName(name) || keyed && d.keepsAttr {
		sh.Errorf("%s: `%s': not a valid identifier", d.name, word)
		return false
	}
	if keyed && strings.TrimSpace(sub) == "" {
		sh.Errorf("%s: bad array subscript", ref)
		return false
	}
	if d.on&NameRef != 0 {
		return sh.declareReference(d, name, value, add, assigns)
	}
	if d.off&NameRef == 0 && !keyed {
		if t := sh.declareTarget(d, name); t.hasSub {
			name, sub, keyed = t.name, t.sub, true
		}
	}
	s, name, ok := sh.declareName(d, name, keyed || assigns && d.off&ReadOnly == 0)
	if !ok {
		return false
	}
	if keyed {
		if v := sh.varIn(s, name); v != nil && v.dyn == nil {
			sh.writableVar(s, name).changeKind(sh, ListVar, false)
		}
	}
	if assigns && !sh.declareValue(d, s, name, sub, value, keyed, add) {
		return false
	}
	if last := d.on & (ReadOnly | Exported); last != 0 || d.off&Exported != 0 {
		v := sh.writableVar(s, name)
		v.attr = v.attr&^(d.off&Exported) | last
		sh.env = nil
	}
	return true
}

// localOptions is `local -`: the options of set are restored when the function returns.
func (sh *Shell) localOptions() {
	s := sh.writable(sh.localScope())
	if s.options == nil {
		saved := sh.opts
		s.options = &saved
	}
}

// restoreSet takes the options of set from saved; those of shopt stay.
func (o *options) restoreSet(saved *options) {
	for _, opt := range setOptions() {
		*opt.at(o) = *opt.at(saved)
	}
}

// declareTarget follows the name reference that name may be, unless the declaration makes a variable of its own.
func (sh *Shell) declareTarget(d *declaration, name string) target {
	if s := sh.localScope(); d.locals && s.vars[name] == nil {
		return target{name: name}
	}
	return sh.deref(name)
}

// keepTemporary gives the scope for a variable that stands in front of the command, so that what is declared of it
// stays: the next one that is not for this command only. It gives nil for other variables.
func (sh *Shell) keepTemporary(name string) *scope {
	from := sh.scopeOf(name)
	if from == nil || !from.temp {
		return nil
	}
	to := from.outer
	for to.outer != nil && to.vars[name] == nil {
		to = to.outer
	}
	to = sh.writable(to)
	if value, set := from.vars[name].value(sh); set && sh.setVarIn(to, name, value) != nil {
		return nil
	}
	return to
}

// declareName makes name a variable of the scope and kind that d wants, and gives it the attributes that count
// before a value is assigned. changes says that a value or element will be assigned. It gives the scope to
// assign in, nil for where the name is found, and the name behind references; it reports what goes wrong.
func (sh *Shell) declareName(d *declaration, name string, changes bool) (s *scope, to string, ok bool) {
	fresh := false
	switch {
	case d.locals:
		if s, fresh, ok = sh.makeLocal(d, name); !ok {
			return nil, name, false
		}
	case d.global:
		s = sh.writable(sh.global())
	default:
		s = sh.keepTemporary(name)
	}
	v := sh.varIn(s, name)
	if v.is(NameRef) && d.off&NameRef == 0 {
		t := sh.deref(name)
		if t.unset || t.circular {
			return s, name, true
		}
		name, s = t.name, nil
		v = sh.lookup(name)
	}
	if !sh.mayDeclare(d, name, v, changes) {
		return nil, name, false
	}
	if v != nil && v.dyn != nil {
		return s, name, true
	}
	if v == nil && s == nil && d.keepsAttr && d.on&(Exported|ReadOnly) == 0 {
		return s, name, true // export -n of nothing
	}
	v = sh.writableVar(s, name)
	if !v.set && !v.isArray() && v.attr == 0 {
		v.attr |= Invisible
	}
	v.changeKind(sh, d.on&(ListVar|AssocVar), d.locals && !fresh)
	if d.on&caseAttrs != 0 {
		v.attr &^= caseAttrs
	}
	if v.attr&Exported != 0 {
		sh.env = nil
	}
	v.attr |= d.on &^ (ReadOnly | Exported | ListVar | AssocVar)
	v.attr &^= d.off &^ (Exported | ReadOnly)
	if fresh {
		sh.variableChanged(name)
	}
	return s, name, true
}

// mayDeclare refuses what cannot be done to v.
func (sh *Shell) mayDeclare(d *declaration, name string, v *Var, changes bool) bool {
	switch {
	case v.is(ReadOnly) && (changes || d.off&ReadOnly != 0):
		if d.keepsAttr {
			sh.Errorf("%s: readonly variable", name)
		} else {
			sh.Errorf("%s: %s: readonly variable", d.name, name)
		}
	case d.on&AssocVar != 0 && v.is(ListVar):
		sh.Errorf("%s: %s: cannot convert indexed to associative array", d.name, name)
	case d.on&ListVar != 0 && v.is(AssocVar):
		sh.Errorf("%s: %s: cannot convert associative to indexed array", d.name, name)
	case d.off&(ListVar|AssocVar) != 0 && v.isArray():
		sh.Errorf("%s: %s: cannot destroy array variables in this way", d.name, name)
	default:
		return true
	}
	return false
}

// changeKind makes an array of a scalar. Its value becomes element 0, but for a variable that was local already,
// which becomes empty.
func (v *Var) changeKind(sh *Shell, kind Attr, empty bool) {
	if kind == 0 || v.isArray() {
		return
	}
	value, set := v.value(sh)
	v.attr |= kind
	v.s, v.isNum, v.set = "", false, false
	switch {
	case !set:
		return
	case kind == ListVar:
		v.list = &Indexed{}
		if !empty {
			v.list.Set(0, value)
		}
	default:
		v.assoc = newConvertedAssoc()
		if !empty {
			v.assoc.Set("0", value)
		}
	}
	v.attr &^= Invisible
}

// makeLocal gives the scope of the running function with a variable of that name in it. fresh says that it was
// made now.
func (sh *Shell) makeLocal(d *declaration, name string) (s *scope, fresh, ok bool) {
	s = sh.writable(sh.localScope())
	if s.vars[name] != nil {
		return s, false, true
	}
	outer := sh.lookup(name)
	if outer.is(ReadOnly) && sh.scopeOf(name).outer == nil {
		sh.Errorf("%s: %s: readonly variable", d.name, name)
		return nil, false, false
	}
	v := &Var{own: sh.own, attr: Invisible}
	given := sh.givenTo(s, name)
	switch {
	case given != nil:
		v.copyFrom(sh, given, given.attr&^NameRef)
	case outer != nil && (d.inherit || sh.opts.localvarInherit) && outer.dyn == nil && !outer.is(NameRef):
		v.copyFrom(sh, outer, outer.attr)
	default:
		if outer.is(Exported) {
			v.attr |= Exported
		}
	}
	sh.put(s, name, v)
	if name == "OPTIND" {
		sh.localOptind(s)
	}
	return s, true, true
}

// givenTo finds an assignment that stood in front of the call of the function whose scope is s.
func (sh *Shell) givenTo(s *scope, name string) *Var {
	if s.outer == nil || !s.outer.temp {
		return nil
	}
	return s.outer.vars[name]
}

// copyFrom takes over another variable's value, with attributes attr.
func (v *Var) copyFrom(sh *Shell, from *Var, attr Attr) {
	own := v.own
	*v = *from
	v.own, v.attr = own, attr
	if v.list != nil {
		v.list = v.list.clone()
	}
	if v.assoc != nil {
		v.assoc = v.assoc.clone()
	}
}

// declareValue assigns the value of an operand.
func (sh *Shell) declareValue(d *declaration, s *scope, name, sub, value string, keyed, add bool) bool {
	var err error
	v := sh.varIn(s, name)
	compound := len(value) > 1 && value[0] == '(' && value[len(value)-1] == ')'
	switch {
	case keyed:
		err = sh.setElement(s, name, textSubscript(sub), value, add)
	case compound && (v.isArray() || d.on&(ListVar|AssocVar) != 0) && v.dyn == nil && d.name != "export":
		err = sh.assignCompound(s, name, value, add)
	default:
		err = sh.store(s, name, value, add)
	}
	switch {
	case err == nil:
		return true
	case strings.HasSuffix(err.Error(), "bad array subscript"):
		sh.Errorf("%s", err)
	case strings.HasSuffix(err.Error(), "not a valid identifier"):
		sh.Errorf("%s: %s", d.name, err)
	default:
		sh.fail(err)
	}
	return false
}

// assignCompound assigns text of the form (…), which was made at run time, to an array.
func (sh *Shell) assignCompound(s *scope, name, text string, add bool) error {
	op := "="
	if add {
		op = "+="
	}
	stmts, err := parseStmts(name + op + text)
	if err != nil {
		return expansionErrorf("%s", err)
	}
	if len(stmts) == 1 {
		if call, ok := stmts[0].Cmd.(*syntax.CallExpr); ok && len(call.Args) == 0 && len(call.Assigns) == 1 {
			return sh.assignArray(call.Assigns[0], s)
		}
	}
	return sh.store(s, name, text, add)
}

// declareReference makes name a name reference.
func (sh *Shell) declareReference(d *declaration, name, value string, add, assigns bool) bool {
	var s *scope
	switch {
	case d.locals:
		var ok bool
		if s, _, ok = sh.makeLocal(d, name); !ok {
			return false
		}
	case d.global:
		s = sh.writable(sh.global())
	}
	v := sh.varIn(s, name)
	old, set := v.value(sh)
	if add {
		value = old + value
	} else if !assigns && set {
		value = old
	}
	if !sh.mayRefer(d, v, name, value, assigns, s != nil && !d.global) {
		return false
	}
	v = sh.writableVar(s, name)
	if value != "" {
		v.setText(value)
	} else {
		v.attr |= Invisible
	}
	v.attr &^= Integer | Upper | Lower | Capital // of what it was before
	v.attr |= NameRef | d.on
	v.attr &^= d.off
	sh.env = nil
	return true
}

// mayRefer refuses what cannot be a name reference, or its target. In a function a reference to its own name is
// only warned about.
func (sh *Shell) mayRefer(d *declaration, v *Var, name, value string, assigns, local bool) bool {
	base, _, keyed := splitRef(value)
	if !keyed {
		base = value
	}
	switch {
	case v.is(ReadOnly):
		sh.Errorf("%s: %s: readonly variable", d.name, name)
	case v.isArray():
		sh.Errorf("%s: %s: reference variable cannot be an array", d.name, name)
	case assigns && value == "":
		sh.Errorf("%s: `': not a valid identifier", d.name)
	case value != "" && !validName(base):
		sh.Errorf("%s: `%s': invalid variable name for name reference", d.name, value)
	case base == name && local:
		sh.Errorf("%s: warning: %s: circular name reference", d.name, name)
		return true
	case base == name:
		sh.Errorf("%s: %s: nameref variable self references not allowed", d.name, name)
	default:
		return true
	}
	return false
}
