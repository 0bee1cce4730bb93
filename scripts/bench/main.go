// Bench measures every figure that sshell promises and prints it beside what it must be.
//
// A speed is a ratio to a peer (bash, xargs, GNU parallel) that does the same work in the same run: the two take turns,
// A B A B, and the median of the pairs' ratios counts, so that a machine that is slow or busy slows both. A memory figure
// is the peak of the client, beside the peak of the same command with less to do. All data is made here, from a seed, in a
// folder that is removed at the end. The status is 1 when a figure is missed or could not be measured.
//
//	bench -sshell bin/sshell [-figure NAME] [-scale 0.05]
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

func main() { figure.Main("bench", run) }

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	sshell := flags.String("sshell", "bin/sshell", "the program to measure")
	only := flags.String("figure", "", "measure this figure only")
	scale := flags.Float64("scale", 1, "multiply the amounts of data and tasks; figures hold at 1")
	if err := flags.Parse(args); err != nil {
		return err
	}
	chosen, err := figure.Choose(figures, *only)
	if err != nil {
		return err
	}
	program, err := filepath.Abs(*sshell)
	if err != nil {
		return fmt.Errorf("find sshell: %w", err)
	}
	dir, err := os.MkdirTemp("", "sshell-bench-")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer os.RemoveAll(dir)
	l := &lab{ctx: ctx, dir: dir, sshell: program, scale: *scale}
	return figure.Measure(ctx, out, chosen, l)
}
