package pattern

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func BenchmarkMatch(b *testing.B) {
	for _, c := range []pair{
		{"*.txt", "some-file-name.txt"}, {"*x*", "some-file-name.txt"}, {"file-[0-9][0-9]?", "file-123"},
		{"@(*.c|*.h)", "some-file-name.h"}, {"+([0-9])", "1234567890"}, {"!(*.o)", "some-file-name.h"},
		{"*a*a*a*a*b", strings.Repeat("a", 100)},
	} {
		b.Run(c.pat, func(b *testing.B) {
			p, err := Compile(c.pat, ExtGlob)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				p.Match(c.s)
			}
		})
	}
}

func BenchmarkTrim(b *testing.B) {
	const s = "/usr/share/doc/package/README.Debian.gz"
	for _, c := range []string{"*/", ".*", "/*", "+([^/])"} {
		b.Run(c, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p, err := Cached(c, ExtGlob)
				if err != nil {
					b.Fatal(err)
				}
				p.PrefixLen(s, true)
				p.SuffixStart(s, false)
			}
		})
	}
}

func BenchmarkAll(b *testing.B) {
	s := strings.Repeat("the quick brown fox ", 1000)
	for _, pat := range []string{" ", "[aeiou]", "q*k", "+([a-z])"} {
		b.Run(pat, func(b *testing.B) {
			p, err := Compile(pat, ExtGlob)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(s)))
			for b.Loop() {
				for range p.All(s) {
				}
			}
		})
	}
}

// BenchmarkGlob looks for half of 10,000 names. Its peer is
// bash -c 'for i in {1..100}; do set -- *7*; done', in such a directory.
func BenchmarkGlob(b *testing.B) {
	dir := b.TempDir()
	for i := range 10_000 {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("file-%04d.txt", i)), nil, 0o600); err != nil {
			b.Fatal(err)
		}
	}
	b.Chdir(dir)
	for _, pat := range []string{"*.txt", "*7*", "!(*7*)"} {
		b.Run(pat, func(b *testing.B) {
			for b.Loop() {
				if names, err := Glob(OS{}, pat, GlobOptions{ExtGlob: true}); err != nil || len(names) == 0 {
					b.Fatal(names, err)
				}
			}
		})
	}
}
