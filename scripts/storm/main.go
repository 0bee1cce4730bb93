// Command storm runs pipelines that a grammar makes from seeds in emulated functions, while their services fail: calls are
// refused, cut, lost and late, invocations are run twice, and environments are killed. What a pipeline gives must be what
// bash gives on this machine, or a failure that is told: a status other than 0, and a line. Never may it be a wrong or short
// output with status 0. After each, nothing may be left of its runs in the bucket, nor a process.
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
	"os"
	"path/filepath"
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
	f.DurationVar(&o.time, "time", time.Hour, "no group begins after this `long`")
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
	fmt.Fprintf(stdout, "storm: seeds %d to %d: %d pipelines as in bash, %d failed and said so, %d broke the promise\n",
		o.seed, o.seed+uint64(t.groups)-1, t.equal, t.told, t.wrong)
	if t.wrong > 0 || t.equal+t.told == 0 {
		return 1
	}
	return 0
}

// tally counts what came of pipelines.
type tally struct {
	mu     sync.Mutex
	groups int
	equal  int
	told   int
	wrong  int
}

// storm runs groups until all pipelines were run, or the time is over.
func storm(ctx context.Context, o options, out io.Writer) *tally {
	t := new(tally)
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
			t.group(o, seed, n, out)
		})
	}
	running.Wait()
	return t
}

// group runs the first n pipelines of a seed, one after the other.
func (t *tally) group(o options, seed uint64, n int, out io.Writer) {
	g, err := openGround(o, seed)
	if err != nil {
		t.report(out, &t.wrong, "seed %d: %v\n", seed, err)
		return
	}
	for i := range n {
		p := newPipeline(seed, i)
		began := time.Now()
		v := g.judge(p, i)
		took := time.Since(began).Round(time.Millisecond)
		switch {
		case v.wrong != "":
			t.report(out, &t.wrong, "seed %d, pipeline %d, %v: %s\n%s\n", seed, i, took, v.wrong, p.ours)
		case o.verbose:
			t.report(out, v.count(t), "seed %d, pipeline %d, %v: %s\n%s\n", seed, i, took, v.what(), p.ours)
		default:
			t.report(out, v.count(t), "")
		}
	}
	if err := g.close(); err != nil {
		t.report(out, &t.wrong, "seed %d: %v\n", seed, err)
	}
}

// report counts, and writes a text whole.
func (t *tally) report(out io.Writer, counter *int, format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	*counter++
	fmt.Fprintf(out, format, args...)
}
