package interp

import (
	"strconv"

	"mvdan.cc/sh/v3/syntax"
)

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

// arrayItem is an element of an array literal, expanded: a value for the next place, or for one of its own.
type arrayItem struct {
	value string
	sub   subscript
	keyed bool
	add   bool
}

// assignArray makes the assignment NAME=(…) or NAME+=(…).
func (sh *Shell) assignArray(a *syntax.Assign, s *scope) error {
	name, s, err := sh.arrayName(s, a.Name.Value)
	if err != nil {
		return err
	}
	v := sh.varIn(s, name)
	if v.is(ReadOnly) {
		return readonlyError(name)
	}
	if v.is(AssocVar) {
		return sh.assignAssoc(s, name, a)
	}
	if plain := plainWords(a.Array); plain != nil && !a.Append && (v == nil || v.attr&changesValue == 0) {
		values, err := sh.fields(plain...)
		if err != nil {
			return err
		}
		return sh.replaceList(s, name, NewIndexed(values))
	}
	items, err := sh.arrayItems(a.Array)
	if err != nil {
		return err
	}
	if v != nil && v.dyn != nil {
		return nil
	}
	if !a.Append {
		if err := sh.replaceList(s, name, &Indexed{}); err != nil {
			return err
		}
	}
	return sh.appendItems(s, name, items)
}

// replaceList makes list the value of name.
func (sh *Shell) replaceList(s *scope, name string, list *Indexed) error {
	if v := sh.varIn(s, name); v != nil && v.dyn != nil {
		return nil
	}
	v := sh.writableVar(s, name)
	sh.makeIndexed(v)
	v.list = list
	sh.variableChanged(name)
	return nil
}

// plainWords gives the words of an array literal if none has a subscript; nil if one has.
func plainWords(array *syntax.ArrayExpr) []*syntax.Word {
	words := make([]*syntax.Word, len(array.Elems))
	for i, elem := range array.Elems {
		if elem.Index != nil || elem.Value == nil {
			return nil
		}
		words[i] = elem.Value
	}
	return words
}

// arrayItems expands the elements of a literal for an indexed array.
func (sh *Shell) arrayItems(array *syntax.ArrayExpr) ([]arrayItem, error) {
	items := make([]arrayItem, 0, len(array.Elems))
	for _, elem := range array.Elems {
		if elem.Index != nil && (elem.Value == nil || sh.braces(elem.Value) == nil) {
			value, err := sh.valueText(elem.Value, joinIFS)
			if err != nil {
				return nil, err
			}
			sub, add := elementSubscript(elem.Index)
			if sub, err = sh.expandedSubscript(sub); err != nil {
				return nil, err
			}
			items = append(items, arrayItem{value: value, sub: sub, keyed: true, add: add})
			continue
		}
		word := elem.Value
		if elem.Index != nil { // braces make words of it that are no assignments
			front := &syntax.Lit{Value: "[" + arithSource(elem.Index) + "]="}
			word = &syntax.Word{Parts: append([]syntax.WordPart{front}, word.Parts...)}
		}
		values, err := sh.fields(word)
		if err != nil {
			return nil, err
		}
		for _, value := range values {
			items = append(items, arrayItem{value: value})
		}
	}
	return items, nil
}

// expandedSubscript makes the expansions in a subscript, which come before the array is cleared; the number
// is evaluated afterwards.
func (sh *Shell) expandedSubscript(sub subscript) (subscript, error) {
	if sub.all != 0 || sub.expr == nil {
		return sub, nil
	}
	form := arithFormOf(sub.expr)
	if form.expr != nil {
		return sub, nil
	}
	text, err := sh.arithExpand(form)
	return subscript{text: text, final: true}, err
}

// appendItems stores the elements of a literal, those without a subscript behind the one before.
func (sh *Shell) appendItems(s *scope, name string, items []arrayItem) error {
	v := sh.writableVar(s, name)
	sh.makeIndexed(v)
	next := int64(v.list.Max()) + 1
	for _, item := range items {
		if item.keyed {
			n, err := sh.index(item.sub)
			if err != nil {
				return err
			}
			if n < 0 {
				n += sh.varIn(s, name).maxIndex(sh) + 1
			}
			if n < 0 || item.sub.all != 0 || item.sub.final && item.sub.text == "" {
				sh.Errorf("[%s]=%s: bad array subscript", item.sub.source(), item.value)
				continue
			}
			next = n
		}
		if err := sh.setIndex(s, name, int(next), item.value, item.add); err != nil {
			return err
		}
		next++
	}
	sh.variableChanged(name)
	return nil
}
