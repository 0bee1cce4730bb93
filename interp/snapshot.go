package interp

import (
	"fmt"
	"strings"
	"time"

	"golang.org/x/sys/unix"
	"mvdan.cc/sh/v3/syntax"

	"sshell/interp/plan"
)

// snapshot is the whole state of the shell, for a process on this machine that inherits its descriptors.
func (sh *Shell) snapshot() *plan.Snapshot {
	s := &plan.Snapshot{
		Version: plan.SnapshotVersion, Name: sh.name, Aliases: sh.aliases, Set: sh.shellOpts(),
		Params: sh.params, Dir: sh.dir, Umask: sh.mask, DirStack: sh.stack, Status: sh.status,
		PipeStatus: sh.pipeState, Pid: sh.pid, PPid: sh.ppid, LastJob: sh.lastBg,
		Seconds: int64(time.Since(sh.started)), Subshell: sh.subshell, NoErrExit: sh.noErr > 0,
		Matches: sh.matches, Line: sh.line, OptIndex: sh.getopt.at,
	}
	for _, opt := range shoptOptions() {
		if *opt.at(&sh.opts) {
			s.Shopt = append(s.Shopt, opt.name)
		}
	}
	for _, flag := range []struct {
		on     bool
		letter string
	}{{sh.opts.command, "c"}, {sh.opts.stdin, "s"}, {sh.opts.interactive, "i"}} {
		if flag.on {
			s.Flags += flag.letter
		}
	}
	var scopes []plan.Scope
	for at := sh.scope; at.outer != nil; at = at.outer {
		scopes = append(scopes, plan.Scope{Temp: at.temp, Vars: sh.scopeVars(at)})
	}
	for i := len(scopes) - 1; i >= 0; i-- {
		s.Scopes = append(s.Scopes, scopes[i])
	}
	s.Vars = sh.scopeVars(sh.global())
	for _, name := range sh.functionNames(nil) {
		s.Funcs = append(s.Funcs, sh.funcs[name].snapshot())
	}
	s.Traps, s.Ignored = sh.traps.snapshot()
	for _, c := range sh.calls {
		s.Calls = append(s.Calls, plan.Call{Func: c.fn, File: c.file, Line: c.line})
	}
	return s
}

// placementVar names the target of every stage that names none itself.
const placementVar = "SSHELL_ON"

// Snapshot is the state that a stage needs to run elsewhere, as a subshell would: keep says which variables travel, traps do
// as far as a subshell inherits them, and none of the shell's pids and jobs do. Nor does SSHELL_ON: the stage is where that
// sent it, and would be sent on without end.
func (sh *Shell) Snapshot(keep func(name string) bool) *plan.Snapshot {
	s := sh.snapshot()
	s.Pid, s.PPid, s.LastJob = 0, 0, 0
	inherited := sh.traps.inSubshell(sh.opts.errtrace, sh.opts.functrace)
	s.Traps, s.Ignored = inherited.snapshot()
	travels := func(name string) bool { return name != placementVar && (keep == nil || keep(name)) }
	s.Vars = keepVars(s.Vars, travels)
	for i := range s.Scopes {
		s.Scopes[i].Vars = keepVars(s.Scopes[i].Vars, travels)
	}
	return s
}

func keepVars(vars []plan.Variable, keep func(string) bool) []plan.Variable {
	var kept []plan.Variable
	for _, v := range vars {
		if keep(v.Name) {
			kept = append(kept, v)
		}
	}
	return kept
}

// scopeVars writes the variables of one scope, but those whose value the shell computes and nobody set.
func (sh *Shell) scopeVars(s *scope) []plan.Variable {
	vars := make([]plan.Variable, 0, len(s.vars))
	for name, v := range s.vars {
		if v.dyn != nil {
			continue
		}
		w := plan.Variable{Name: name, Attr: uint16(v.attr), Set: v.set}
		switch {
		case v.list != nil:
			w.Set = true // also without an element
			w.Keys, w.Elems = v.list.Keys(), v.list.vals
		case v.assoc != nil:
			w.Keys, w.Elems = v.assoc.insertionOrder()
		default:
			w.Value, _ = v.value(sh)
		}
		vars = append(vars, w)
	}
	return vars
}

func (f *function) snapshot() plan.Function {
	return plan.Function{Name: f.name, Source: f.written(), Exported: f.exported, Traced: f.traced,
		ReadOnly: f.readonly, File: f.file, Line: f.line}
}

func (t *traps) snapshot() (list []plan.Trap, ignored []int) {
	for _, name := range t.names() {
		action, _ := t.action(name)
		_, kept := t.actions[name]
		list = append(list, plan.Trap{Name: name, Action: action, Listed: t.inherited != nil && !kept})
		if n, ok := signalNumber(name); ok && action == "" {
			ignored = append(ignored, int(n))
		}
	}
	return list, ignored
}

