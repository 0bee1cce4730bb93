package interp

import (
	"errors"

	"mvdan.cc/sh/v3/syntax"
)

// stmts runs statements in order until one says that the shell is on its way out of something.
func (sh *Shell) stmts(list []*syntax.Stmt) int {
	for _, st := range list {
		if sh.opts.noexec && !sh.opts.interactive {
			break
		}
		sh.stmt(st)
		if sh.flow != flowNone {
			break
		}
	}
	return sh.status
}

// body runs the statements of a compound command, which succeeds when there are none.
func (sh *Shell) body(list []*syntax.Stmt) int {
	if len(list) == 0 {
		sh.status = 0
	}
	return sh.stmts(list)
}

// condition runs statements whose failure is an answer: errexit and the ERR trap do not apply.
func (sh *Shell) condition(list []*syntax.Stmt) bool {
	sh.noErr++
	sh.body(list)
	sh.noErr--
	return sh.status == 0 && sh.flow == flowNone
}

// stmt runs one statement and sets `$?`.
func (sh *Shell) stmt(st *syntax.Stmt) int {
	if sh.proc.pending.Load() != 0 {
		sh.runPendingTraps()
		if sh.flow != flowNone {
			return sh.status
		}
	}
	if sh.ctx.Err() != nil {
		return sh.cancelled()
	}
	mark := len(sh.substituted)
	switch {
	case st.Background && !sh.cfg.Explain:
		sh.background(st)
	case st.Negated:
		sh.noErr++
		sh.command1(st)
		sh.noErr--
		if sh.flow == flowNone {
			sh.status = negate(sh.status)
		}
	default:
		sh.command1(st)
	}
	if len(sh.substituted) > mark {
		sh.closeSubstitutions(mark)
	}
	return sh.status
}

func negate(status int) int {
	if status == 0 {
		return 1
	}
	return 0
}

// command1 runs the command of a statement with its redirections.
func (sh *Shell) command1(st *syntax.Stmt) {
	switch c := st.Cmd.(type) {
	case *syntax.CallExpr:
		sh.setLine(c.Pos())
		// An assignment is explained where it might leave, and made: what follows may need it.
		assigns := sh.cfg.Explain && len(c.Args) == 0
		if (!assigns || sh.mayLeave()) && sh.planned([]*syntax.Stmt{st}, []bool{false}) && !assigns {
			sh.checkErr()
			return
		}
		sh.simple(st, c)
		sh.pipeState = nil
		sh.checkErr()
		return
	case *syntax.BinaryCmd:
		sh.binary(st, c)
		return
	case *syntax.Block:
		if len(st.Redirs) == 0 || sh.cfg.Explain {
			sh.body(c.Stmts)
			return
		}
	case nil: // redirections alone
		if sh.cfg.Explain {
			return
		}
		sh.setLine(st.Pos())
		sh.redirectOnly(st)
		sh.lastArg = ""
		sh.checkErr()
		return
	}
	if sh.mayLeave() && sh.planned([]*syntax.Stmt{st}, []bool{false}) {
		sh.checkErr()
		return
	}
	if sh.cfg.Explain && sh.explainCompound(st) {
		return
	}
	if len(st.Redirs) == 0 || sh.cfg.Explain {
		sh.compound(st)
		return
	}
	saved, ok := sh.redirect(st.Redirs)
	if ok {
		sh.compound(st)
		sh.restore(saved)
		return
	}
	sh.restore(saved)
	sh.status = 1
	sh.checkErr()
}

// binary runs `a && b`, `a || b` and pipelines.
func (sh *Shell) binary(st *syntax.Stmt, c *syntax.BinaryCmd) {
	switch c.Op {
	case syntax.AndStmt, syntax.OrStmt:
		sh.noErr++
		sh.stmt(c.X)
		sh.noErr--
		if sh.flow == flowNone && (sh.status == 0) == (c.Op == syntax.AndStmt) {
			sh.stmt(c.Y)
		}
	default:
		sh.pipeline(st)
		sh.checkErr()
	}
}

// checkErr does what errexit and the ERR trap ask for after a command that failed.
func (sh *Shell) checkErr() {
	if sh.status == 0 || sh.noErr > 0 || sh.flow != flowNone {
		return
	}
	if sh.traps.has("ERR") {
		sh.runTrap("ERR")
	}
	if sh.opts.errexit && sh.flow == flowNone {
		sh.flow = flowExit
	}
}

// compound runs every command that is neither simple nor a list.
func (sh *Shell) compound(st *syntax.Stmt) {
	switch c := st.Cmd.(type) {
	case *syntax.Block:
		sh.body(c.Stmts)
	case *syntax.Subshell:
		sh.runSubshell(st, c)
		sh.pipeState = nil
		sh.checkErr()
	case *syntax.IfClause:
		sh.ifClause(c)
	case *syntax.WhileClause:
		sh.whileClause(c)
	case *syntax.ForClause:
		sh.forClause(c)
	case *syntax.CaseClause:
		sh.caseClause(c)
	case *syntax.FuncDecl:
		sh.declareFunction(c)
	case *syntax.ArithmCmd:
		sh.setLine(c.Pos())
		sh.arithmCommand(c)
		sh.pipeState = nil
		sh.checkErr()
	case *syntax.TestClause:
		sh.setLine(c.Pos())
		sh.testCommand(c)
		sh.pipeState = nil
		sh.checkErr()
	case *syntax.DeclClause:
		sh.setLine(c.Pos())
		sh.runDebugTrap(st)
		sh.status = sh.declClause(c)
		sh.pipeState = nil
		sh.checkErr()
	case *syntax.LetClause:
		sh.setLine(c.Pos())
		sh.letClause(c)
		sh.checkErr()
	case *syntax.TimeClause:
		sh.timeClause(c)
	case *syntax.CoprocClause:
		sh.coproc(c)
	}
}

