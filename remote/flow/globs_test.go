package flow

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"sshell/interp/plan"
)

// TestMatches: files travel that the patterns of source match, as far as they are not too many.
func TestMatches(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.txt", "b.txt", "c d.txt", ".hidden.txt", "sub/x.csv", "[q].txt"} {
		write(t, filepath.Join(dir, name), 0)
	}
	for i := range matchesMost + 1 {
		write(t, filepath.Join(dir, fmt.Sprintf("many/%d", i)), 0)
	}
	write(t, filepath.Join(dir, "large/file"), matchesMostSize+1)
	on := &plan.Snapshot{Vars: []plan.Variable{{Name: "d", Set: true, Value: "sub"}, {Name: "b", Set: true, Value: "x  y"}}}
	for _, tt := range []struct {
		source   string
		snapshot *plan.Snapshot
		with     []string
		want     []string
		behind   []string
	}{
		{source: "cat ?.txt sub/*", want: []string{"./a.txt", "./b.txt", "sub/x.csv"}},
		{source: `for f in "c "*.txt '['*; do :; done`, want: []string{"./c d.txt", "./[q].txt"}},
		{source: `x=(\[*.txt)`, want: []string{"./[q].txt"}},
		{source: `cat $d/*.csv "$d"/y* ${d}/?.csv $b/* $none/*`, snapshot: on, want: []string{"sub/x.csv"}},
		{source: "cat *.txt", snapshot: &plan.Snapshot{Set: "braceexpand:noglob"}},
		{source: "cat .h*; [[ a == * ]]; case x in *) ;; esac; echo '*' \"*\" \\* s*", want: []string{"./.hidden.txt"}},
		{source: "cat many/* large/* b.*", want: []string{"./b.txt"}, behind: []string{"many/*", "large/*"}},
		{source: "cat many/*", with: []string{"./many"}, want: []string{dir + "/many"}},
	} {
		s := &segment{dir: dir}
		s.Snapshot = tt.snapshot
		n := s.naming(tt.with)
		n.text(tt.source)
		if !slices.Equal(n.list, tt.want) || !slices.Equal(n.behind, tt.behind) {
			t.Errorf("%s: got %q and behind %q, want %q and %q", tt.source, n.list, n.behind, tt.want, tt.behind)
		}
	}
}

// write makes an empty file of a size, with its folder.
func write(t *testing.T, path string, size int64) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, size); err != nil {
		t.Fatal(err)
	}
}
