package main

import (
	"fmt"
	"time"

	"sshell/scripts/bench/figure"
)

// figures are in the order in which they are printed. Their bounds are the project's, not this machine's.
var figures = []figure.Figure[*lab]{
	{Name: "start", What: "sshell -c true / bash -c true, wall", Measure: measureStart},
	{Name: "spawn", What: "parmap -j2 /bin/true ::: {1..10000} / xargs -P2 -n1, time per task", Measure: measureSpawn},
	{Name: "file", What: "split -b 10M FILE | parmap cat, times as fast as parallel --pipepart -k --block 10M cat", Measure: measureFile},
	{Name: "stream", What: "cat FILE | split -b 10M | parmap cat, times as fast as parallel --pipe -k --block 10M cat", Measure: measureStream},
	{Name: "records", What: "split -r 1000 / split -b with chunks of the same size, time", Measure: measureRecords},
	{Name: "fastq", What: "split --format fastq, workers wc -l, speed / the same with --format lines", Measure: measureFastq},
	{Name: "memory", What: "peak memory of the client, large file", Measure: measureMemory},
	{Name: "tasks", What: "peak memory of the client, many tasks", Measure: measureTasks},
	{Name: "pipe", What: "1 GiB through cat | cat | wc -c, speed / bash's", Measure: measurePipe},
}

const (
	gib = 1 << 30

	// dataSize is large enough that GNU parallel's start, a third of a second, does not decide.
	dataSize = 1_000_000_000

	maxPeak    = 100.0 // MB, DESIGN's bound for the client
	maxPerTask = 1.0   // KB, DESIGN's bound for what a task adds
	maxGrowth  = 8.0   // MB: "flat", within what garbage collection makes of the same work run twice
)

// slower compares two times: the result is ours as a multiple of the peer's.
func (l *lab) slower(pairs int, ours, peer command, limit figure.Bound) ([]figure.Result, error) {
	p, err := figure.Duel(pairs, l.timed(ours), l.timed(peer))
	if err != nil {
		return nil, err
	}
	return []figure.Result{{Detail: versus(p.A, p.B), Value: p.Ratio(), Unit: " ×", Bound: limit}}, nil
}

// faster compares two speeds: the result is ours as a multiple of the peer's.
func (l *lab) faster(pairs int, ours, peer command, limit figure.Bound) ([]figure.Result, error) {
	p, err := figure.Duel(pairs, l.timed(peer), l.timed(ours))
	if err != nil {
		return nil, err
	}
	return []figure.Result{{Detail: versus(p.B, p.A), Value: p.Ratio(), Unit: " ×", Bound: limit}}, nil
}

func versus(ours, peer []time.Duration) string {
	const precision = 10 * time.Microsecond
	return fmt.Sprintf("sshell %v, peer %v", figure.Median(ours).Round(precision), figure.Median(peer).Round(precision))
}

// startPairs is how often two starts are compared. Each is a millisecond or two, and one in ten meets something else that
// runs, which costs a process with several threads more than one with one: the median leaves these out, a mean would not.
const startPairs = 401

func measureStart(l *lab) ([]figure.Result, error) {
	return l.slower(startPairs, l.ours("true", ""), bash("true"), figure.AtMost(1.5))
}

func measureSpawn(l *lab) ([]figure.Result, error) {
	n := l.scaled(10000)
	numbers, err := l.numbersFile(n)
	if err != nil {
		return nil, err
	}
	ours := l.ours(fmt.Sprintf("parmap -j2 /bin/true ::: {1..%d}", n), "")
	return l.slower(5, ours, command{[]string{"xargs", "-P2", "-n1", "/bin/true"}, numbers}, figure.AtMost(1))
}

func measureFile(l *lab) ([]figure.Result, error) {
	f, err := l.readsFile(l.scaled(dataSize))
	if err != nil {
		return nil, err
	}
	script := "split -b 10M " + f.name + " | parmap cat"
	if err := l.verify(l.ours(script, ""), f.name); err != nil {
		return nil, err
	}
	peer := command{argv: []string{"parallel", "--will-cite", "--pipepart", "-k", "--block", "10M", "-a", f.name, "cat"}}
	return l.faster(7, l.ours(script+" > /dev/null", ""), peer, figure.AtLeast(2))
}

func measureStream(l *lab) ([]figure.Result, error) {
	f, err := l.readsFile(l.scaled(dataSize))
	if err != nil {
		return nil, err
	}
	script := "cat " + f.name + " | split -b 10M | parmap cat"
	if err := l.verify(l.ours(script, ""), f.name); err != nil {
		return nil, err
	}
	peer := bash("cat " + f.name + " | parallel --will-cite --pipe -k --block 10M cat")
	return l.faster(7, l.ours(script+" > /dev/null", ""), peer, figure.AtLeast(2))
}

