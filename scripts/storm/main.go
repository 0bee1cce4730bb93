// Command storm runs pipelines that a grammar makes from seeds in emulated functions, while their services fail: calls are
// refused, cut, lost and late, invocations are run twice, and environments are killed. What a pipeline gives must be what
// bash gives on this machine, or a failure that is told: a status other than 0, and a line. Never may it be a wrong or short
// output with status 0. After each, nothing may be left of its runs in the bucket, nor a process.
//
// Some of the shells are sent SIGINT or SIGTERM on the way.
//
//	storm -bin FOLDER [-seed N] [-pipelines N] [-time DURATION] [-rate SHARE] [-kinds LIST] [-v]
//
// Groups of pipelines share services of their own, whose seed is printed with what goes wrong: -seed N -pipelines 1 begins
// with that group. The status is 0 if every pipeline that was run kept the promise, 1 if one did not, 2 for wrong arguments.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// options are the command line.
type options struct {
	bin       string
	seed      uint64
	pipelines int
	time      time.Duration
	rate      string
	kinds     string
	verbose   bool
}

const (
	// groupSize is how many pipelines share services: warm environments then have had others before, and a start of services
	// takes as long as a few pipelines.
	groupSize = 5
	// groupsAtATime keep two cores busy while pipelines wait for late answers.
	groupsAtATime = 3
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	var o options
	f := flag.NewFlagSet("storm", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&o.bin, "bin", "bin", "the `folder` of the four programs")
	f.Uint64Var(&o.seed, "seed", 1, "the first group's `seed`")
	f.IntVar(&o.pipelines, "pipelines", 500, "how `many`")
	f.DurationVar(&o.time, "time", 30*time.Minute, "no pipeline begins after this `long`")
	f.StringVar(&o.rate, "rate", "0.05", "the `share` of calls that fail")
	f.StringVar(&o.kinds, "kinds", "", "a `list` of what goes wrong, as sshellctl emulate has it (default all)")
	f.BoolVar(&o.verbose, "v", false, "print each pipeline, and what came of it")
	if err := f.Parse(args); err != nil || f.NArg() > 0 {
		return 2
	}
	bin, err := filepath.Abs(o.bin)
	if err != nil {
		fmt.Fprintln(stderr, "storm:", err)
		return 2
	}
	o.bin = bin
	ctx, cancel := context.WithTimeout(context.Background(), o.time)
	defer cancel()
	t := storm(ctx, o, stdout)
	t.summary(stdout, o)
	if t.counts[wrong]+t.counts[left] > 0 || t.counts[equal]+t.counts[told] == 0 {
		return 1
	}
	return 0
}

// tally counts what came of pipelines.
type tally struct {
	mu     sync.Mutex
	groups int
	counts [kinds]int
	lines  map[string]int // how often failures said what
}

// summary prints why pipelines failed, and one line of all.
func (t *tally) summary(out io.Writer, o options) {
	for _, line := range slices.Sorted(maps.Keys(t.lines)) {
		fmt.Fprintf(out, "%4d failed: %s\n", t.lines[line], line)
	}
	n := t.counts
	fmt.Fprintf(out, "storm: seeds %d to %d: %d pipelines as in bash, %d failed and said so, %d interrupted, %d wrong, %d left something\n",
		o.seed, o.seed+uint64(t.groups)-1, n[equal], n[told], n[interrupted], n[wrong], n[left])
}

// storm runs groups until all pipelines were run, or the time is over.
func storm(ctx context.Context, o options, out io.Writer) *tally {
	t := &tally{lines: make(map[string]int)}
	var running sync.WaitGroup
	places := make(chan struct{}, groupsAtATime)
	for first := 0; first < o.pipelines; first += groupSize {
		places <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		seed := o.seed + uint64(t.groups)
		t.groups++
		n := min(groupSize, o.pipelines-first)
		running.Go(func() {
			defer func() { <-places }()
			t.group(ctx, o, seed, n, out)
		})
	}
	running.Wait()
	return t
}

// group runs the first n pipelines of a seed, one after the other.
func (t *tally) group(ctx context.Context, o options, seed uint64, n int, out io.Writer) {
	g, err := openGround(o, seed)
	if err != nil {
		t.report(verdict{wrong, err.Error()}, out, "seed %d: %v\n", seed, err)
		return
	}
	for i := range n {
		if ctx.Err() != nil {
			break
		}
		p := newPipeline(seed, i)
		began := time.Now()
		v := g.judge(p, i)
		format := "seed %d, pipeline %d, %v: %s %s\n%s\n"
		if v.kind < wrong && !o.verbose {
			format = ""
		}
		t.report(v, out, format, seed, i, time.Since(began).Round(time.Millisecond), names[v.kind], v.why, p.ours)
	}
	if err := g.close(); err != nil {
		t.report(verdict{left, err.Error()}, out, "seed %d: %v\n", seed, err)
	}
}

// names are what is said of kinds.
var names = [kinds]string{"as in bash", "failed:", "interrupted:", "wrong:", ""}

// report counts, and writes a text whole.
func (t *tally) report(v verdict, out io.Writer, format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts[v.kind]++
	if v.kind == told {
		t.lines[v.why]++
	}
	if format != "" {
		fmt.Fprintf(out, format, args...)
	}
}
