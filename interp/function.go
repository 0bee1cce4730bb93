package interp

import (
	"sort"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// declareFunction defines a function.
func (sh *Shell) declareFunction(c *syntax.FuncDecl) {
	sh.setLine(c.Pos())
	name := decodeSource(c.Name.Value)
	f := &function{name: name, body: c.Body, src: sh.src, file: sh.currentFile(), line: sh.line}
	if old := sh.funcs[name]; old != nil {
		if old.readonly {
			sh.Errorf("%s: readonly function", name)
			sh.status = 1
			return
		}
		f.exported = old.exported
	}
	sh.setFunction(f)
	sh.status = 0
}

// setFunction puts f into the table, which is copied first when a clone shares it.
func (sh *Shell) setFunction(f *function) {
	sh.ownFunctions()
	sh.funcs[f.name] = f
	sh.proc.functionsChanged.Add(1)
	if f.exported {
		sh.env = nil
	}
}

// unsetFunction removes a function; it reports whether there was one.
func (sh *Shell) unsetFunction(name string) bool {
	if sh.funcs[name] == nil {
		return false
	}
	sh.ownFunctions()
	delete(sh.funcs, name)
	sh.proc.functionsChanged.Add(1)
	sh.env = nil
	return true
}

func (sh *Shell) ownFunctions() {
	if sh.funcsOwn == sh.own && sh.funcs != nil {
		return
	}
	funcs := make(map[string]*function, len(sh.funcs)+1)
	for name, f := range sh.funcs {
		funcs[name] = f
	}
	sh.funcs, sh.funcsOwn = funcs, sh.own
}

// functionNames lists the functions that keep accepts, sorted.
func (sh *Shell) functionNames(keep func(*function) bool) []string {
	var names []string
	for name, f := range sh.funcs {
		if keep == nil || keep(f) {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names
}

// maxDepth bounds recursion where FUNCNEST does not: the evaluator uses some KiB of stack for each call, and Go's
// stack ends at 1 GB with no way to recover.
const maxDepth = 50_000

// callFunction runs a function in a scope of its own.
func (sh *Shell) callFunction(f *function, args []string) {
	if !sh.mayNest(f.name) {
		return
	}
	s := sh.pushScope(false)
	params, loops, line := sh.params, sh.loops, sh.line
	src := sh.src
	sh.params, sh.loops = args[1:], 0
	sh.calls = append(sh.calls, call{fn: f.name, file: f.file, line: sh.line, args: sh.params})
	sh.src = f.src
	sh.inFunc++
	restore := sh.traps.enterFunction(sh.opts, f.traced)
	sh.line = f.line
	sh.runDebugTrap(nil)
	sh.stmt(f.body)
	if sh.flow == flowReturn {
		sh.flow = flowNone
	}
	sh.runReturnTrap()
	restore()
	sh.inFunc--
	sh.src = src
	sh.calls = sh.calls[:len(sh.calls)-1]
	sh.params, sh.loops, sh.line = params, loops, line
	sh.popScope(s)
}

// mayNest refuses a call that stands too deep.
func (sh *Shell) mayNest(name string) bool {
	limit := maxDepth
	if n, ok := sh.lookup("FUNCNEST").number(sh); ok && n > 0 && int(n) < limit {
		limit = int(n)
	}
	if sh.inFunc < limit {
		return true
	}
	sh.Errorf("%s: maximum function nesting level exceeded (%d)", name, limit)
	sh.status, sh.flow = 1, flowDiscard
	return false
}

// currentFile is the file that the running statement was read from, as BASH_SOURCE has it.
func (sh *Shell) currentFile() string {
	if n := len(sh.calls); n > 0 {
		return sh.calls[n-1].file
	}
	return sh.scriptFile()
}

// scriptFile is what BASH_SOURCE names outside of every call.
func (sh *Shell) scriptFile() string {
	if sh.opts.command || sh.opts.stdin || sh.opts.interactive {
		return "environment"
	}
	return sh.name
}

// The names under which bash exports functions, BASH_FUNC_name%%=() { … }.
const (
	exportPrefix = "BASH_FUNC_"
	exportSuffix = "%%"
)

// exportedFunctions gives the environment's entries for exported functions.
func (sh *Shell) exportedFunctions() []string {
	var env []string
	for _, name := range sh.functionNames(func(f *function) bool { return f.exported }) {
		// bash takes a value for a function only if it begins with exactly this.
		text := strings.TrimPrefix(functionSource(sh.funcs[name]), name+" () \n")
		env = append(env, exportPrefix+name+exportSuffix+"=() "+text)
	}
	return env
}

// importFunction defines a function that an entry of the environment carries.
func (sh *Shell) importFunction(name, value string) bool {
	fn, ok := strings.CutPrefix(name, exportPrefix)
	if !ok {
		return false
	}
	fn, ok = strings.CutSuffix(fn, exportSuffix)
	if !ok || !strings.HasPrefix(value, "() {") {
		return false
	}
	stmts, err := parseStmts(fn + " " + value)
	if err != nil || len(stmts) != 1 {
		sh.Errorf("error importing function definition for `%s'", fn)
		return true
	}
	if decl, ok := stmts[0].Cmd.(*syntax.FuncDecl); ok {
		sh.setFunction(&function{name: fn, body: decl.Body, src: &source{name: "environment"}, file: "environment",
			exported: true})
	}
	return true
}
