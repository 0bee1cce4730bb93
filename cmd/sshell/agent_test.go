package main

import (
	"context"
	"testing"

	"sshell/interp/plan"
)

// runs counts the segments that it is to run.
type runs struct {
	n     int
	reads bool
}

func (r *runs) Run(context.Context, plan.Segment) ([]plan.Status, error) {
	r.n++
	return nil, nil
}

func (r *runs) ReadsObjects(plan.Target) bool { return r.reads }

func TestSegmentsByName(t *testing.T) {
	stage := func(source string, argv ...string) []plan.Stage { return []plan.Stage{{Source: source, Argv: argv}} }
	for _, c := range []struct {
		name string
		seg  plan.Segment
		far  bool
	}{
		{"none", plan.Segment{Stages: stage("wc -l")}, false},
		{"in the source", plan.Segment{Stages: stage("cat s3://b/k | wc -l")}, true},
		{"an argument", plan.Segment{Stages: stage("", "wc", "s3://b/k")}, true},
		{"standard input", plan.Segment{Stages: stage("wc -l"), In: "s3://b/k"}, true},
	} {
		near, far := new(runs), new(runs)
		if _, err := (&byName{near, far}).Run(t.Context(), c.seg); err != nil {
			t.Fatal(err)
		}
		if ran := far.n == 1; far.n+near.n != 1 || ran != c.far {
			t.Errorf("%s: ran near %d times, far %d", c.name, near.n, far.n)
		}
	}
	for _, reads := range []bool{false, true} {
		if got := (&byName{&runs{reads: !reads}, &runs{reads: reads}}).ReadsObjects(plan.Local); got != reads {
			t.Errorf("reads objects: %v, where the agent says %v", got, reads)
		}
	}
}
