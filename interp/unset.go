package interp

import "strings"

// unset is the builtin's work for one operand: a variable, an element of an array, or a function. wantFunc
// and wantVar say that only a function or only a variable is meant; refItself spares what a name reference
// points to and removes the reference.
func (sh *Shell) unset(ref string, wantFunc, wantVar, refItself bool) error {
	if wantFunc {
		if f := sh.funcs[ref]; f != nil && f.readonly {
			return expansionErrorf("%s: cannot unset: readonly function", ref)
		}
		sh.unsetFunction(ref)
		return nil
	}
	name, sub, keyed := splitRef(ref)
	if !keyed {
		name = ref
		if !validName(name) {
			if wantVar || strings.IndexByte(ref, '[') >= 0 {
				return expansionErrorf("`%s': not a valid identifier", ref)
			}
			return sh.unset(ref, true, false, false)
		}
	}
	if v := sh.lookup(name); v.is(NameRef) && !refItself {
		t := sh.deref(name)
		switch {
		case t.circular, t.unset:
			return nil
		case t.hasSub:
			sub, keyed = t.sub, true
		}
		name = t.name
	}
	v := sh.lookup(name)
	switch {
	case v.is(ReadOnly):
		return expansionErrorf("%s: cannot unset: readonly variable", name)
	case keyed:
		return sh.unsetElement(name, v, textSubscript(sub))
	case v == nil && !wantVar:
		return sh.unset(ref, true, false, false)
	case v != nil:
		sh.unsetVar(name)
	}
	return nil
}

// unsetVar removes the innermost variable of that name. One that is local to the running function stays
// there, without a value.
func (sh *Shell) unsetVar(name string) {
	s := sh.scopeOf(name)
	if s == nil {
		return
	}
	if s == sh.localScope() && !sh.opts.localvarUnset {
		sh.put(s, name, &Var{own: sh.own, attr: Invisible})
	} else {
		s = sh.writable(s)
		delete(s.vars, name)
		sh.env = nil
	}
	sh.variableChanged(name)
}

// unsetElement removes an element of an array, or with @ or * all elements of an indexed one.
func (sh *Shell) unsetElement(name string, v *Var, sub subscript) error {
	switch {
	case v == nil:
		return nil
	case v.is(AssocVar):
		key := string(sub.all)
		if sub.all == 0 {
			var err error
			if key, err = sh.key(sub); err != nil {
				return err
			}
		}
		if key == "" {
			return expansionErrorf("[%s]: bad array subscript", sub.source())
		}
		if v.assoc != nil {
			sh.mutable(name).assoc.Unset(key)
		}
		return nil
	case !v.isArray():
		if n, err := sh.index(sub); err != nil || n != 0 {
			if err == nil {
				err = expansionErrorf("%s: not an array variable", name)
			}
			return err
		}
		sh.unsetVar(name)
		return nil
	case sub.all != 0:
		sh.mutable(name).list = &Indexed{}
		return nil
	}
	n, err := sh.index(sub)
	if err != nil {
		return err
	}
	if n < 0 {
		if n += v.maxIndex(sh) + 1; n < 0 {
			return expansionErrorf("[%s]: bad array subscript", sub.source())
		}
	}
	if v.list != nil {
		sh.mutable(name).list.Unset(int(n))
	}
	return nil
}
