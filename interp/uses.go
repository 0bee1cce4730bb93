package interp

import (
	"cmp"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"sshell/interp/plan"
)

// uses gathers what a stage, and each function that it calls by name, needs of the client. here says that
// the stage runs in the shell itself, whose state it may change.
func (sh *Shell) uses(st *syntax.Stmt, role plan.Role, here bool) plan.Use {
	scan := useScan{sh: sh, here: here, seen: make(map[string]bool)}
	bare := *st
	bare.Redirs = nil
	if c, ok := st.Cmd.(*syntax.CallExpr); ok && role != plan.Plain {
		scan.words(c) // its words are expanded on the client; what they run is a string
		return scan.found &^ (plan.UsesPid | plan.UsesProc)
	}
	if c, ok := st.Cmd.(*syntax.CallExpr); ok && here && len(c.Args) > 0 {
		scan.first, scan.firstName = c.Args[0], sh.wordNow(c.Args[0])
	}
	scan.node(&bare)
	if c, ok := st.Cmd.(*syntax.CallExpr); ok && here && len(c.Args) > 0 && scan.found == 0 {
		// Alone, a builtin sets $_ at least, and what fails in its words may end the shell.
		if name := scan.firstName; IsBuiltin(name) && sh.funcs[name] == nil {
			scan.found |= plan.UsesState
		}
	}
	return scan.found
}

// wordNow gives what a word that is a command's name stands for now; empty where that shows only when it runs.
func (sh *Shell) wordNow(w *syntax.Word) string {
	if name, ok := aliasName(w); ok {
		return name
	}
	if !sideEffectFree(w) {
		return ""
	}
	words, err := sh.fields(w)
	if err != nil || len(words) == 0 {
		return ""
	}
	return words[0]
}

// usesOf adds what the command of `on` needs, which is known once its words are expanded: argv are those behind the
// target. One word is source, as flow takes it.
func (sh *Shell) usesOf(argv []string, sole bool) plan.Use {
	scan := useScan{sh: sh, seen: make(map[string]bool)}
	call := &syntax.CallExpr{}
	switch len(argv) {
	case 0:
		return 0
	case 1:
		stmts, err := parseStmts(argv[0])
		if err != nil {
			return 0 // its own shell will say so
		}
		for _, st := range stmts {
			scan.node(st)
		}
		if len(stmts) == 1 {
			scan.here = sole
			switch c := stmts[0].Cmd.(type) {
			case *syntax.CallExpr:
				if len(c.Args) > 0 { // what is not known now may well leave: the user says so
					scan.first, scan.firstName = c.Args[0], cmp.Or(sh.wordNow(c.Args[0]), "command")
				}
				scan.call(c)
			case *syntax.DeclClause:
				scan.state()
			}
		}
		return scan.found
	}
	for _, arg := range argv {
		call.Args = append(call.Args, &syntax.Word{Parts: []syntax.WordPart{&syntax.Lit{Value: arg}}})
		scan.path(arg)
	}
	scan.here = sole && sh.funcs[argv[0]] == nil
	scan.call(call)
	return scan.found
}

// onCommand gives the words of `on` behind its target.
func onCommand(argv []string) []string {
	words := argv[min(1, len(argv)):]
	target := false
	for len(words) > 0 {
		word := words[0]
		switch {
		case word == "--":
			return words[1:]
		case len(word) > 1 && word[0] == '-':
			words = words[1:]
			if plan.OnTakesValue(word) && len(words) > 0 {
				words = words[1:]
			}
		case !target:
			target, words = true, words[1:]
		default:
			return words
		}
	}
	return nil
}

// useScan walks a stage.
type useScan struct {
	sh    *Shell
	here  bool
	found plan.Use
	seen  map[string]bool
	opens map[string]bool // descriptors that the stage itself opens
	// first is the first word of the stage itself, and firstName what it stands for.
	first     *syntax.Word
	firstName string
}

func (u *useScan) node(n syntax.Node) {
	syntax.Walk(n, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Stmt:
			if n.Background { // which $! names
				u.state()
			}
		case *syntax.CallExpr:
			u.call(n)
		case *syntax.DeclClause:
			u.state()
		case *syntax.ArithmCmd, *syntax.LetClause, *syntax.TestClause: // [[ sets BASH_REMATCH
			u.state()
		case *syntax.BinaryArithm:
			if isAssignment(n.Op) {
				u.state()
			}
		case *syntax.UnaryArithm:
			if n.Op == syntax.Inc || n.Op == syntax.Dec {
				u.state()
			}
		case *syntax.FuncDecl:
			u.state()
			return false // its body runs when it is called
		case *syntax.ForClause:
			u.state()
		case *syntax.CoprocClause:
			u.found |= plan.UsesCoproc
		case *syntax.ProcSubst:
			u.found |= plan.UsesProcSubst
		case *syntax.Redirect:
			u.redirect(n)
		case *syntax.ParamExp:
			if n.Param != nil && (n.Param.Value == "$" || n.Param.Value == "PPID" || n.Param.Value == "BASHPID") {
				u.found |= plan.UsesPid
			}
			if n.Param != nil && n.Param.Value == "RANDOM" { // another number comes next
				u.state()
			}
			if n.Exp != nil && setsOrEnds(n.Exp.Op) {
				u.state()
			}
		case *syntax.Lit:
			u.path(n.Value)
		case *syntax.SglQuoted:
			u.path(n.Value)
		}
		return true
	})
}

