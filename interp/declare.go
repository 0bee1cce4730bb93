package interp

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// declaration is one call of declare, typeset, local, export or readonly.
type declaration struct {
	name      string // of the builtin
	on, off   Attr
	print     bool // -p
	funcs     bool // -f
	funcNames bool // -F
	global    bool // -g
	inherit   bool // -I
	locals    bool // names that are not there yet are made in the running function
	// keepsAttr says that the builtin is export or readonly, which act on the variable that is seen.
	keepsAttr bool
}

// declareLetters are the options of declare and its like, with the attribute that each stands for.
func declareAttr(letter byte) Attr {
	switch letter {
	case 'a':
		return ListVar
	case 'A':
		return AssocVar
	case 'c':
		return Capital
	case 'i':
		return Integer
	case 'l':
		return Lower
	case 'n':
		return NameRef
	case 'r':
		return ReadOnly
	case 't':
		return Traced
	case 'u':
		return Upper
	case 'x':
		return Exported
	}
	return 0
}

// caseAttrs are the attributes of which a variable has at most one.
const caseAttrs = Lower | Upper | Capital

// readDeclaration reads the options in args. It gives nil, and has reported why, when they are wrong.
func (sh *Shell) readDeclaration(args []string) (d *declaration, words []string) {
	d = &declaration{name: args[0]}
	o := readOptions(args, "acfgilnprtuxAFGI")
	o.plus = true
	switch args[0] {
	case "export", "readonly":
		o = readOptions(args, "aAfnp")
		d.keepsAttr = true
		d.on = Exported
		if args[0] == "readonly" {
			d.on = ReadOnly
		}
	case "local":
		d.locals = true
	default:
		d.locals = sh.localScope() != nil
	}
	for o.next() {
		d.option(o.letter, o.off)
	}
	if o.failed(sh) {
		return nil, nil
	}
	if d.on&ListVar != 0 && d.on&AssocVar != 0 {
		d.on &^= ListVar
	}
	if n := d.on & caseAttrs; n&(n-1) != 0 {
		d.on &^= caseAttrs
		d.off |= caseAttrs
	}
	if d.global {
		d.locals = false
	}
	return d, o.rest
}

func (d *declaration) option(letter byte, off bool) {
	attr := declareAttr(letter)
	switch {
	case letter == 'p':
		d.print = true
	case letter == 'f' && off: // as in bash, which then means variables
	case letter == 'f':
		d.funcs = true
	case letter == 'F':
		d.funcs, d.funcNames = true, true
	case letter == 'g':
		d.global = true
	case letter == 'I':
		d.inherit = true
	case letter == 'n' && d.name == "export":
		d.on, d.off = d.on&^Exported, Exported
	case letter == 'n' && d.keepsAttr:
	case off:
		d.off |= attr
	default:
		d.on |= attr
	}
}

// runDeclare is declare, typeset, local, export and readonly, with their words expanded.
func runDeclare(sh *Shell, args []string) int {
	if args[0] == "local" && sh.localScope() == nil {
		sh.Errorf("local: can only be used in a function")
		return 1
	}
	d, words := sh.readDeclaration(args)
	switch {
	case d == nil:
		return sh.specialFailedIf(args[0], 2)
	case len(words) == 0:
		return sh.listDeclared(d)
	case d.funcs:
		return sh.declareFunctions(d, words)
	case d.print && !d.keepsAttr:
		return sh.showDeclared(d, words)
	}
	status := 0
	for _, word := range words {
		if !sh.declareWord(d, word) {
			status = 1
		}
		if sh.flow != flowNone {
			return 1
		}
	}
	if status != 0 {
		return sh.specialFailedIf(args[0], status)
	}
	return 0
}

// specialFailedIf is specialFailed for the builtins that are special.
func (sh *Shell) specialFailedIf(name string, status int) int {
	if isSpecial(name) {
		return sh.specialFailed(status)
	}
	return status
}

