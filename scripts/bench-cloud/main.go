// Bench-cloud measures the figures that hold for functions and the object store, against real API servers on this machine, and
// prints each beside what it must be.
//
// Most are benchmarks of the package that makes the promise. They run a peer in the same run, such as bare loops over the
// SDK, and report a ratio or a difference to it, so that a machine that is slow or busy slows both. The status is 1
// when a figure is missed or could not be measured.
//
//	bench-cloud [-figure NAME]
package main

import (
	"context"
	"flag"
	"io"

	"sshell/scripts/bench/figure"
)

func main() { figure.Main("bench-cloud", run) }

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("bench-cloud", flag.ContinueOnError)
	only := flags.String("figure", "", "measure this figure only")
	if err := flags.Parse(args); err != nil {
		return err
	}
	chosen, err := figure.Choose(figures, *only)
	if err != nil {
		return err
	}
	return figure.Measure(ctx, out, chosen, ctx)
}
