package main

import "context"

// figure is one promise, with the way to measure it.
type figure struct {
	name    string
	what    string
	measure func(context.Context) ([]result, error)
}

// figures are in the order in which they are printed. Their bounds are the project's, not this machine's.
var figures = []figure{
	{"throughput", "objpipe on the S3 server, one writer and one reader, speed / bare SDK loops'",
		benchmark("./pipes/objpipe", "S3Throughput", "7x", atLeast("of-bare", 0.9))},
	{"first-byte", "64 KiB through objpipe to a waiting reader, time beyond that server's PUT and GET",
		benchmark("./pipes/objpipe", "S3FirstByte", "100x", atMost("ms-over", 10), atMost("ms-over-after-silence", 260))},
	{"requests", "what 1 GiB through objpipe costs, and a pipe that is idle",
		benchmark("./pipes/objpipe", "S3Requests", "1x", atMost("PUTs", 160), atMost("GETs/block", 2), atMost("idle-GETs/s", 5))},
}