func (sh *Shell) setLine(p syntax.Pos) {
	sh.line = int(p.Line())
	if sh.src != nil {
		sh.line += sh.src.line0
	}
}

func (sh *Shell) ifClause(c *syntax.IfClause) {
	for ; c != nil; c = c.Else {
		if !c.ThenPos.IsValid() { // else
			sh.body(c.Then)
			return
		}
		if sh.condition(c.Cond) {
			sh.body(c.Then)
			return
		}
		if sh.flow != flowNone {
			return
		}
	}
	sh.status = 0
}

// leaveLoop says, after the body of a loop ran, whether the loop ends.
func (sh *Shell) leaveLoop() bool {
	switch sh.flow {
	case flowNone:
		return false
	case flowBreak:
		if sh.depth--; sh.depth <= 0 {
			sh.flow = flowNone
		}
		return true
	case flowContinue:
		if sh.depth--; sh.depth <= 0 {
			sh.flow = flowNone
			return false
		}
		return true
	}
	return true
}

func (sh *Shell) whileClause(c *syntax.WhileClause) {
	sh.loops++
	defer func() { sh.loops-- }()
	status := 0
	for {
		sh.noErr++
		sh.body(c.Cond)
		sh.noErr--
		if sh.flow != flowNone {
			if sh.leaveLoop() {
				return
			}
			continue
		}
		if (sh.status == 0) == c.Until {
			break
		}
		sh.body(c.Do)
		status = sh.status
		if sh.leaveLoop() {
			return
		}
	}
	sh.status = status
}

func (sh *Shell) caseClause(c *syntax.CaseClause) {
	sh.setLine(c.Pos())
	sh.runDebugTrap(nil)
	word, err := sh.text(c.Word)
	if err != nil {
		sh.fail(err)
		return
	}
	sh.traceCase(word)
	sh.status = 0
	fall := false
	for _, item := range c.Items {
		if !fall {
			ok, err := sh.matchesAny(word, item.Patterns)
			if err != nil {
				sh.fail(err)
				return
			}
			if !ok {
				continue
			}
		}
		sh.body(item.Stmts)
		if sh.flow != flowNone {
			return
		}
		switch item.Op {
		case syntax.Fallthrough:
			fall = true
		case syntax.Resume:
			fall = false
		default:
			return
		}
	}
}

// matchesAny reports whether one of the patterns of a case item matches; it expands no further than that.
func (sh *Shell) matchesAny(word string, patterns []*syntax.Word) (bool, error) {
	for _, w := range patterns {
		text, err := sh.pattern(w)
		if err != nil {
			return false, err
		}
		ok, err := sh.matchPattern(text, word)
		if err != nil || ok {
			return ok, err
		}
	}
	return false, nil
}

func (sh *Shell) arithmCommand(c *syntax.ArithmCmd) {
	sh.runDebugTrap(nil)
	sh.traceArith(c)
	n, err := sh.arithValue(c.X)
	if err != nil {
		sh.failCommand(err)
		return
	}
	sh.status = boolStatus(n != 0)
}

func (sh *Shell) letClause(c *syntax.LetClause) {
	sh.runDebugTrap(nil)
	for _, x := range c.Exprs {
		n, err := sh.letValue(x)
		if err != nil {
			sh.failCommand(err)
			return
		}
		sh.status = boolStatus(n != 0)
	}
}

func (sh *Shell) testCommand(c *syntax.TestClause) {
	sh.runDebugTrap(nil)
	ok, err := sh.testClause(c.X)
	if t := (*testError)(nil); errors.As(err, &t) {
		if t.msg != "" {
			sh.Errorf("[[: %s", t.msg)
		}
		sh.status = 2
		return
	}
	if err != nil {
		sh.failCommand(err)
		return
	}
	sh.status = boolStatus(ok)
}

func boolStatus(ok bool) int {
	if ok {
		return 0
	}
	return 1
}

// fail reports an error of an expansion: the current command is given up to the top level, and a
// script ends where bash ends it.
func (sh *Shell) fail(err error) {
	status, exits := 1, false
	if e, ok := err.(*expansionError); ok {
		if e.msg != "" {
			sh.Errorf("%s", e.msg)
		}
		exits = e.exits
		if e.status != 0 {
			status = e.status
		}
	} else {
		sh.Errorf("%s", err)
	}
	if sh.flow == flowExit {
		return // the expansion itself ended the shell
	}
	sh.status = status
	sh.flow = flowDiscard
	if exits && !sh.opts.interactive {
		sh.flow = flowExit
	}
}

// failCommand is fail for commands of which an error is just a failure: (( )), [[ ]], let.
func (sh *Shell) failCommand(err error) {
	sh.fail(err)
	if sh.flow == flowDiscard {
		sh.flow = flowNone
	}
}
