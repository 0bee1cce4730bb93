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
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		stop()
		fmt.Fprintln(os.Stderr, "bench-cloud:", err)
		os.Exit(1)
	}
}

var errMissed = errors.New("some figures are not what they must be")

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("bench-cloud", flag.ContinueOnError)
	only := flags.String("figure", "", "measure this figure only")
	if err := flags.Parse(args); err != nil {
		return err
	}
	chosen, err := choose(*only)
	if err != nil {
		return err
	}
	missed := false
	for _, f := range chosen {
		results, err := f.measure(ctx)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			missed = true
			fmt.Fprintf(out, "%-10s %s: %v\n", f.name, f.what, err)
			continue
		}
		fmt.Fprintf(out, "%-10s %s\n", f.name, f.what)
		for _, r := range results {
			missed = missed || !r.holds()
			fmt.Fprintf(out, "%-10s   %s\n", "", r)
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