// isAssignment reports whether an operator of arithmetic changes a variable.
func isAssignment(op syntax.BinAritOperator) bool {
	switch op {
	case syntax.Assgn, syntax.AddAssgn, syntax.SubAssgn, syntax.MulAssgn, syntax.QuoAssgn, syntax.RemAssgn,
		syntax.AndAssgn, syntax.OrAssgn, syntax.XorAssgn, syntax.ShlAssgn, syntax.ShrAssgn:
		return true
	}
	return false
}

// setsOrEnds reports whether an expansion may set its variable, or end the shell.
func setsOrEnds(op syntax.ParExpOperator) bool {
	switch op {
	case syntax.AssignUnset, syntax.AssignUnsetOrNull, syntax.ErrorUnset, syntax.ErrorUnsetOrNull:
		return true
	}
	return false
}

// words looks at the words of a stage of ours.
func (u *useScan) words(c *syntax.CallExpr) {
	for _, w := range c.Args {
		syntax.Walk(w, func(n syntax.Node) bool {
			if _, ok := n.(*syntax.ProcSubst); ok {
				u.found |= plan.UsesProcSubst
			}
			return true
		})
	}
}

func (u *useScan) path(text string) {
	switch {
	case strings.HasPrefix(text, "/proc/"), text == "/proc":
		u.found |= plan.UsesProc
	case strings.HasPrefix(text, "/dev/tty"):
		u.found |= plan.UsesTerminal
	}
}

func (u *useScan) state() {
	if u.here {
		u.found |= plan.UsesState
	}
}

// call looks at one simple command, and into the function that it calls.
func (u *useScan) call(c *syntax.CallExpr) {
	if len(c.Args) == 0 {
		u.state() // assignments that stay
		return
	}
	args := c.Args
	for len(args) > 1 && (args[0].Lit() == "command" || args[0].Lit() == "builtin") {
		args = args[1:]
		for len(args) > 1 && strings.HasPrefix(args[0].Lit(), "-") {
			args = args[1:]
		}
	}
	name := strings.ReplaceAll(args[0].Lit(), `\`, "")
	if args[0] == u.first {
		name = u.firstName
	}
	if _, alias := u.sh.aliases[name]; name == "" || alias && u.sh.opts.expandAliases {
		u.state() // it may be anything
	}
	switch name {
	case "printf":
		if len(args) > 1 && strings.HasPrefix(args[1].Lit(), "-v") {
			u.state()
		}
	case "kill", "wait", "jobs", "fg", "bg", "disown", "suspend":
		u.found |= plan.UsesJobs
	case "stty", "tty", "tput", "vi", "vim", "nano", "less", "more", "top", "htop", "clear", "reset":
		u.found |= plan.UsesTerminal
	case "select":
		u.found |= plan.UsesTerminal
	case "cd", "pushd", "popd", "set", "shopt", "read", "mapfile", "readarray", "getopts", "shift", "unset", "alias", "unalias",
		"export", "declare", "typeset", "local", "readonly", "umask", "ulimit", "trap", "exec", "exit", "return", "break",
		"continue", "eval", "source", ".", "let", "hash", "enable", "times", "bind", "complete", "history":
		u.state()
	}
	f := u.sh.funcs[name]
	if f == nil || u.seen[name] {
		return
	}
	u.seen[name] = true
	u.node(f.body)
}

// redirect looks for descriptors above 2 that the stage takes over from the shell.
func (u *useScan) redirect(r *syntax.Redirect) {
	if r.Op == syntax.DplIn || r.Op == syntax.DplOut {
		from := strings.TrimSuffix(r.Word.Lit(), "-")
		if len(from) > 0 && from[0] >= '3' && from[0] <= '9' || len(from) > 1 {
			if !u.opens[from] {
				u.found |= plan.UsesDescriptor
			}
		}
	}
	if r.N != nil {
		if strings.HasPrefix(r.N.Value, "{") {
			u.state()
		}
		if u.opens == nil {
			u.opens = make(map[string]bool)
		}
		u.opens[r.N.Value] = true
	}
}
