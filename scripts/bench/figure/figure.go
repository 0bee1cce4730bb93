// Package figure is what programs of promised figures have in common: what a figure is, how two sides are measured in turns,
// and how the numbers are printed beside what they must be.
//
// What is printed is a line for each figure, and under it one for each result:
//
//	start    sshell -c true / bash -c true, wall
//	           measured 1.02 ×, required ≤ 1.50 ×: holds (sshell 1.1ms, peer 1.08ms)
package figure

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"unicode/utf8"
)

// Figure is one promise, with the way to measure it in a lab L.
type Figure[L any] struct {
	Name    string // by which it is chosen
	What    string // what is measured, and against whom
	Measure func(L) ([]Result, error)
}

// ErrMissed is what Measure gives when a figure is missed or could not be measured, which was printed.
var ErrMissed = errors.New("some figures are not what they must be")

// Choose gives the figure of a name, and all of them for none.
func Choose[L any](figures []Figure[L], name string) ([]Figure[L], error) {
	if name == "" {
		return figures, nil
	}
	var names []string
	for _, f := range figures {
		if f.Name == name {
			return []Figure[L]{f}, nil
		}
		names = append(names, f.Name)
	}
	return nil, fmt.Errorf("%s: no such figure; there are: %s", name, strings.Join(names, " "))
}

// Measure measures figures in their order and prints each when it is known. One that cannot be measured does not keep
// others from it. It ends early, with its cause, when ctx does.
func Measure[L any](ctx context.Context, out io.Writer, figures []Figure[L], l L) error {
	width := 0
	for _, f := range figures {
		width = max(width, utf8.RuneCountInString(f.Name))
	}
	missed := false
	for _, f := range figures {
		results, err := f.Measure(l)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			missed = true
			fmt.Fprintf(out, "%-*s %s: %v\n", width, f.Name, f.What, err)
			continue
		}
		fmt.Fprintf(out, "%-*s %s\n", width, f.Name, f.What)
		for _, r := range results {
			missed = missed || !r.Holds()
			fmt.Fprintf(out, "%-*s   %s\n", width, "", r)
		}
	}
	if missed {
		return ErrMissed
	}
	return nil
}

// Main is the main of a program of figures: it runs it until a signal comes, says what went wrong, and exits.
func Main(name string, run func(ctx context.Context, args []string, out io.Writer) error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		stop()
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}
