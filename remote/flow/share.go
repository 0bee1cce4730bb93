package flow

import (
	"path/filepath"
	"slices"

	"mvdan.cc/sh/v3/syntax"

	"sshell/interp/plan"
	"sshell/remote"
)

// fromFile reports whether what a task reads is a file, or an object.
func (io *streams) fromFile() bool {
	return io.from == nil && (io.object != "" || offset(io.stdin) >= 0)
}

// sharesInput reports whether more than one command of a stage may read its input: it is source with several, or calls a
// function, or is a shell.
func (s *segment) sharesInput(st *remote.Stage) bool {
	if st.Argv != nil {
		return slices.Contains(shells, filepath.Base(st.Argv[0]))
	}
	t, err := parseSource(st.Source, tokens{none: true}, false)
	if err != nil {
		return false
	}
	commands := 0
	syntax.Walk(t.file, func(node syntax.Node) bool {
		switch node := node.(type) {
		case *syntax.WhileClause, *syntax.ForClause:
			commands++ // what is in it runs more than once
		case *syntax.CallExpr:
			commands += min(len(node.Args), 1)
			if len(node.Args) > 0 && s.runsMore(node.Args[0].Lit()) {
				commands++
			}
		}
		return true
	})
	return commands > 1
}

// runners are builtins that run more commands than their own.
var runners = []string{".", "eval", "source"}

func (s *segment) runsMore(name string) bool {
	return slices.Contains(runners, name) || s.Snapshot != nil && slices.ContainsFunc(s.Snapshot.Funcs, func(f plan.Function) bool { return f.Name == name })
}
