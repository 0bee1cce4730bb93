package interp

import (
	"sort"
	"strings"

	"golang.org/x/sys/unix"
	"mvdan.cc/sh/v3/syntax"
)

// traps are the actions of one shell: by condition, which is EXIT, ERR, DEBUG, RETURN or a signal's name without
// SIG. An empty action ignores the signal. The map is copied before it is changed.
type traps struct {
	actions map[string]string
	// inherited are those of the parent, which `trap` still lists in a subshell until one is set there.
	inherited map[string]string
}

func (t *traps) has(name string) bool {
	action, ok := t.actions[name]
	return ok && action != ""
}

func (t *traps) ignores(s unix.Signal) bool {
	action, ok := t.actions[signalName(s)]
	return ok && action == ""
}

// set stores an action.
func (t *traps) set(name, action string) {
	t.copy()
	t.actions[name] = action
}

// drop removes an action.
func (t *traps) drop(name string) {
	if _, ok := t.actions[name]; ok {
		t.copy()
		delete(t.actions, name)
	}
}

func (t *traps) copy() {
	actions := make(map[string]string, len(t.actions)+1)
	for name, action := range t.actions {
		actions[name] = action
	}
	t.actions, t.inherited = actions, nil
}

// inSubshell gives the traps that a subshell begins with: what is ignored stays ignored, and ERR, DEBUG and
// RETURN stay where the options say so.
func (t *traps) inSubshell(errtrace, functrace bool) traps {
	if len(t.actions) == 0 {
		return traps{}
	}
	kept := make(map[string]string)
	for name, action := range t.actions {
		if action == "" || name == "ERR" && errtrace || (name == "DEBUG" || name == "RETURN") && functrace {
			kept[name] = action
		}
	}
	return traps{actions: kept, inherited: t.actions}
}

// names lists the conditions that have an action, in bash's order: EXIT, signals by number, then the rest.
func (t *traps) names() []string {
	actions := t.actions
	if t.inherited != nil {
		actions = t.inherited
	}
	var names []string
	for name := range actions {
		names = append(names, name)
	}
	sort.Slice(names, func(i, j int) bool { return trapOrder(names[i]) < trapOrder(names[j]) })
	return names
}

// action gives what `trap -p` shows for a condition.
func (t *traps) action(name string) (string, bool) {
	if t.inherited != nil {
		action, ok := t.inherited[name]
		return action, ok
	}
	action, ok := t.actions[name]
	return action, ok
}

func trapOrder(name string) int {
	switch name {
	case "EXIT":
		return 0
	case "DEBUG":
		return 1000
	case "ERR":
		return 1001
	case "RETURN":
		return 1002
	}
	n, _ := signalNumber(name)
	return int(n)
}

// enterFunction hides the traps that functions do not inherit, and gives the way back. A trap that the
// function sets stays.
func (t *traps) enterFunction(o options, traced bool) (leave func()) {
	type hidden struct{ name, action string }
	var hide []hidden
	for _, name := range []string{"ERR", "DEBUG", "RETURN"} {
		action, ok := t.actions[name]
		if !ok || name == "ERR" && o.errtrace || name != "ERR" && (o.functrace || traced) {
			continue
		}
		hide = append(hide, hidden{name, action})
		t.drop(name)
	}
	if hide == nil {
		return func() {}
	}
	return func() {
		for _, h := range hide {
			if _, set := t.actions[h.name]; !set {
				t.set(h.name, h.action)
			}
		}
	}
}

// runTrap runs the action for a condition and keeps `$?` as it was.
func (sh *Shell) runTrap(name string) {
	action := sh.traps.actions[name]
	if action == "" || sh.trapOpen[name] {
		return
	}
	if sh.trapOpen == nil {
		sh.trapOpen = make(map[string]bool)
	}
	sh.trapOpen[name] = true
	status, pipeState, line, noErr := sh.status, sh.pipeState, sh.line, sh.noErr
	sh.inTrap++
	sh.trapStatus = status
	lastArg := sh.lastArg
	if name == "ERR" {
		sh.noErr++
	}
	sh.evalStringKeeping(action, status)
	sh.inTrap--
	sh.noErr, sh.lastArg = noErr, lastArg
	delete(sh.trapOpen, name)
	if sh.flow == flowNone {
		sh.status, sh.pipeState = status, pipeState
		sh.line = line
	}
}

