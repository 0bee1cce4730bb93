package main

import (
	"bytes"
	"fmt"
	"os/exec"
	"strconv"
	"strings"

	"sshell/scripts/bench/figure"
)

// metric is what a benchmark reports under a unit, and what it must be.
type metric struct {
	unit  string
	bound figure.Bound
}

func atMost(unit string, v float64) metric  { return metric{unit, figure.AtMost(v)} }
func atLeast(unit string, v float64) metric { return metric{unit, figure.AtLeast(v)} }

// benchmark measures by a benchmark of a package, run so many times in one process, with what it must report.
func benchmark(pkg, name string, times int64, required ...metric) func(*lab) ([]figure.Result, error) {
	return func(l *lab) ([]figure.Result, error) {
		cmd := exec.CommandContext(l.ctx, "go", "test", "-run", "^$", "-bench", "^Benchmark"+name+"$",
			"-benchtime", fmt.Sprintf("%dx", l.scaled(times)), "-timeout", "30m", pkg)
		out, err := cmd.CombinedOutput()
		if err != nil {
			return nil, fmt.Errorf("run benchmark %s of %s: %w: %s", name, pkg, err, bytes.TrimSpace(out))
		}
		return read(string(out), name, required)
	}
}

// read finds metrics in what go test prints: a line with the benchmark's name, how often it ran, and pairs of a
// value and its metric.
func read(out, name string, required []metric) ([]figure.Result, error) {
	values := map[string]float64{}
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.TrimRight(fields[0], "-0123456789") != "Benchmark"+strings.TrimRight(name, "-0123456789") {
			continue
		}
		for i := 2; i+1 < len(fields); i += 2 {
			if v, err := strconv.ParseFloat(fields[i], 64); err == nil {
				values[fields[i+1]] = v
			}
		}
	}
	var results []figure.Result
	for _, m := range required {
		v, ok := values[m.unit]
		if !ok {
			return nil, fmt.Errorf("benchmark %s reports no %s: %s", name, m.unit, strings.TrimSpace(out))
		}
		results = append(results, figure.Result{Value: v, Unit: " " + m.unit, Bound: m.bound})
	}
	return results, nil
}
