package flow

import (
	"fmt"
	"slices"
	"strings"

	"sshell/interp/plan"
	"sshell/remote"
)

// Lister is a Runner that knows what its tasks take along.
type Lister interface {
	// Travels returns a line for each program, library, folder and file that a task would take along, and the names of the
	// variables that would stay behind because they look like credentials. An error is what would keep the task from
	// starting. Nothing is stored or run.
	Travels(t *remote.Task) (files, left []string, err error)
}

// travels says what the tasks of some stages take along to where they run, and what is left behind, if the Runner knows.
func (s *segment) travels(o RunnerOptions, stages []remote.Stage, artifacts []string) []string {
	t := s.task(stages...)
	t.Artifacts = artifacts
	runner, err := s.runner(o)
	if err != nil {
		return []string{"cannot run: " + err.Error()}
	}
	l, ok := runner.(Lister)
	if !ok {
		return nil
	}
	files, left, err := l.Travels(t)
	if err != nil {
		return []string{"cannot run: " + err.Error()}
	}
	lines := s.travelingState(t, left)
	for _, f := range files {
		lines = append(lines, "travels: "+f)
	}
	if len(left) > 0 {
		lines = append(lines, "left behind: "+strings.Join(left, " ")+" (look like credentials: --env NAME takes one along)")
	}
	return lines
}

// travelingState says which functions and variables a task takes along: all of the shell's for source, and what is exported for
// programs.
func (s *segment) travelingState(t *remote.Task, left []string) []string {
	var lines, names []string
	if t.Snapshot != nil {
		for _, f := range t.Snapshot.Funcs {
			names = append(names, f.Name)
		}
		if len(names) > 0 {
			lines = append(lines, "travels: functions "+strings.Join(names, " "))
		}
		names = nil
		add := func(vars []plan.Variable) {
			for _, v := range vars {
				names = append(names, v.Name)
			}
		}
		add(t.Snapshot.Vars)
		for _, scope := range t.Snapshot.Scopes {
			add(scope.Vars)
		}
	}
	for _, entry := range t.Environ {
		if name, _, ok := strings.Cut(entry, "="); ok && !strings.HasSuffix(name, "%%") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	names = slices.DeleteFunc(slices.Compact(names), func(name string) bool { return slices.Contains(left, name) })
	if len(names) > 0 {
		lines = append(lines, "travels: variables "+strings.Join(names, " "))
	}
	return append(lines, fmt.Sprintf("working directory %s", s.dir))
}

// commandTravels is travels for tasks of which the values are not known yet.
func (s *segment) commandTravels(o RunnerOptions, c *command, with []string) []string {
	stage := remote.Stage{Source: ":"}
	if c.same() {
		name, _ := c.argv.fixed(0)
		stage = remote.Stage{Argv: []string{name}}
	}
	return s.travels(o, []remote.Stage{stage}, s.artifacts(c, with))
}
