package main

import (
	"context"

	"sshell/scripts/bench/figure"
)

// figures are in the order in which they are printed. Their bounds are the project's, not this machine's.
var figures = []figure.Figure[context.Context]{
	{Name: "throughput", What: "objpipe on the S3 server, one writer and one reader, speed / bare SDK loops'",
		Measure: benchmark("./pipes/objpipe", "S3Throughput", "7x", atLeast("of-bare", 0.9))},
	{Name: "first-byte", What: "64 KiB through objpipe to a waiting reader, time beyond that server's PUT and GET",
		Measure: benchmark("./pipes/objpipe", "S3FirstByte", "100x", atMost("ms-over", 10), atMost("ms-over-after-silence", 260))},
	{Name: "requests", What: "what 1 GiB through objpipe costs, and a pipe that is idle",
		Measure: benchmark("./pipes/objpipe", "S3Requests", "1x", atMost("PUTs", 160), atMost("GETs/block", 2), atMost("idle-GETs/s", 5))},
}
