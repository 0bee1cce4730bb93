package main

import (
	"slices"
	"strings"
	"testing"
)

func TestReadFindsTheMetrics(t *testing.T) {
	out := `goos: linux
BenchmarkS3FirstByte-2   	     100	 61234567 ns/op	         5.127 bare-ms	        -0.5 ms-over	       249.3 ms-over-after-silence
PASS
`
	bounds := []bound{atMost("ms-over", 10), atLeast("ms-over-after-silence", 260)}
	got, err := read(out, "S3FirstByte", bounds)
	want := []result{{-0.5, bounds[0]}, {249.3, bounds[1]}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	if !got[0].holds() || got[1].holds() || !strings.Contains(got[1].String(), "MISSED") {
		t.Errorf("%s and %s: the first holds, the second does not", got[0], got[1])
	}
	if _, err := read(out, "S3FirstByte", []bound{atMost("GETs", 1)}); err == nil {
		t.Error("a metric that is not reported is found")
	}
	if _, err := read(out, "Other", bounds); err == nil {
		t.Error("another benchmark's metrics are taken")
	}
}

func TestUnknownFigureNamesThoseThereAre(t *testing.T) {
	err := run(t.Context(), []string{"-figure", "nothing"}, nil)
	if err == nil || !strings.Contains(err.Error(), "throughput first-byte") {
		t.Errorf("error is %v", err)
	}
}
