package backend

import (
	"errors"
	"slices"
	"testing"

	"sshell/interp/plan"
	"sshell/remote"
)

// Variables that look like secrets stay behind unless they are named, in the environment and in every scope of a snapshot.
func TestSecretsStay(t *testing.T) {
	names := []string{"PATH", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "GITHUB_TOKEN", "db_password", "MY_API_KEY", "KEYBOARD"}
	var env []string
	var vars []plan.Variable
	for _, name := range names {
		env, vars = append(env, name+"=x"), append(vars, plan.Variable{Name: name})
	}
	task := &remote.Task{Run: "r", Environ: env, Snapshot: &plan.Snapshot{Vars: vars, Scopes: []plan.Scope{{Vars: vars}}}}
	r := &run{keep: allowed([]string{"GITHUB_TOKEN"}), ids: make(map[string]bool)}
	got, again := r.filter(task), r.filter(task)
	want := []string{"PATH", "GITHUB_TOKEN", "KEYBOARD"}
	for _, list := range [][]plan.Variable{got.Snapshot.Vars, got.Snapshot.Scopes[0].Vars} {
		var left []string
		for _, v := range list {
			left = append(left, v.Name)
		}
		if !slices.Equal(left, want) {
			t.Errorf("variables %q, want %q", left, want)
		}
	}
	if !slices.Equal(got.Environ, []string{"PATH=x", "GITHUB_TOKEN=x", "KEYBOARD=x"}) {
		t.Errorf("environment %q", got.Environ)
	}
	if len(task.Environ) != len(names) || len(task.Snapshot.Vars) != len(names) || len(task.Snapshot.Scopes[0].Vars) != len(names) {
		t.Error("the task itself was changed")
	}
	if again.Snapshot != got.Snapshot {
		t.Error("tasks that share their state do not share what is left of it")
	}
}

// Stages that begin with a builtin's name become source, each word as it is.
func TestBuiltinsAreSource(t *testing.T) {
	stages := []remote.Stage{{Argv: []string{"sort", "-n"}}, {Argv: []string{"echo", "a b", "$x", "it's"}, Env: []string{"A=1 2"}}, {Source: "true"}}
	got := sourced(stages)
	if len(got) != 3 || got[0].Source != "" || got[1].Argv != nil || got[1].Source != `A='1 2' 'echo' 'a b' '$x' 'it'\''s'` || got[2].Source != "true" {
		t.Errorf("got %+v", got)
	}
	if stages[1].Argv == nil || sourced(stages[:1]) != nil {
		t.Error("stages that need no change were changed")
	}
}

// A function that starts itself without end is stopped.
func TestDepth(t *testing.T) {
	t.Setenv(depthVar, "")
	for want := 1; want <= maxDepth; want++ {
		entry, err := deeper()
		if err != nil || entry != depthVar+"="+string(rune('0'+want)) {
			t.Fatalf("%q, %v", entry, err)
		}
		t.Setenv(depthVar, entry[len(depthVar)+1:])
	}
	_, err := deeper()
	var no *remote.NotStartedError
	if !errors.As(err, &no) || no.Status != plan.StatusMachinery {
		t.Errorf("got %v", err)
	}
}