// declClause runs the same builtins where the parser recognised them, so that the values of their assignments
// are not split and arrays can be given.
func (sh *Shell) declClause(c *syntax.DeclClause) int {
	words := []string{decodeSource(c.Variant.Value)}
	replaced := sh.funcs[words[0]] != nil
	status := 0
	for _, a := range c.Args {
		var err error
		switch {
		case a.Array != nil && !replaced:
			var ok bool
			if ok, err = sh.declareArray(words, a); !ok {
				status = 1
			}
			words = append(words, decodeSource(a.Name.Value))
		case a.Name == nil:
			var fields []string
			fields, err = sh.fields(a.Value)
			words = append(words, fields...)
		default:
			var word string
			word, err = sh.declaredWord(a)
			words = append(words, word)
		}
		if err != nil {
			sh.fail(err)
			return sh.status
		}
	}
	sh.trace(words, nil)
	defer func() { sh.lastArg = words[len(words)-1] }()
	if replaced || sh.disabled(words[0]) {
		return sh.runWords(words, anyCommand)
	}
	if status != 0 {
		runDeclare(sh, words)
		return status
	}
	return runDeclare(sh, words)
}

// declaredWord expands an operand that is a name or an assignment.
func (sh *Shell) declaredWord(a *syntax.Assign) (string, error) {
	ref := decodeSource(a.Name.Value)
	if a.Index != nil {
		ref += "[" + arithSource(a.Index) + "]"
	}
	if a.Naked {
		return ref, nil
	}
	if a.Array != nil {
		return printNode(&syntax.CallExpr{Assigns: []*syntax.Assign{a}}), nil
	}
	value, err := sh.assignText(a.Value)
	if a.Append {
		return ref + "+=" + value, err
	}
	return ref + "=" + value, err
}

// declareArray makes an array of an operand NAME=(…). words are those in front of it, which have the options.
// It reports what is wrong with the name, and gives the error of an expansion.
func (sh *Shell) declareArray(words []string, a *syntax.Assign) (ok bool, err error) {
	d, _ := sh.readDeclaration(words)
	if d == nil {
		return false, nil
	}
	name := decodeSource(a.Name.Value)
	if d.on&NameRef != 0 {
		sh.Errorf("%s: %s: reference variable cannot be an array", d.name, name)
		return false, nil
	}
	if d.name == "local" && sh.localScope() == nil {
		return true, nil // the builtin will say so
	}
	d.on &= ListVar | AssocVar | Integer | caseAttrs
	if d.on&AssocVar == 0 {
		if v := sh.lookup(sh.deref(name).name); !v.is(AssocVar) || d.locals {
			d.on |= ListVar
		}
	}
	if v := sh.lookup(name); v.is(ReadOnly) && (!d.locals || sh.localScope().vars[name] != nil) {
		return false, readonlyError(name)
	}
	plain := *d
	plain.keepsAttr = false
	s, name, ok := sh.declareName(&plain, name, true)
	if !ok {
		return false, nil
	}
	if sh.opts.xtrace {
		sh.traceAssign(a)
	}
	if name != a.Name.Value {
		renamed := *a
		renamed.Name = &syntax.Lit{Value: name}
		a = &renamed
	}
	return true, sh.assignArray(a, s)
}

// splitAssignment cuts NAME=value, NAME+=value, and both with a subscript behind the name. assigns is false
// for a word without an assignment.
func splitAssignment(word string) (ref, value string, add, assigns bool) {
	i := strings.IndexAny(word, "[=")
	if i >= 0 && word[i] == '[' {
		end := subscriptEnd(word[i:])
		if end < 0 {
			return word, "", false, false
		}
		i += end
		if i < len(word) && word[i] != '=' && !strings.HasPrefix(word[i:], "+=") {
			return word, "", false, false
		}
		if j := strings.IndexByte(word[i:], '='); j >= 0 {
			i += j
		} else {
			i = -1
		}
	}
	if i < 0 {
		return word, "", false, false
	}
	ref, value = word[:i], word[i+1:]
	if add = strings.HasSuffix(ref, "+"); add {
		ref = ref[:len(ref)-1]
	}
	return ref, value, add, true
}

// subscriptEnd gives the length of the subscript in brackets that s begins with, -1 when it has no end.
func subscriptEnd(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '[':
			depth++
		case ']':
			if depth--; depth == 0 {
				return i + 1
			}
		case '\'', '"':
			if j := strings.IndexByte(s[i+1:], s[i]); j >= 0 {
				i += j + 1
			}
		}
	}
	return -1
}
