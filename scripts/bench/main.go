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
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		stop()
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

var errMissed = errors.New("some figures are not what they must be")

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	sshell := flags.String("sshell", "bin/sshell", "the program to measure")
	only := flags.String("figure", "", "measure this figure only")
	scale := flags.Float64("scale", 1, "multiply the amounts of data and tasks; figures hold at 1")
	if err := flags.Parse(args); err != nil {
		return err
	}
	chosen, err := choose(*only)
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

	missed := false
	for _, f := range chosen {
		results, err := f.measure(l)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			missed = true
			fmt.Fprintf(out, "%-8s %s: %v\n", f.name, f.what, err)
			continue
		}
		fmt.Fprintf(out, "%-8s %s\n", f.name, f.what)
		for _, r := range results {
			missed = missed || !r.holds()
			fmt.Fprintf(out, "%-8s   %s\n", "", r)
		}
	}
	if missed {
		return errMissed
	}
	return nil
}

func choose(name string) ([]figure, error) {
	if name == "" {
		return figures, nil
	}
	var names []string
	for _, f := range figures {
		if f.name == name {
			return []figure{f}, nil
		}
		names = append(names, f.name)
	}
	return nil, fmt.Errorf("%s: no such figure; there are: %s", name, strings.Join(names, " "))
}
