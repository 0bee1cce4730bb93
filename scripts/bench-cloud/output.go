package main

import (
	"bytes"
	"fmt"
	"syscall"
	"time"

	"sshell/scripts/bench/figure"
)

const (
	outputSize = 4_000_000_000 // bytes
	maxMoved   = 1.0           // % of them
	// copies is how often the data is stored at the most: the input, the tasks' outputs, the parts that are copied of them, and
	// the object that the server makes of those.
	copies = 4
)

// measureOutput counts twice. What crosses the connections of client and agent is counted by meters that stand before the services:
// every byte to S3 and Lambda, requests and answers alike. What the two processes read and wrote by read(2), write(2) and the
// like is counted by the kernel: besides those connections also pipes, files, their programs' own and the socket
// between the two, so that no other way stays uncounted. The functions reach the services directly, and the input is
// stored by this process.
func measureOutput(l *lab) (results []figure.Result, err error) {
	size, err := l.fitting(l.scaled(outputSize))
	if err != nil {
		return nil, err
	}
	s, err := l.open()
	if err != nil {
		return nil, err
	}
	defer closing(s.close, &err)
	meters, changed := []*meter{}, map[string]string{}
	for _, name := range []string{"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_LAMBDA"} {
		m, err := newMeter(s.variables[name])
		if err != nil {
			return nil, err
		}
		defer m.close()
		meters, changed[name] = append(meters, m), m.url()
	}
	want, err := l.upload(s, "in", size)
	if err != nil {
		return nil, err
	}
	sh, err := l.newShell(s, changed)
	if err != nil {
		return nil, err
	}
	defer closing(sh.close, &err)

	took, err := sh.run(fmt.Sprintf("split s3://%s/in | parmap --on lambda cat > s3://%[1]s/out", s.bucket()))
	if err != nil {
		return nil, err
	}
	client, agent, err := sh.processes()
	if err != nil {
		return nil, err
	}
	crossed, read := int64(0), int64(0)
	for _, m := range meters {
		crossed += m.bytes.Load()
	}
	for _, p := range []process{client, agent} {
		n, err := p.moved()
		if err != nil {
			return nil, err
		}
		read += n
	}
	got, err := l.digest(s, "out")
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(got, want) {
		return nil, fmt.Errorf("the object is not the input")
	}
	share := func(n int64) float64 { return 100 * float64(n) / float64(size) }
	return []figure.Result{
		{Detail: fmt.Sprintf("%.2f MB of %.0f MB across their connections, in %.1f s", float64(crossed)/1e6, float64(size)/1e6, took.Round(time.Millisecond).Seconds()),
			Value: share(crossed), Unit: " %", Bound: figure.AtMost(maxMoved)},
		{Detail: fmt.Sprintf("%.2f MB, all that they read and wrote", float64(read)/1e6),
			Value: share(read), Unit: " %", Bound: figure.AtMost(maxMoved)},
	}, nil
}

// fitting is the largest size up to a given one whose copies the disk has room for.
func (l *lab) fitting(size int64) (int64, error) {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(l.dir, &disk); err != nil {
		return 0, fmt.Errorf("look for room on the disk: %w", err)
	}
	const spare = 1 << 30 // for others
	room := int64(disk.Bavail)*int64(disk.Bsize) - spare
	if room < copies {
		return 0, fmt.Errorf("no room on the disk of %s", l.dir)
	}
	return min(size, room/copies), nil
}
