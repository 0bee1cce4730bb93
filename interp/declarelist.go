package interp

import (
	"sort"
	"strings"

	"sshell/interp/quote"
)

// listDeclared is a declaration without operands: it lists what has the attributes that were named.
func (sh *Shell) listDeclared(d *declaration) int {
	var b strings.Builder
	switch {
	case d.funcs:
		return sh.listFunctions(d)
	case d.name == "local":
		s := sh.localScope()
		var names []string
		for name := range s.vars {
			names = append(names, name)
		}
		sort.Strings(names)
		for _, name := range names {
			b.WriteString(sh.declaredLine(d, name, s.vars[name], false))
		}
	case !d.print && d.on == 0 && d.off == 0:
		return sh.listVariables(d.name)
	default:
		for _, name := range sh.names(func(_ string, v *Var) bool { return d.lists(v) }) {
			b.WriteString(sh.declaredLine(d, name, sh.lookup(name), false))
		}
	}
	return boolStatus(sh.Out(d.name, []byte(b.String())))
}

// lists reports whether v is among what a declaration without operands lists: it has one of the attributes, and
// is an array if only arrays are asked for.
func (d *declaration) lists(v *Var) bool {
	kinds, attrs := d.on&(ListVar|AssocVar), d.on&^(ListVar|AssocVar)
	if d.name == "export" {
		attrs = Exported
	}
	return (kinds == 0 || v.attr&kinds != 0) && (attrs == 0 || v.attr&attrs != 0)
}

// declaredLine is the command that declares v again, as a line. asked says that the user named it, so that a
// variable whose value is computed shows one.
func (sh *Shell) declaredLine(d *declaration, name string, v *Var, asked bool) string {
	letters := v.letters()
	line := "declare -" + letters + " "
	if letters == "" {
		line = "declare -- "
	}
	if sh.opts.posix && d.keepsAttr {
		line = d.name + " "
		for _, c := range []byte("aA") {
			if strings.IndexByte(letters, c) >= 0 {
				line += "-" + string(rune(c)) + " "
			}
		}
	}
	return line + name + sh.declaredValue(name, v, asked) + "\n"
}

// declaredValue is what stands behind the name, empty for a variable without a value.
func (sh *Shell) declaredValue(name string, v *Var, asked bool) string {
	wide := sh.utf8Locale()
	switch {
	case v.dyn != nil && v.dyn.array != nil:
		if elems := v.dyn.array(sh); len(elems) == 0 && name == "FUNCNAME" {
			return ""
		} else if !asked && name != "PIPESTATUS" && name != "BASH_REMATCH" {
			return "=()"
		}
		return "=" + v.listing(sh, wide)
	case v.dyn != nil:
		if !asked && name != "SHELLOPTS" && name != "BASHOPTS" {
			return ""
		}
	case v.isArray():
		if v.list == nil && v.assoc == nil {
			return ""
		}
		return "=" + v.listing(sh, wide)
	}
	value, set := v.value(sh)
	if !set {
		return ""
	}
	return "=" + quote.Value(value, wide)
}

// showDeclared is declare -p with names.
func (sh *Shell) showDeclared(d *declaration, words []string) int {
	var b strings.Builder
	status := 0
	for _, name := range words {
		v := sh.lookup(name)
		if v == nil || v.dyn != nil && v.dyn.array != nil && name == "BASH_REMATCH" && len(sh.matches) == 0 {
			sh.Errorf("%s: %s: not found", d.name, name)
			status = 1
			continue
		}
		b.WriteString(sh.declaredLine(d, name, v, true))
	}
	sh.Out(d.name, []byte(b.String()))
	return status
}

// listVariables is set, or declare, without operands: every variable that has a value, then the functions.
func (sh *Shell) listVariables(builtin string) int {
	wide := sh.utf8Locale()
	var b strings.Builder
	for _, name := range sh.names(func(string, *Var) bool { return true }) {
		v := sh.lookup(name)
		value := sh.declaredValue(name, v, false)
		if value == "" || name == "BASH_REMATCH" && len(sh.matches) == 0 {
			continue
		}
		if !v.isArray() {
			text, _ := v.value(sh)
			value = "=" + quote.Listing(text, wide)
		}
		b.WriteString(name + value + "\n")
	}
	if !sh.opts.posix {
		for _, name := range sh.functionNames(nil) {
			b.WriteString(functionSource(sh.funcs[name]) + "\n")
		}
	}
	return boolStatus(sh.Out(builtin, []byte(b.String())))
}
