// Bench-cloud measures the figures that hold for functions and the object store, against real API servers on this machine, and
// prints each beside what it must be.
//
// Figures of streams are benchmarks of the package that makes the promise. The others run the programs, built as they are
// deployed, against sshellctl emulate, each against services of its own. A time has a peer in the same run, such as
// calls of the bare SDK, which takes turns with it, so that a machine that is slow or busy slows both. The status is 1 when a
// figure is missed or could not be measured.
//
//	bench-cloud [-bin bin] [-figure NAME] [-scale 0.05]
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"sshell/scripts/bench/figure"
)

func main() { figure.Main("bench-cloud", run) }

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("bench-cloud", flag.ContinueOnError)
	bin := flags.String("bin", "bin", "the `folder` of the four programs")
	only := flags.String("figure", "", "measure this figure only")
	scale := flags.Float64("scale", 1, "multiply the amounts of data and tasks; figures hold at 1")
	if err := flags.Parse(args); err != nil {
		return err
	}
	chosen, err := figure.Choose(figures, *only)
	if err != nil {
		return err
	}
	programs, err := filepath.Abs(*bin)
	if err != nil {
		return fmt.Errorf("find the programs: %w", err)
	}
	dir, err := os.MkdirTemp("", "sshell-bench-cloud-")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer os.RemoveAll(dir)
	return figure.Measure(ctx, out, chosen, &lab{ctx: ctx, bin: programs, dir: dir, scale: *scale})
}
