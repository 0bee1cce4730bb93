package interp

import (
	"strconv"

	"mvdan.cc/sh/v3/syntax"
)

// simpleParam reports whether p is $name or ${name}, with nothing to be done to the value.
func simpleParam(p *syntax.ParamExp) bool {
	return p.Index == nil && (p.Short ||
		!p.Excl && !p.Length && p.Slice == nil && p.Repl == nil && p.Names == 0 && p.Exp == nil)
}

// listParam reports whether a parameter stands for all the positional ones.
func listParam(name string) bool { return name == "@" || name == "*" }

// param gives the value of a scalar parameter as $name does: "" where it is unset, unless `set -u`.
func (sh *Shell) param(name string) (string, error) {
	text, set := sh.paramText(name)
	if !set && sh.opts.nounset {
		return "", unbound(shownParam(name))
	}
	return text, nil
}

// shownParam is a parameter as a message about it being unset names it.
func shownParam(name string) string {
	if c := name[0]; c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' {
		return name
	}
	return "$" + name
}

// paramText gives the value of a scalar parameter and whether it is set.
func (sh *Shell) paramText(name string) (string, bool) {
	c := name[0]
	switch {
	case c == '_' && len(name) == 1:
		return sh.lastArg, true
	case c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z':
		return sh.getVar(name)
	case c-'0' < 10:
		return sh.positional(name)
	}
	return sh.specialParam(c)
}

// positional gives $0, $1, ….
func (sh *Shell) positional(name string) (string, bool) {
	n, err := strconv.Atoi(name)
	switch {
	case n == 0 && err == nil:
		return sh.name, true
	case err != nil || n > len(sh.params):
		return "", false
	}
	return sh.params[n-1], true
}

// specialParam gives the parameters that are one character of punctuation, but for the lists.
func (sh *Shell) specialParam(c byte) (string, bool) {
	switch c {
	case '#':
		return strconv.Itoa(len(sh.params)), true
	case '?':
		return strconv.Itoa(sh.status), true
	case '$':
		return strconv.Itoa(sh.pid), true
	case '-':
		return sh.opts.flags(), true
	case '!':
		if sh.lastBg != 0 {
			return strconv.Itoa(sh.lastBg), true
		}
	}
	return "", false
}

// getVar gives the value of a variable, following name references, and whether it is set. An array gives
// its element 0.
func (sh *Shell) getVar(name string) (string, bool) {
	v := sh.lookup(name)
	if v.is(NameRef) {
		return sh.derefText(name)
	}
	return v.value(sh)
}

// derefText is getVar for a name reference.
func (sh *Shell) derefText(name string) (string, bool) {
	t := sh.deref(name)
	switch {
	case t.circular:
		sh.Errorf("warning: %s: circular name reference", name)
		return "", false
	case t.unset:
		return "", false
	case t.hasSub:
		val, err := sh.element(t.name, textSubscript(t.sub))
		if err != nil {
			return "", false
		}
		return val.joined(sh), val.set
	}
	return sh.lookup(t.name).value(sh)
}
