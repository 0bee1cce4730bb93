package interp

import "strconv"

// arithVars gives expressions the shell's variables.
type arithVars struct{ sh *Shell }

// plainNumber are the attributes that a variable may have to be read or set without ado.
const plainNumber = ^(Exported | Integer | Traced | Invisible)

// GetInt implements arith.IntVars.
func (a arithVars) GetInt(name string) (int64, bool) {
	v := a.sh.lookup(name)
	if v == nil || !v.isNum || v.dyn != nil || v.attr&(NameRef|ListVar|AssocVar) != 0 {
		return 0, false
	}
	return v.n, true
}

// SetInt implements arith.IntVars.
func (a arithVars) SetInt(name string, n int64) error {
	sh := a.sh
	v := sh.lookup(name)
	if v == nil || v.own != sh.own || v.dyn != nil || v.attr&plainNumber != 0 || sh.opts.allexport {
		return sh.setVar(name, strconv.FormatInt(n, 10))
	}
	if v.attr&Exported != 0 {
		sh.env = nil
	}
	v.setNumber(n)
	sh.variableChanged(name)
	return nil
}

// Get implements arith.Vars.
func (a arithVars) Get(name string) (string, bool, error) {
	text, set := a.sh.getVar(name)
	if !set && a.sh.opts.nounset {
		return "", false, unbound(name)
	}
	return text, set, nil
}

// Set implements arith.Vars.
func (a arithVars) Set(name, value string) error { return a.sh.setVar(name, value) }

// GetElem implements arith.Vars.
func (a arithVars) GetElem(name, sub string) (string, bool, error) {
	val, err := a.sh.element(name, textSubscript(sub))
	if err != nil {
		return "", false, err
	}
	if !val.set && !val.isList && a.sh.opts.nounset {
		return "", false, unbound(val.shown())
	}
	return val.joined(a.sh), val.set || val.isList, nil
}

// SetElem implements arith.Vars.
func (a arithVars) SetElem(name, sub, value string) error {
	return a.sh.setElement(nil, name, textSubscript(sub), value, false)
}

// Indexed implements arith.IndexVars.
func (a arithVars) Indexed(name string) bool {
	v := a.sh.lookup(name)
	if v.is(NameRef) {
		v = a.sh.lookup(a.sh.deref(name).name)
	}
	return !v.is(AssocVar)
}

// GetIndex implements arith.IndexVars.
func (a arithVars) GetIndex(name string, i int64) (string, bool, error) {
	v := a.sh.lookup(name)
	if v.is(NameRef) {
		name = a.sh.deref(name).name
		v = a.sh.lookup(name)
	}
	text, set, err := a.sh.indexed(name, v, i)
	if err == nil && !set && a.sh.opts.nounset {
		err = unbound(name + "[" + strconv.FormatInt(i, 10) + "]")
	}
	return text, set, err
}

// SetIndex implements arith.IndexVars.
func (a arithVars) SetIndex(name string, i, n int64) error {
	return a.sh.setElement(nil, name, subscript{text: strconv.FormatInt(i, 10)}, strconv.FormatInt(n, 10), false)
}
