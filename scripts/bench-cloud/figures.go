package main

import (
	"context"
	"path/filepath"
	"time"

	"sshell/scripts/bench/figure"
)

// figures are in the order in which they are printed. Their bounds are the project's, not this machine's.
var figures = []figure.Figure[*lab]{
	{Name: "throughput", What: "objpipe on the S3 server, one writer and one reader, speed / bare SDK loops'",
		Measure: benchmark("sshell/pipes/objpipe", "S3Throughput", 7, atLeast("of-bare", 0.9))},
	{Name: "first-byte", What: "64 KiB through objpipe to a waiting reader, time beyond that server's PUT and GET",
		Measure: benchmark("sshell/pipes/objpipe", "S3FirstByte", 100, atMost("ms-over", 10), atMost("ms-over-after-silence", 260))},
	{Name: "requests", What: "what 1 GiB through objpipe costs, and a pipe that is idle",
		Measure: benchmark("sshell/pipes/objpipe", "S3Requests", 1, atMost("PUTs", 160), atMost("GETs/block", 2), atMost("idle-GETs/s", 5))},
	{Name: "call", What: "on lambda true, all warm, time beyond a bare SDK Invoke of a function that says hello, p50", Measure: measureCall},
	{Name: "start", What: "the function's cold start, from its process's start to its first request for work, p50", Measure: measureStart},
	{Name: "tasks", What: "1,000 tasks of 1 s at 200 a time, all warm, time / the ideal", Measure: measureTasks},
	{Name: "output", What: "split s3://… | parmap --on lambda cat > s3://…, what moves through the client and its agent", Measure: measureOutput},
	{Name: "memory", What: "peak memory of the client and of its agent, 10,000 tasks", Measure: measureMemory},
}

// lab is where figures are measured: the programs, and a folder of its own.
type lab struct {
	ctx   context.Context
	bin   string
	dir   string
	scale float64
}

// scaled multiplies an amount by the scale, and leaves at least one.
func (l *lab) scaled(amount int64) int64 { return max(1, int64(float64(amount)*l.scale)) }

// program is the path of one of the programs.
func (l *lab) program(name string) string { return filepath.Join(l.bin, name) }

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1e3 }
