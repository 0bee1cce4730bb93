package interp

import "mvdan.cc/sh/v3/syntax"

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
