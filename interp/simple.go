package interp

import (
	"errors"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// lookupMode narrows where runWords looks for a command.
type lookupMode uint8

const (
	anyCommand   lookupMode = 0
	noFunctions  lookupMode = 1 << iota // command
	onlyBuiltins                        // builtin
	standardPath                        // command -p
)

// simple runs a simple command: it expands the words, then makes the redirections, then the assignments.
func (sh *Shell) simple(st *syntax.Stmt, c *syntax.CallExpr) {
	sh.runDebugTrap(st)
	if sh.flow != flowNone {
		return
	}
	if sh.expandAlias(st, c) {
		return
	}
	substituted := sh.substitutions
	args, err := sh.commandWords(c)
	if err != nil {
		sh.fail(err)
		return
	}
	if len(args) == 0 {
		sh.assignOnly(st, c, sh.substitutions != substituted)
		return
	}
	if args[0] == "exec" && len(st.Redirs) > 0 && sh.funcs["exec"] == nil {
		sh.execCommand(st, c, args)
		return
	}
	if len(st.Redirs) > 0 {
		saved, ok := sh.redirect(st.Redirs)
		defer func() { sh.restore(saved) }()
		if !ok {
			sh.redirectFailed(args[0])
			return
		}
	}
	if len(c.Assigns) > 0 {
		pop, ok := sh.pushAssigns(c.Assigns, args)
		defer pop()
		if !ok {
			return
		}
	}
	sh.trace(args, c.Assigns)
	sh.runWords(args, anyCommand)
}

// commandWords expands the words of a simple command. One literal word, the commonest, costs nothing.
func (sh *Shell) commandWords(c *syntax.CallExpr) ([]string, error) {
	if len(c.Args) == 0 {
		return nil, nil
	}
	return sh.fields(c.Args...)
}

// redirectFailed sets the status of a command whose redirection failed; in posix mode that ends the shell for
// a special builtin.
func (sh *Shell) redirectFailed(name string) {
	sh.status = 1
	if entry, ok := lookupBuiltin(name); ok && entry.special && sh.opts.posix && !sh.opts.interactive {
		sh.flow = flowExit
	}
}

// assignOnly runs a command that has no words: its assignments stay.
func (sh *Shell) assignOnly(st *syntax.Stmt, c *syntax.CallExpr, substituted bool) {
	status := 0
	if substituted {
		status = sh.status
	}
	before := sh.substitutions
	defer func() { sh.lastArg = "" }()
	for _, a := range c.Assigns {
		sh.traceAssign(a)
		if err := sh.assign(a, nil); err != nil {
			sh.assignFailed(err)
			return
		}
		sh.traceDone(a)
	}
	if sh.substitutions != before {
		status = sh.status
	}
	sh.status, sh.lastArg = status, ""
	if len(st.Redirs) > 0 && !sh.cfg.Explain {
		saved, ok := sh.redirect(st.Redirs)
		sh.restore(saved)
		if !ok {
			sh.status = 1
		}
	}
}

// assignFailed reports a failing assignment. A readonly variable gives up the command, as bash does.
func (sh *Shell) assignFailed(err error) {
	sh.fail(err)
	if sh.opts.posix && !sh.opts.interactive && sh.flow == flowDiscard {
		sh.flow = flowExit
	}
}

// pushAssigns makes the assignments in front of a command, in a scope of their own that pop removes. Those in
// front of a special builtin stay in posix mode.
func (sh *Shell) pushAssigns(assigns []*syntax.Assign, args []string) (pop func(), ok bool) {
	if entry, found := lookupBuiltin(args[0]); sh.opts.posix && found && entry.special && sh.funcs[args[0]] == nil {
		for _, a := range assigns {
			if err := sh.assign(a, nil); err != nil {
				sh.assignFailed(err)
				return func() {}, false
			}
		}
		return func() {}, true
	}
	s := sh.pushScope(true)
	pop = func() { sh.popScope(s) }
	for _, a := range assigns {
		sh.traceAssign(a)
		if err := sh.assignTemp(a, s); err != nil {
			sh.Errorf("%s", err)
			var e *expansionError
			if errors.As(err, &e) && e.readonly && !sh.opts.posix {
				continue // the command runs without it
			}
			sh.status = 1
			if e != nil && (e.exits || e.readonly && sh.opts.posix && !sh.opts.interactive) {
				sh.flow = flowExit
			}
			return pop, false
		}
	}
	sh.scopeChanged(s)
	return pop, true
}

// assignTemp makes one assignment in front of a command in scope s; the variable is exported.
func (sh *Shell) assignTemp(a *syntax.Assign, s *scope) error {
	name := decodeSource(a.Name.Value)
	value, err := sh.assignText(a.Value) // before the name means the new variable
	if err != nil {
		return err
	}
	if _, here := s.vars[name]; !here {
		outer := sh.lookup(name)
		if outer.is(ReadOnly) {
			return readonlyError(name)
		}
		v := &Var{own: sh.own}
		if outer != nil && !outer.isArray() {
			v.attr = outer.attr &^ NameRef
			if a.Append {
				text, set := outer.value(sh)
				v.s, v.set = text, set
			}
		}
		sh.put(s, name, v)
	}
	if err := sh.store(s, name, value, a.Append); err != nil {
		return err
	}
	sh.mutableIn(s, name).attr |= Exported
	sh.env = nil
	return nil
}

// pushScope opens a scope: temp for assignments in front of a command, else for a function call.
func (sh *Shell) pushScope(temp bool) *scope {
	s := &scope{outer: sh.scope, own: sh.own, temp: temp}
	sh.scope = s
	return s
}

// popScope closes the innermost scope and what stands inside of it.
func (sh *Shell) popScope(s *scope) {
	at := sh.scope
	sh.scope = s.outer
	if at == nil {
		return
	}
	if at.options != nil {
		sh.opts.restoreSet(at.options)
	}
	if len(at.vars) > 0 {
		sh.env = nil
		sh.scopeChanged(at)
	}
}

// scopeChanged tells whoever keeps what a variable said that the variables of s came or went.
func (sh *Shell) scopeChanged(s *scope) {
	for name := range s.vars {
		sh.variableChanged(name)
	}
}

// runWords runs a command by its expanded words: function, builtin or program. Its last word is $_ afterwards.
func (sh *Shell) runWords(args []string, mode lookupMode) int {
	status := sh.runNamed(args, mode)
	sh.lastArg = args[len(args)-1]
	return status
}

func (sh *Shell) runNamed(args []string, mode lookupMode) int {
	name := args[0]
	if mode&(noFunctions|onlyBuiltins) == 0 {
		if f := sh.funcs[name]; f != nil {
			sh.callFunction(f, args)
			return sh.status
		}
	}
	if entry, ok := lookupBuiltin(name); ok && !sh.disabled(name) {
		if entry.special && mode&noFunctions != 0 {
			sh.plain++
			defer func() { sh.plain-- }()
		}
		return sh.runBuiltin(entry.fn, args)
	}
	if mode&onlyBuiltins != 0 {
		sh.Errorf("builtin: %s: not a shell builtin", name)
		sh.status = 1
		return sh.status
	}
	if fn := sh.word(name); fn != nil {
		return sh.runBuiltin(fn, args)
	}
	sh.status = sh.external(args, mode)
	return sh.status
}

// runBuiltin runs a builtin and keeps its status, unless the builtin ended the shell or returned.
func (sh *Shell) runBuiltin(fn Builtin, args []string) int {
	status := fn(sh, args)
	if sh.flow != flowExit && sh.flow != flowDiscard {
		sh.status = status
	}
	return sh.status
}

// word gives the builtin that another package added under name, unless a program of that name is on the PATH:
// scripts run unchanged.
func (sh *Shell) word(name string) Builtin {
	fn := sh.cfg.Words[name]
	if fn == nil {
		return nil
	}
	if _, err := sh.findProgram(name); err == nil {
		return nil
	}
	return fn
}

// execCommand is `exec` with redirections: those stay when it has no command.
func (sh *Shell) execCommand(st *syntax.Stmt, c *syntax.CallExpr, args []string) {
	saved, ok := sh.redirect(st.Redirs)
	if !ok {
		sh.restore(saved)
		sh.status = 1
		if !sh.opts.interactive {
			sh.flow = flowExit
		}
		return
	}
	if len(args) == 1 {
		dropSaved(saved)
		sh.trace(args, nil)
		sh.status = 0
		return
	}
	defer func() { sh.restore(saved) }()
	pop, ok := sh.pushAssigns(c.Assigns, args)
	defer pop()
	if ok {
		sh.trace(args, c.Assigns)
		sh.runWords(args, anyCommand)
	}
}

// expandAlias runs a command whose first word is an alias as the text that it stands for.
func (sh *Shell) expandAlias(st *syntax.Stmt, c *syntax.CallExpr) bool {
	if len(sh.aliases) == 0 || !sh.opts.expandAliases || len(c.Args) == 0 {
		return false
	}
	name, ok := aliasName(c.Args[0])
	if !ok || sh.aliasOpen[name] {
		return false
	}
	value, ok := sh.aliases[name]
	if !ok {
		return false
	}
	text := sh.aliasText(value, c.Args[1:])
	whole := *st
	call := *c
	call.Args = nil
	var front strings.Builder
	for _, a := range c.Assigns {
		front.WriteString(printNode(a) + " ")
	}
	for _, r := range whole.Redirs {
		text += " " + printNode(&syntax.Stmt{Redirs: []*syntax.Redirect{r}})
	}
	if sh.aliasOpen == nil {
		sh.aliasOpen = make(map[string]bool)
	}
	sh.aliasOpen[name] = true
	defer delete(sh.aliasOpen, name)
	sh.evalString(front.String()+text, sh.srcName())
	return true
}

// aliasText puts the words that follow behind an alias; when the alias ends in a blank, the next word may be an
// alias as well.
func (sh *Shell) aliasText(value string, words []*syntax.Word) string {
	var b strings.Builder
	b.WriteString(value)
	for _, w := range words {
		text := printNode(w)
		if strings.HasSuffix(value, " ") || strings.HasSuffix(value, "\t") {
			value = ""
			if name, ok := aliasName(w); ok && !sh.aliasOpen[name] {
				if next, ok := sh.aliases[name]; ok {
					text, value = next, next
				}
			}
		}
		b.WriteString(" " + text)
	}
	return b.String()
}

// aliasName gives the text of a word that may be an alias: literal, with nothing quoted.
func aliasName(w *syntax.Word) (string, bool) {
	if len(w.Parts) != 1 {
		return "", false
	}
	lit, ok := w.Parts[0].(*syntax.Lit)
	if !ok || strings.IndexByte(lit.Value, '\\') >= 0 {
		return "", false
	}
	return decodeSource(lit.Value), true
}

func (sh *Shell) srcName() string {
	if sh.src == nil {
		return sh.name
	}
	return sh.src.name
}
