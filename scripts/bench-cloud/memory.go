package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"sshell/scripts/bench/figure"
)

const maxPeak = 150.0 // MB, of client and agent each

// measureMemory runs many tasks, and beside them a hundredth of those, each in a shell of its own.
func measureMemory(l *lab) (results []figure.Result, err error) {
	s, err := l.open()
	if err != nil {
		return nil, err
	}
	defer closing(s.close, &err)
	many := l.scaled(10_000)
	few := max(1, many/100)
	client0, agent0, err := l.peaks(s, few)
	if err != nil {
		return nil, err
	}
	client, agent, err := l.peaks(s, many)
	if err != nil {
		return nil, err
	}
	detail := func(who string, with float64) string {
		return fmt.Sprintf("%s, %d tasks; with %d %.1f MB", who, many, few, with)
	}
	return []figure.Result{
		{Detail: detail("client", client0), Value: client, Unit: " MB", Bound: figure.AtMost(maxPeak)},
		{Detail: detail("agent", agent0), Value: agent, Unit: " MB", Bound: figure.AtMost(maxPeak)},
	}, nil
}

// peaks gives the most memory that a new shell and its agent had resident after so many tasks, in MB.
func (l *lab) peaks(s *services, tasks int64) (ofClient, ofAgent float64, err error) {
	sh, err := l.newShell(s, nil)
	if err != nil {
		return 0, 0, err
	}
	defer closing(sh.close, &err)
	out := filepath.Join(s.dir, "out")
	if _, err := sh.run(fmt.Sprintf("parmap --on lambda echo ::: {1..%d} > %s", tasks, out)); err != nil {
		return 0, 0, err
	}
	var want []byte
	for n := range tasks {
		want = append(strconv.AppendInt(want, n+1, 10), '\n')
	}
	got, err := os.ReadFile(out)
	if err != nil {
		return 0, 0, err
	}
	if !bytes.Equal(got, want) {
		return 0, 0, fmt.Errorf("the output of %d tasks is not theirs, or not in order: %d bytes", tasks, len(got))
	}
	client, agent, err := sh.processes()
	if err != nil {
		return 0, 0, err
	}
	var mb [2]float64
	for i, p := range []process{client, agent} {
		n, err := p.peak()
		if err != nil {
			return 0, 0, err
		}
		mb[i] = float64(n) / 1e6
	}
	return mb[0], mb[1], nil
}
