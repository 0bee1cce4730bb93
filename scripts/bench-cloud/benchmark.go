package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// benchmark measures by a benchmark of a package, run so many times in one process, whose metrics have bounds.
func benchmark(pkg, name, times string, bounds ...bound) func(context.Context) ([]result, error) {
	return func(ctx context.Context) ([]result, error) {
		cmd := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", "^Benchmark"+name+"$", "-benchtime", times, "-timeout", "30m", pkg)
		out, err := cmd.CombinedOutput()
		if err != nil {
			return nil, fmt.Errorf("run benchmark %s of %s: %w: %s", name, pkg, err, bytes.TrimSpace(out))
		}
		return read(string(out), name, bounds)
	}
}

// read finds the bounds' metrics in what go test prints: a line with the benchmark's name, how often it ran, and pairs of a
// value and its metric.
func read(out, name string, bounds []bound) ([]result, error) {
	metrics := map[string]float64{}
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.TrimRight(fields[0], "-0123456789") != "Benchmark"+strings.TrimRight(name, "-0123456789") {
			continue
		}
		for i := 2; i+1 < len(fields); i += 2 {
			if v, err := strconv.ParseFloat(fields[i], 64); err == nil {
				metrics[fields[i+1]] = v
			}
		}
	}
	var results []result
	for _, b := range bounds {
		v, ok := metrics[b.metric]
		if !ok {
			return nil, fmt.Errorf("benchmark %s reports no %s: %s", name, b.metric, strings.TrimSpace(out))
		}
		results = append(results, result{v, b})
	}
	return results, nil
}
