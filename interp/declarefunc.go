package interp

import (
	"strconv"
	"strings"
)

// letters are the attributes of a function as declare -F shows them.
func (f *function) letters() string {
	letters := "f"
	if f.readonly {
		letters += "r"
	}
	if f.traced {
		letters += "t"
	}
	if f.exported {
		letters += "x"
	}
	return letters
}

// has reports whether a function has one of the attributes that a declaration names.
func (f *function) has(attr Attr) bool {
	return attr&Exported != 0 && f.exported || attr&ReadOnly != 0 && f.readonly || attr&Traced != 0 && f.traced
}

// listFunctions is a declaration with -f or -F and no names.
func (sh *Shell) listFunctions(d *declaration) int {
	wanted := d.on & (Exported | ReadOnly | Traced)
	if d.name == "export" {
		wanted = Exported
	}
	var b strings.Builder
	for _, name := range sh.functionNames(func(f *function) bool { return wanted == 0 || f.has(wanted) }) {
		f := sh.funcs[name]
		line := "declare -" + f.letters() + " " + name + "\n"
		switch {
		case d.funcNames:
			b.WriteString(line)
		default:
			b.WriteString(functionSource(f) + "\n")
			if f.letters() != "f" {
				b.WriteString(line)
			}
		}
	}
	return boolStatus(sh.Out(d.name, []byte(b.String())))
}

// declareFunctions is a declaration with -f or -F and names: it changes attributes, or shows the functions.
func (sh *Shell) declareFunctions(d *declaration, words []string) int {
	var b strings.Builder
	status := 0
	changes := (d.on|d.off)&(Exported|ReadOnly|Traced) != 0
	for _, word := range words {
		f := sh.funcs[word]
		switch {
		case strings.IndexByte(word, '=') > 0 && f == nil && !d.keepsAttr:
			sh.Errorf("%s: cannot use `-f' to make functions", d.name)
			return 1
		case f == nil:
			if d.keepsAttr {
				sh.Errorf("%s: %s: not a function", d.name, word)
			}
			status = 1
		case changes && !d.print:
			if f.readonly && d.off&ReadOnly != 0 {
				sh.Errorf("%s: %s: readonly function", d.name, word)
				status = 1
				continue
			}
			sh.setFunction(f.with(d.on, d.off))
			sh.env = nil
		default:
			b.WriteString(sh.shownFunction(d, f))
		}
	}
	sh.Out(d.name, []byte(b.String()))
	return status
}

// with gives a copy of a function with other attributes.
func (f *function) with(on, off Attr) *function {
	c := *f
	c.exported = (f.exported || on&Exported != 0) && off&Exported == 0
	c.readonly = f.readonly || on&ReadOnly != 0
	c.traced = (f.traced || on&Traced != 0) && off&Traced == 0
	return &c
}

// shownFunction is a function as declare -f name or -F name shows it.
func (sh *Shell) shownFunction(d *declaration, f *function) string {
	switch {
	case d.print && d.funcNames, d.print && f.letters() != "f":
		line := "declare -" + f.letters() + " " + f.name + "\n"
		if d.funcNames {
			return line
		}
		return functionSource(f) + "\n" + line
	case d.funcNames && sh.opts.extdebug:
		return f.name + " " + strconv.Itoa(f.line) + " " + f.file + "\n"
	case d.funcNames:
		return f.name + "\n"
	}
	return functionSource(f) + "\n"
}
