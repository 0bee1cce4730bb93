package regex

import (
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestMatch(t *testing.T) {
	r, err := Compile("(a)|(b)(c)?", false)
	if err != nil || r.Groups() != 3 || r.String() != "(a)|(b)(c)?" {
		t.Fatalf("compile: %v", err)
	}
	subs, ok := r.Match("xb")
	if want := [][2]int{{1, 2}, {-1, -1}, {1, 2}, {-1, -1}}; !ok || !slices.Equal(subs, want) {
		t.Errorf("got %v, %t, want %v", subs, ok, want)
	}
	if subs, ok := r.Match("x"); ok || subs != nil {
		t.Errorf("no match: got %v, %t", subs, ok)
	}
}

// TestHostile: expressions that would keep a backtracking matcher busy for
// ever come to an end, and those that are too large are refused.
func TestHostile(t *testing.T) {
	long := strings.Repeat("a", 10_000)
	for _, re := range []string{"(a*)*b", "(a|aa)+$b", strings.Repeat("a?", 200) + strings.Repeat("a", 200) + "b",
		"((a*)*)*b", "(.*)(.*)(.*)(.*)(.*)b", strings.Repeat("(", 900) + "a" + strings.Repeat(")", 900) + "*b"} {
		r, err := Compile(re, false)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := r.Match(long); ok {
			t.Errorf("%.30q matches", re)
		}
	}
	r, err := Compile(`(a*)*\1b`, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := r.Match(long[:100]); ok {
		t.Error("a back reference matches")
	}
	for _, re := range []string{"((((a{1,999}){1,999}){1,999}){1,999})", strings.Repeat("(", 5000) + strings.Repeat(")", 5000),
		strings.Repeat("((a*)+", 500)} {
		if _, err := Compile(re, false); err == nil {
			t.Errorf("%.30q: no error", re)
		}
	}
}

func TestCachedConcurrently(t *testing.T) {
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 3 * cacheEntries {
				re := "^(" + strings.Repeat("a", i%300) + ")b$"
				r, err := Cached(re, i%2 == 0, false)
				if err != nil {
					t.Error(err)
					return
				}
				if _, ok := r.Match(strings.Repeat("a", i%300) + "b"); !ok {
					t.Errorf("%s: no match", re)
					return
				}
			}
		})
	}
	wg.Wait()
	if len(cache.regexps) > cacheEntries {
		t.Errorf("cache holds %d expressions", len(cache.regexps))
	}
}
