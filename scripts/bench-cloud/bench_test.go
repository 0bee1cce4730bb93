package main

import (
	"slices"
	"strings"
	"testing"

	"sshell/scripts/bench/figure"
)

func TestReadFindsTheMetrics(t *testing.T) {
	out := `goos: linux
BenchmarkS3FirstByte-2   	     100	 61234567 ns/op	         5.127 bare-ms	        -0.5 ms-over	       249.3 ms-over-after-silence
PASS
`
	required := []metric{atMost("ms-over", 10), atLeast("ms-over-after-silence", 260)}
	got, err := read(out, "S3FirstByte", required)
	want := []figure.Result{
		{Value: -0.5, Unit: " ms-over", Bound: required[0].bound},
		{Value: 249.3, Unit: " ms-over-after-silence", Bound: required[1].bound},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	if !got[0].Holds() || got[1].Holds() {
		t.Errorf("%s and %s: the first holds, the second does not", got[0], got[1])
	}
	if _, err := read(out, "S3FirstByte", []metric{atMost("GETs", 1)}); err == nil {
		t.Error("a metric that is not reported is found")
	}
	if _, err := read(out, "Other", required); err == nil {
		t.Error("another benchmark's metrics are taken")
	}
}

func TestUnknownFigureNamesThoseThereAre(t *testing.T) {
	err := run(t.Context(), []string{"-figure", "nothing"}, nil)
	if err == nil || !strings.Contains(err.Error(), "throughput first-byte") {
		t.Errorf("error is %v", err)
	}
}