// measureRecords compares on reads, a record of which is four lines, from a file and as a stream.
func measureRecords(l *lab) ([]figure.Result, error) {
	f, err := l.readsFile(l.scaled(dataSize))
	if err != nil {
		return nil, err
	}
	var all []figure.Result
	for _, split := range []string{"split %s --format fastq " + f.name, "cat " + f.name + " | split %s --format fastq"} {
		byRecords := fmt.Sprintf(split, "-r 1000") + " | parmap cat"
		bySize := fmt.Sprintf(split, fmt.Sprintf("-b %d", 1000*f.size/f.records)) + " | parmap cat"
		if err := l.verify(l.ours(byRecords, ""), f.name); err != nil {
			return nil, err
		}
		results, err := l.slower(3, l.ours(byRecords+" > /dev/null", ""), l.ours(bySize+" > /dev/null", ""), figure.AtMost(2))
		if err != nil {
			return nil, err
		}
		all = append(all, results...)
	}
	return all, nil
}

func measureFastq(l *lab) ([]figure.Result, error) {
	f, err := l.readsFile(l.scaled(dataSize))
	if err != nil {
		return nil, err
	}
	script := func(format string) command {
		return l.ours("split --format "+format+" -b 10M "+f.name+" | parmap wc -l", "")
	}
	return l.faster(9, script("fastq"), script("lines"), figure.AtLeast(0.8))
}

// pipePairs is how often the pipelines are compared: their programs and the kernel's pipes are the same, three processes share two
// cores, and of 11 pairs the median lay between 0.93 and 1.05.
const pipePairs = 61

func measurePipe(l *lab) ([]figure.Result, error) {
	f, err := l.readsFile(l.scaled(gib))
	if err != nil {
		return nil, err
	}
	script := "cat " + f.name + " | cat | wc -c"
	return l.faster(pipePairs, l.ours(script, ""), bash(script), figure.AtLeast(0.95))
}

func measureMemory(l *lab) ([]figure.Result, error) {
	peakOf := func(size int64) (float64, error) {
		f, err := l.readsFile(l.scaled(size))
		if err != nil {
			return 0, err
		}
		kib, err := l.peak(l.ours("split -b 10M "+f.name+" | parmap cat > /dev/null", ""))
		return float64(kib) * 1024 / 1e6, err
	}
	small, err := peakOf(400_000_000)
	if err != nil {
		return nil, err
	}
	large, err := peakOf(4_000_000_000)
	if err != nil {
		return nil, err
	}
	detail := fmt.Sprintf("400 MB: %.1f MB, 4 GB: %.1f MB", small, large)
	return []figure.Result{
		{Detail: detail, Value: large, Unit: " MB", Bound: figure.AtMost(maxPeak)},
		{Detail: "what ten times the data adds", Value: large - small, Unit: " MB", Bound: figure.AtMost(maxGrowth)},
	}, nil
}

// measureTasks counts tasks of both kinds: an argument each, and a chunk each.
func measureTasks(l *lab) ([]figure.Result, error) {
	few, many := l.scaled(1000), l.scaled(100_000)
	lines := func(n int64) (command, error) {
		numbers, err := l.numbersFile(n)
		return l.ours("parmap /bin/true", numbers), err
	}
	chunks := func(n int64) (command, error) {
		numbers, err := l.numbersFile(n)
		return l.ours("split -l 1 "+numbers+" | parmap /bin/true", ""), err
	}
	var all []figure.Result
	for _, kind := range []struct {
		name string
		make func(int64) (command, error)
	}{{"lines", lines}, {"chunks", chunks}} {
		var peaks [2]int64
		for i, n := range []int64{few, many} {
			c, err := kind.make(n)
			if err != nil {
				return nil, err
			}
			if peaks[i], err = l.peak(c); err != nil {
				return nil, err
			}
		}
		most := float64(peaks[1]) * 1024 / 1e6
		each := float64(peaks[1]-peaks[0]) * 1024 / 1e3 / float64(many-few)
		all = append(all,
			figure.Result{Detail: fmt.Sprintf("%d %s", many, kind.name), Value: most, Unit: " MB", Bound: figure.AtMost(maxPeak)},
			figure.Result{Detail: fmt.Sprintf("a task's share, against %d %s", few, kind.name),
				Value: each, Unit: " KB", Bound: figure.AtMost(maxPerTask)})
	}
	return all, nil
}
