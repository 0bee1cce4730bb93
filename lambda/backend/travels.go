package backend

import (
	"slices"
	"strings"

	"sshell/remote"
	"sshell/remote/flow"
)

// Travels implements flow.Lister.
func (r *run) Travels(t *remote.Task) (files, left []string, err error) {
	note := func(name string) {
		if !r.keep(name) {
			left = append(left, name)
		}
	}
	for _, entry := range t.Environ {
		name, _, _ := strings.Cut(entry, "=")
		note(name)
	}
	if t.Snapshot != nil {
		for _, v := range t.Snapshot.Vars {
			note(v.Name)
		}
		for _, scope := range t.Snapshot.Scopes {
			for _, v := range scope.Vars {
				note(v.Name)
			}
		}
	}
	slices.Sort(left)
	files, err = r.function.Travels(t)
	return files, slices.Compact(left), err
}

var _ flow.Lister = (*run)(nil)
