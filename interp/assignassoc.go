package interp

import (
	"mvdan.cc/sh/v3/syntax"
)

// assignAssoc makes the assignment of a literal to an associative array: elements with subscripts, or keys
// and values by turns. Nothing in it is split.
func (sh *Shell) assignAssoc(s *scope, name string, a *syntax.Assign) error {
	var items []keyedItem
	var err error
	if elems := a.Array.Elems; len(elems) > 0 && elems[0].Index == nil {
		items, err = sh.pairItems(elems)
	} else {
		items, err = sh.keyedItems(name, elems)
	}
	if err != nil {
		return err
	}
	var before *Assoc
	if !a.Append {
		v := sh.writableVar(s, name)
		if before = v.assoc; before == nil {
			before = NewAssoc()
		}
		v.assoc = NewAssoc()
		v.assoc.least = before.least
		v.attr &^= Invisible
	}
	for _, item := range items {
		if item.key == "" {
			sh.Errorf("%s: bad array subscript", item.shown)
			continue
		}
		if item.add && before != nil { // [k]+=v appends to what the array had
			old, _ := before.Get(item.key)
			sh.varIn(s, name).assoc.Set(item.key, old)
		}
		if err := sh.setKey(s, name, item.key, item.value, item.add); err != nil {
			return err
		}
	}
	v := sh.writableVar(s, name)
	if v.assoc == nil {
		v.assoc = NewAssoc()
	}
	v.attr &^= Invisible
	return nil
}

// keyedItem is an element of an associative array, expanded.
type keyedItem struct {
	key, value string
	shown      string // for a message about an empty key
	add        bool
}

// pairItems expands keys and values that stand by turns; the last value may be missing.
func (sh *Shell) pairItems(elems []*syntax.ArrayElem) ([]keyedItem, error) {
	var items []keyedItem
	for i, elem := range elems {
		text, err := sh.pairText(elem)
		if err != nil {
			return nil, err
		}
		if i%2 == 0 {
			items = append(items, keyedItem{key: text, shown: "'" + text + "'"})
		} else {
			items[i/2].value = text
		}
	}
	return items, nil
}

// pairText expands one word of such a list. An element with a subscript is a word like others there.
func (sh *Shell) pairText(elem *syntax.ArrayElem) (string, error) {
	front := ""
	if elem.Index != nil {
		sub, add := elementSubscript(elem.Index)
		key, err := sh.key(sub)
		if err != nil {
			return "", err
		}
		front = "[" + key + "]="
		if add {
			front = "[" + key + "]+="
		}
	}
	text, err := sh.valueText(elem.Value, joinBlank)
	return front + text, err
}

// keyedItems expands elements with subscripts. Others are reported and left out.
func (sh *Shell) keyedItems(name string, elems []*syntax.ArrayElem) ([]keyedItem, error) {
	items := make([]keyedItem, 0, len(elems))
	for _, elem := range elems {
		value, err := sh.valueText(elem.Value, joinBlank)
		if err != nil {
			return nil, err
		}
		if elem.Index == nil {
			sh.Errorf("%s: %s: must use subscript when assigning associative array", name, value)
			continue
		}
		sub, add := elementSubscript(elem.Index)
		key := string(sub.all)
		if sub.all == 0 {
			if key, err = sh.key(sub); err != nil {
				return nil, err
			}
		}
		items = append(items, keyedItem{key: key, value: value, shown: "[" + key + "]=" + value, add: add})
	}
	return items, nil
}
