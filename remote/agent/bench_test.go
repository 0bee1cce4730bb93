package agent

import (
	"os"
	"strings"
	"sync"
	"testing"

	"sshell/interp/plan"
)

// BenchmarkSegment is what a segment costs that does nothing, in a warm agent, with the snapshot of a usual shell.
func BenchmarkSegment(b *testing.B) {
	c := newClient(b, testConfig())
	seg := act("nothing")
	seg.Stdin, seg.Stdout, seg.Stderr = os.Stdin, os.Stdout, []*os.File{os.Stderr}
	seg.Snapshot = &plan.Snapshot{Dir: "/"}
	for range 60 {
		seg.Snapshot.Vars = append(seg.Snapshot.Vars,
			plan.Variable{Name: "NAME", Attr: exportedAttr, Set: true, Value: strings.Repeat("v", 60)})
	}
	if _, err := c.Run(b.Context(), seg); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := c.Run(b.Context(), seg); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkStart is the first segment of a shell: the agent starts, and ends.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		c := New(testConfig())
		if _, err := c.Run(b.Context(), act("nothing")); err != nil {
			b.Fatal(err)
		}
		c.Close()
	}
}

// BenchmarkManyAtOnce is a segment among a hundred.
func BenchmarkManyAtOnce(b *testing.B) {
	c := newClient(b, testConfig())
	const width = 100
	for b.Loop() {
		var all sync.WaitGroup
		for range width {
			all.Go(func() {
				if _, err := c.Run(b.Context(), act("nothing")); err != nil {
					b.Error(err)
				}
			})
		}
		all.Wait()
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/width, "us/segment")
}
