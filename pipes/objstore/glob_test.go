package objstore_test

import (
	"slices"
	"strings"
	"testing"

	"sshell/pipes/objstore"
	"sshell/pipes/objstore/mem"
)

// FuzzGlob: however Glob lists, it finds what Match matches, in order.
func FuzzGlob(f *testing.F) {
	keys := []string{"a", "a.fq", "a/b", "a/b/c.fq", "a//b", "a/", ".x/y", "x/.y", "*", "a*b", "[", "a[b]", "\\", "\xff/\xfe", "é/è", "aa/bb/cc/dd"}
	slices.Sort(keys)
	s := new(mem.Store)
	for _, key := range keys {
		if err := s.Put(f.Context(), key, strings.NewReader(key), -1, true); err != nil {
			f.Fatal(err)
		}
	}
	for _, pattern := range append([]string{"**", "*/*", "**/*.fq", "a/**/c.fq", `a\/b`, "[", "[!a]", "a/[b/]c", "*/", "**/", "a**/c*"}, keys...) {
		f.Add(pattern)
	}
	f.Fuzz(func(t *testing.T, pattern string) {
		if len(pattern) > 200 {
			return
		}
		var want, got []string
		for _, key := range keys {
			if objstore.Match(pattern, key) {
				want = append(want, key)
			}
		}
		for o, err := range objstore.Glob(t.Context(), s, pattern) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, o.Key)
		}
		if !slices.Equal(got, want) {
			t.Errorf("glob %q gives %q, want %q", pattern, got, want)
		}
	})
}
