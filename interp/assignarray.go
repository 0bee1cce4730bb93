package interp

import "strconv"

func itoa64(n int64) string { return strconv.FormatInt(n, 10) }

// setElement assigns to one element of an array, with add appends to it. A scalar becomes an indexed array.
func (sh *Shell) setElement(s *scope, name string, sub subscript, value string, add bool) error {
	v := sh.varIn(s, name)
	if v.is(NameRef) {
		t := sh.deref(name)
		switch {
		case t.circular:
			sh.Errorf("warning: %s: circular name reference", name)
			return &expansionError{}
		case t.hasSub:
			return t.noArray()
		}
		name, s = t.name, nil
		v = sh.lookup(name)
	}
	switch {
	case v.is(ReadOnly):
		return readonlyError(name)
	case v != nil && v.dyn != nil:
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
			return expansionErrorf("%s[%s]: bad array subscript", name, sub.source())
		}
		return sh.setKey(s, name, key, value, add)
	case sub.all != 0:
		return expansionErrorf("%s[%s]: bad array subscript", name, sub.source())
	}
	n, err := sh.index(sub)
	if err != nil {
		return err
	}
	if n < 0 {
		if n += sh.varIn(s, name).maxIndex(sh) + 1; n < 0 {
			return expansionErrorf("%s[%s]: bad array subscript", name, sub.source())
		}
	}
	return sh.setIndex(s, name, int(n), value, add)
}

// setKey assigns to an element of an associative array.
func (sh *Shell) setKey(s *scope, name, key, value string, add bool) error {
	v := sh.varIn(s, name)
	value, err := sh.attributed(v, value, add, func() (string, bool) {
		if v.assoc == nil {
			return "", false
		}
		return v.assoc.Get(key)
	})
	if err != nil {
		return err
	}
	v = sh.writableVar(s, name)
	if v.assoc == nil {
		v.assoc = NewAssoc()
	}
	v.assoc.Set(key, value)
	v.attr &^= Invisible
	sh.variableChanged(name)
	return nil
}

// setIndex assigns to an element of an indexed array.
func (sh *Shell) setIndex(s *scope, name string, n int, value string, add bool) error {
	if v := sh.varIn(s, name); add || v != nil && v.attr&changesValue != 0 {
		var err error
		value, err = sh.attributed(v, value, add, func() (string, bool) {
			text, set, _ := sh.indexed(name, v, int64(n))
			return text, set
		})
		if err != nil {
			return err
		}
	}
	v := sh.writableVar(s, name)
	sh.makeIndexed(v)
	v.list.Set(n, value)
	sh.variableChanged(name)
	return nil
}

// makeIndexed makes an indexed array of a scalar, whose value becomes element 0.
func (sh *Shell) makeIndexed(v *Var) {
	if v.attr&ListVar == 0 {
		text, set := v.value(sh)
		v.attr |= ListVar
		v.list = &Indexed{}
		if set {
			v.list.Set(0, text)
		}
		v.s, v.isNum, v.set = "", false, false
		sh.env = nil
	}
	if v.list == nil {
		v.list = &Indexed{}
	}
	v.attr &^= Invisible
}

// setList makes name an indexed array of values, which it keeps.
func (sh *Shell) setList(name string, values []string) error {
	name, s, err := sh.arrayName(nil, name)
	if err != nil {
		return err
	}
	v := sh.varIn(s, name)
	switch {
	case v.is(ReadOnly):
		return readonlyError(name)
	case v.is(AssocVar):
		return expansionErrorf("%s: cannot convert associative to indexed array", name)
	case v != nil && v.dyn != nil:
		return nil
	}
	if values, err = sh.attributedAll(v, values); err != nil {
		return err
	}
	v = sh.writableVar(s, name)
	sh.makeIndexed(v)
	v.list = NewIndexed(values)
	sh.variableChanged(name)
	return nil
}

// attributedAll is attributed for all elements of an array.
func (sh *Shell) attributedAll(v *Var, values []string) ([]string, error) {
	if v == nil || v.attr&changesValue == 0 {
		return values, nil
	}
	out := make([]string, len(values))
	for i, value := range values {
		var err error
		if out[i], err = sh.attributed(v, value, false, nil); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// arrayName follows name references to the array that is meant.
func (sh *Shell) arrayName(s *scope, name string) (string, *scope, error) {
	if !sh.varIn(s, name).is(NameRef) {
		return name, s, nil
	}
	t := sh.deref(name)
	if t.circular {
		sh.Errorf("warning: %s: circular name reference", name)
		return name, s, &expansionError{}
	}
	if t.hasSub {
		return name, s, t.noArray()
	}
	return t.name, nil, nil
}