// evalStringKeeping is evalString with `$?` visible to the first command.
func (sh *Shell) evalStringKeeping(text string, status int) {
	stmts, err := parseStmts(text)
	if err != nil {
		sh.evalString(text, "trap")
		return
	}
	outer := sh.src
	sh.src = &source{name: sh.srcName(), line0: max(sh.line-1, 0)}
	sh.status = status
	sh.stmts(stmts)
	sh.src = outer
}

// runPendingTraps runs the actions of signals that arrived. Only the shell that owns the process does: its
// subshells in the same process leave them to it.
func (sh *Shell) runPendingTraps() {
	if sh.inline > 0 {
		return
	}
	for s := sh.proc.take(); s != 0; s = sh.proc.take() {
		name := signalName(s)
		if sh.traps.has(name) {
			sh.runTrap(name)
		} else if _, ignored := sh.traps.actions[name]; !ignored {
			sh.defaultSignal(s)
		}
		if sh.flow != flowNone {
			return
		}
	}
}

// defaultSignal does what a caught signal without a trap means: an end, after the EXIT trap.
func (sh *Shell) defaultSignal(s unix.Signal) {
	switch s {
	case unix.SIGCHLD, unix.SIGWINCH, unix.SIGURG, unix.SIGCONT:
		return
	}
	if sh.opts.interactive {
		switch s {
		case unix.SIGINT:
			sh.status, sh.flow = 128+int(s), flowDiscard
			return
		case unix.SIGTERM, unix.SIGQUIT:
			return
		}
	}
	sh.killed = s
	sh.status, sh.flow = 128+int(s), flowExit
}

// runExitTrap runs the EXIT trap, once. `exit` in it changes the status.
func (sh *Shell) runExitTrap() {
	action, ok := sh.traps.actions["EXIT"]
	if !ok || action == "" {
		return
	}
	sh.traps.drop("EXIT")
	status := sh.status
	sh.flow = flowNone
	sh.noErr++ // a failure in the trap does not end it
	sh.evalStringKeeping(action, status)
	sh.noErr--
	if sh.flow != flowExit {
		sh.status = status
	}
	sh.flow = flowExit
}

// runDebugTrap runs the DEBUG trap before a command and notes the command for BASH_COMMAND.
func (sh *Shell) runDebugTrap(st *syntax.Stmt) {
	if st != nil && sh.inTrap == 0 {
		sh.commandNode = st
	}
	if !sh.traps.has("DEBUG") || sh.trapOpen["DEBUG"] {
		return
	}
	sh.runTrap("DEBUG")
}

// runReturnTrap runs the RETURN trap when a function or sourced file ends.
func (sh *Shell) runReturnTrap() {
	if sh.traps.has("RETURN") {
		flow := sh.flow
		sh.flow = flowNone
		sh.runTrap("RETURN")
		if sh.flow == flowNone {
			sh.flow = flow
		}
	}
}

// trapName gives the name under which a condition's action is kept: from a name with or without SIG in any
// case, or a number.
func trapName(word string) (string, bool) {
	upper := strings.ToUpper(word)
	switch upper {
	case "0", "EXIT":
		return "EXIT", true
	case "ERR", "DEBUG", "RETURN":
		return upper, true
	}
	if n, ok := signalNumber(word); ok {
		return signalName(n), true
	}
	return "", false
}

// armTrap tells the process what its signals do now that the action of a condition changed.
func (sh *Shell) armTrap(name string) {
	s, ok := signalNumber(name)
	if !ok || sh.inline > 0 {
		return
	}
	action, set := sh.traps.actions[name]
	switch {
	case !set:
		if sh.keepsCaught(s) {
			sh.proc.catch(s)
		} else {
			sh.proc.reset(s)
		}
	case action == "":
		sh.proc.ignore(s)
	default:
		sh.proc.catch(s)
	}
}

// keepsCaught reports whether the shell wants to know of a signal without a trap: to run an EXIT trap, or to
// wait for a child that the same key press reached.
func (sh *Shell) keepsCaught(s unix.Signal) bool {
	switch s {
	case unix.SIGINT, unix.SIGQUIT, unix.SIGTERM, unix.SIGHUP:
		return sh.opts.interactive || sh.traps.has("EXIT") || s == unix.SIGINT && sh.proc.caught[s]
	}
	return false
}