// Restore makes the shell's state that of the snapshot. Descriptors are not part of it, nor is the process's
// working directory, which whoever started the process has set.
func (sh *Shell) Restore(s *plan.Snapshot) error {
	if s == nil {
		return nil
	}
	if s.Version != plan.SnapshotVersion {
		return fmt.Errorf("restore snapshot: version %d, want %d", s.Version, plan.SnapshotVersion)
	}
	for _, v := range s.Vars {
		sh.restoreVar(sh.scope, v)
	}
	for _, scope := range s.Scopes {
		at := sh.pushScope(scope.Temp)
		for _, v := range scope.Vars {
			sh.restoreVar(at, v)
		}
	}
	for _, f := range s.Funcs {
		if err := sh.restoreFunction(f); err != nil {
			return fmt.Errorf("restore function %s: %w", f.Name, err)
		}
	}
	sh.restoreOptions(s)
	sh.restoreRest(s)
	return nil
}

func (sh *Shell) restoreVar(s *scope, w plan.Variable) {
	v := &Var{own: sh.own, attr: Attr(w.Attr)}
	switch {
	case v.attr&ListVar != 0:
		if w.Keys != nil || w.Set {
			v.list = NewIndexed(nil)
			for i, k := range w.Keys {
				v.list.Set(mustAtoi(k), w.Elems[i])
			}
		}
	case v.attr&AssocVar != 0:
		v.assoc = NewAssoc()
		for i, k := range w.Keys {
			v.assoc.Set(k, w.Elems[i])
		}
	default:
		v.s, v.set = w.Value, w.Set
	}
	if s.vars == nil {
		s.vars = make(map[string]*Var)
	}
	if old := s.vars[w.Name]; old != nil && old.dyn != nil && old.attr&ReadOnly != 0 {
		return
	}
	s.vars[w.Name] = v
	sh.env = nil
	sh.variableChanged(w.Name)
}

func (sh *Shell) restoreFunction(f plan.Function) error {
	stmts, text, err := parseText(f.Name + " () " + f.Source)
	if err != nil || len(stmts) != 1 {
		// A name that cannot stand in front of (), or a body that is no group: the long form takes them.
		if stmts, text, err = parseText("function " + f.Name + " " + f.Source); err != nil {
			return err
		}
	}
	decl, ok := stmts[0].Cmd.(*syntax.FuncDecl)
	if !ok {
		return fmt.Errorf("not a function definition")
	}
	sh.setFunction(&function{name: f.Name, body: decl.Body, file: f.File, line: f.Line, exported: f.Exported,
		traced: f.Traced, readonly: f.ReadOnly, src: &source{name: f.File, line0: max(f.Line-1, 0), text: text}})
	return nil
}

func (sh *Shell) restoreOptions(s *plan.Snapshot) {
	on := make(map[string]bool)
	for name := range strings.SplitSeq(s.Set, ":") {
		on[name] = true
	}
	for _, opt := range setOptions() {
		*opt.at(&sh.opts) = on[opt.name]
	}
	clear(on)
	for _, name := range s.Shopt {
		on[name] = true
	}
	for _, opt := range shoptOptions() {
		*opt.at(&sh.opts) = on[opt.name]
	}
	sh.opts.monitor = false // job control is the client's
	sh.opts.command = strings.Contains(s.Flags, "c")
	sh.opts.stdin = strings.Contains(s.Flags, "s")
}

func (sh *Shell) restoreRest(s *plan.Snapshot) {
	sh.name, sh.params, sh.aliases = s.Name, s.Params, s.Aliases
	sh.stack, sh.status, sh.pipeState, sh.matches = s.DirStack, s.Status, s.PipeStatus, s.Matches
	sh.subshell, sh.line, sh.lastBg = s.Subshell, s.Line, s.LastJob
	sh.started = time.Now().Add(-time.Duration(s.Seconds))
	sh.getopt.at = s.OptIndex
	if n, ok := sh.lookup("OPTIND").number(sh); ok {
		sh.getopt.index = int(n)
	}
	if s.Pid != 0 {
		sh.pid, sh.ppid = s.Pid, s.PPid
	}
	if s.Dir != "" && sameFile(s.Dir, ".") {
		sh.dir = s.Dir
	}
	if s.NoErrExit {
		sh.noErr++
	}
	unix.Umask(s.Umask)
	sh.mask = s.Umask
	for _, c := range s.Calls {
		sh.calls = append(sh.calls, call{fn: c.Func, file: c.File, line: c.Line})
		if c.Func == "source" {
			sh.sourcing++
		} else {
			sh.inFunc++
		}
	}
	actions, listed := make(map[string]string), make(map[string]string)
	for _, t := range s.Traps {
		listed[t.Name] = t.Action
		if !t.Listed {
			actions[t.Name] = t.Action
		}
	}
	if len(listed) > 0 {
		sh.traps = traps{actions: actions, inherited: listed}
		for name := range actions {
			sh.armTrap(name)
		}
	}
}

func mustAtoi(s string) int {
	n := 0
	for _, c := range []byte(s) {
		n = n*10 + int(c-'0')
	}
	return n
}
