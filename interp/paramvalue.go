package interp

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// subscript is what stands in the brackets behind the name of an array.
type subscript struct {
	all  byte              // '@' or '*' for all elements, else 0
	expr syntax.ArithmExpr // nil when it is known as text only
	text string
	// final says that everything in text has been expanded.
	final bool
}

// nodeSubscript is the subscript that the parser found.
func nodeSubscript(x syntax.ArithmExpr) subscript {
	if w, ok := x.(*syntax.Word); ok && len(w.Parts) == 1 {
		if lit, ok := w.Parts[0].(*syntax.Lit); ok && listParam(lit.Value) {
			return subscript{all: lit.Value[0], expr: x}
		}
	}
	return subscript{expr: x}
}

// textSubscript is a subscript in a name that was made at run time.
func textSubscript(text string) subscript {
	if listParam(text) {
		return subscript{all: text[0], text: text}
	}
	return subscript{text: text}
}

// source is the subscript as it was written.
func (sub subscript) source() string {
	if sub.expr != nil {
		return arithSource(sub.expr)
	}
	return sub.text
}

// paramValue is what a parameter, a variable or an element has when it is expanded.
type paramValue struct {
	name string // of the parameter; of the variable, behind name references
	text string
	set  bool
	v    *Var // nil for what is no variable
	// keyed says that sub names one element.
	keyed bool
	sub   subscript
	// list has the elements of $@, $*, a[@] and a[*].
	isList, star, positional bool
	list                     []string
	op                       listOp
}

// listOp is what has been done to a list, as far as it matters to how the elements are joined.
type listOp uint8

const (
	opNone     listOp = iota
	opSelects         // slices, replacements, changes of case, keys
	opRebuilds        // removal of a prefix or suffix, transformations, names
)

// shown is the parameter as messages name it.
func (val *paramValue) shown() string {
	if val.keyed {
		return val.name + "[" + val.sub.source() + "]"
	}
	return shownParam(val.name)
}

// joined is the value as one string: a list is joined as "$*" and "$@" are where nothing is split.
func (val *paramValue) joined(sh *Shell) string {
	switch {
	case !val.isList:
		return val.text
	case val.star:
		return strings.Join(val.list, sh.ifs().join)
	}
	return strings.Join(val.list, " ")
}

// each replaces the text, or every element of the list, by what f makes of it.
func (val *paramValue) each(f func(string) (string, error)) error {
	if !val.isList {
		var err error
		val.text, err = f(val.text)
		return err
	}
	list := make([]string, len(val.list))
	for i, elem := range val.list {
		var err error
		if list[i], err = f(elem); err != nil {
			return err
		}
	}
	val.list = list
	return nil
}

// paramValue gives what p is about, before anything is done to it.
func (sh *Shell) paramValue(p *syntax.ParamExp) (paramValue, error) {
	name := p.Param.Value
	if p.Index != nil {
		return sh.element(name, nodeSubscript(p.Index))
	}
	return sh.namedValue(name)
}

// namedValue gives the value of a parameter without a subscript.
func (sh *Shell) namedValue(name string) (paramValue, error) {
	switch {
	case listParam(name):
		return paramValue{name: name, isList: true, positional: true, star: name == "*", list: sh.params}, nil
	case !validName(name) || name == "_":
		text, set := sh.paramText(name)
		return paramValue{name: name, text: text, set: set}, nil
	}
	v := sh.lookup(name)
	if v.is(NameRef) {
		t := sh.deref(name)
		switch {
		case t.circular:
			sh.Errorf("warning: %s: circular name reference", name)
			return paramValue{name: name}, nil
		case t.unset:
			return paramValue{name: name, v: v}, nil
		case t.hasSub:
			return sh.element(t.name, textSubscript(t.sub))
		}
		name, v = t.name, sh.lookup(t.name)
	}
	text, set := v.value(sh)
	return paramValue{name: name, text: text, set: set, v: v}, nil
}

// element gives one element of an array, or all of them. A name reference is followed.
func (sh *Shell) element(name string, sub subscript) (paramValue, error) {
	v := sh.lookup(name)
	if v.is(NameRef) {
		t := sh.deref(name)
		switch {
		case t.circular:
			sh.Errorf("warning: %s: circular name reference", name)
			return paramValue{name: name}, nil
		case t.hasSub: // an element has no elements
			return paramValue{name: name, sub: sub, keyed: sub.all == 0, isList: sub.all != 0, star: sub.all == '*'}, nil
		}
		name, v = t.name, sh.lookup(t.name)
	}
	val := paramValue{name: name, v: v, sub: sub}
	if sub.all != 0 {
		val.isList, val.star, val.list = true, sub.all == '*', v.elements(sh)
		return val, nil
	}
	val.keyed = true
	var err error
	val.text, val.set, err = sh.elementText(name, v, sub)
	return val, err
}

// elementText gives the element of v that sub names.
func (sh *Shell) elementText(name string, v *Var, sub subscript) (string, bool, error) {
	if v.is(AssocVar) {
		key, err := sh.key(sub)
		if err != nil {
			return "", false, err
		}
		if key == "" {
			sh.Errorf("%s: bad array subscript", name)
			return "", false, nil
		}
		if v.assoc == nil {
			return "", false, nil
		}
		text, set := v.assoc.Get(key)
		return text, set, nil
	}
	n, err := sh.index(sub)
	if err != nil {
		return "", false, err
	}
	return sh.indexed(name, v, n)
}

// indexed gives element n of v, which is no associative array.
func (sh *Shell) indexed(name string, v *Var, n int64) (string, bool, error) {
	if n < 0 {
		if n += v.maxIndex(sh) + 1; n < 0 {
			sh.Errorf("%s: bad array subscript", name)
			return "", false, nil
		}
	}
	switch {
	case v == nil:
		return "", false, nil
	case v.list != nil:
		text, set := v.list.Get(int(n))
		return text, set, nil
	case v.dyn != nil && v.dyn.array != nil:
		if a := v.dyn.array(sh); n < int64(len(a)) {
			return a[n], true, nil
		}
		return "", false, nil
	case v.isArray() || n != 0:
		return "", false, nil
	}
	text, set := v.value(sh)
	return text, set, nil
}

// maxIndex is the highest subscript that v has an element at, -1 when there is none.
func (v *Var) maxIndex(sh *Shell) int64 {
	switch {
	case v == nil:
		return -1
	case v.list != nil:
		return int64(v.list.Max())
	case !v.isArray():
		return 0 // set or only declared
	}
	return int64(len(v.elements(sh)) - 1)
}

// reference gives the value of a parameter whose name was made at run time: by indirection.
func (sh *Shell) reference(ref string) (paramValue, error) {
	if name, sub, ok := splitRef(ref); ok {
		return sh.element(name, textSubscript(sub))
	}
	if !validParam(ref) {
		return paramValue{}, expansionErrorf("%s: invalid variable name", ref)
	}
	return sh.namedValue(ref)
}

// validParam reports whether s can stand behind a dollar sign: a name, a number, or one of the special
// characters.
func validParam(s string) bool {
	switch {
	case validName(s):
		return true
	case len(s) == 1 && strings.IndexByte("@*#?-$!", s[0]) >= 0:
		return true
	}
	return s != "" && strings.Trim(s, "0123456789") == ""
}
