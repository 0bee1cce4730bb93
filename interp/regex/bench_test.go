package regex

import (
	"strings"
	"testing"
)

// BenchmarkMatch has as its peer in bash, for each line,
// time for i in {1..100000}; do [[ $s =~ $re ]]; done.
func BenchmarkMatch(b *testing.B) {
	for _, c := range []pair{
		{"^[0-9]+$", "1234567890"}, {"^([a-z]+)=(.*)$", "name=some value here"}, {"needle", "hay and hay and needle"},
		{`([0-9]+)\.([0-9]+)\.([0-9]+)`, "version 12.34.56-rc1"}, {`(.)\1`, "abcdefghijj"},
		{"x[0-9]", strings.Repeat("hay ", 10_000)}, {"[a-z]+[0-9]", strings.Repeat("hay ", 10_000)},
	} {
		b.Run(c.re, func(b *testing.B) {
			r, err := Compile(c.re, false)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				r.Match(c.s)
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Compile(`^([0-9]+)\.([0-9]+)\.([0-9]+)$`, false); err != nil {
			b.Fatal(err)
		}
	}
}
