package flow

import (
	"os"
	"strings"

	"sshell/interp/plan"
)

// exportedAttr is the bit of plan.Variable's Attr that says that commands see the variable (package interp).
const exportedAttr = 1 << 0

// exported returns the environment of the commands of a shell: its exported variables, and its exported functions in the
// form that bash has for them.
func exported(snap *plan.Snapshot) []string {
	if snap == nil {
		return os.Environ()
	}
	index := map[string]int{}
	env := []string{}
	add := func(vars []plan.Variable) {
		for _, v := range vars {
			at, ok := index[v.Name]
			if !ok {
				at = len(env)
				index[v.Name] = at
				env = append(env, "")
			}
			env[at] = ""
			if v.Attr&exportedAttr != 0 && v.Set && v.Keys == nil && v.Elems == nil {
				env[at] = v.Name + "=" + v.Value
			}
		}
	}
	add(snap.Vars)
	for _, s := range snap.Scopes {
		add(s.Vars)
	}
	kept := env[:0]
	for _, entry := range env {
		if entry != "" {
			kept = append(kept, entry)
		}
	}
	for _, f := range snap.Funcs {
		if f.Exported && strings.HasPrefix(strings.TrimLeft(f.Source, "\n"), "{") {
			kept = append(kept, "BASH_FUNC_"+f.Name+"%%=() "+strings.TrimLeft(f.Source, "\n"))
		}
	}
	return kept
}
