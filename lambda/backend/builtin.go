package backend

import (
	"slices"
	"strings"

	"sshell/interp"
	"sshell/interp/quote"
	"sshell/remote"
)

// sourced gives the stages of a task with those that begin with a builtin's name as source, since a shell runs them: in the
// function is a shell, and perhaps no program of that name. nil stands for no change.
func sourced(stages []remote.Stage) []remote.Stage {
	var changed []remote.Stage
	for i, st := range stages {
		if len(st.Argv) == 0 || !interp.IsBuiltin(st.Argv[0]) {
			continue
		}
		if changed == nil {
			changed = slices.Clone(stages)
		}
		changed[i] = remote.Stage{Source: words(st)}
	}
	return changed
}

// words writes a stage of literal words as source.
func words(st remote.Stage) string {
	var text []string
	for _, assign := range st.Env {
		name, value, _ := strings.Cut(assign, "=")
		text = append(text, name+"="+quote.Single(value))
	}
	for _, arg := range st.Argv {
		text = append(text, quote.Single(arg))
	}
	return strings.Join(text, " ")
}
