package backend

import (
	"slices"
	"strings"

	"sshell/interp/plan"
	"sshell/remote"
)

// secretSigns are what names of variables have that hold credentials.
var secretSigns = []string{"SECRET", "PASSWORD", "PASSWD", "TOKEN", "CREDENTIAL", "PRIVATE_KEY", "API_KEY", "APIKEY", "ACCESS_KEY"}

// looksSecret reports whether a variable of that name does not travel by itself. Those of AWS say who the client is: the
// function is somebody else.
func looksSecret(name string) bool {
	if strings.HasPrefix(name, "AWS_") {
		return true
	}
	upper := strings.ToUpper(name)
	return slices.ContainsFunc(secretSigns, func(sign string) bool { return strings.Contains(upper, sign) })
}

// allowed says of a variable whether it travels, where the user named some that do.
func allowed(names []string) func(string) bool {
	return func(name string) bool { return !looksSecret(name) || slices.Contains(names, name) }
}

// filter is a task as the function gets it: without the variables that do not travel. Tasks that share their state share what is left of it.
func (r *run) filter(t *remote.Task) *remote.Task {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ids[t.Run] = true
	if t.Snapshot != r.from.Snapshot || !same(t.Environ, r.from.Environ) {
		r.from = remote.Task{Snapshot: t.Snapshot, Environ: t.Environ}
		r.to = remote.Task{Snapshot: r.snapshot(t.Snapshot), Environ: r.environ(t.Environ)}
	}
	c := *t
	c.Snapshot, c.Environ = r.to.Snapshot, r.to.Environ
	if stages := sourced(t.Stages); stages != nil {
		c.Stages = stages
	}
	return &c
}

// same reports whether two lists are one, not merely equal.
func same(a, b []string) bool { return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0]) }

func (r *run) environ(env []string) []string {
	return slices.DeleteFunc(slices.Clone(env), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return !r.keep(name)
	})
}

func (r *run) snapshot(s *plan.Snapshot) *plan.Snapshot {
	if s == nil {
		return nil
	}
	c := *s
	c.Vars = r.variables(s.Vars)
	c.Scopes = slices.Clone(s.Scopes)
	for i := range c.Scopes {
		c.Scopes[i].Vars = r.variables(c.Scopes[i].Vars)
	}
	return &c
}

func (r *run) variables(vars []plan.Variable) []plan.Variable {
	return slices.DeleteFunc(slices.Clone(vars), func(v plan.Variable) bool { return !r.keep(v.Name) })
}
