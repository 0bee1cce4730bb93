package pattern

import (
	"strings"
	"sync"
	"testing"
)

func TestEscape(t *testing.T) {
	for _, s := range []string{"", "abc", `a\b`, "*?[a-z]", "@(a|b)", "[!x]", "é*", "\xff*", "[[:alpha:]]", `\`, "-", "[.a.]"} {
		e := Escape(s)
		p, err := Compile(e, ExtGlob)
		if err != nil || !p.Match(s) || Unescape(e) != s || HasMeta(e, ExtGlob) {
			t.Errorf("escape %q: got %q, %v", s, e, err)
		}
		for _, other := range []string{"", "a", "abc", "ab", "x", "a-z"} {
			if other != s && p.Match(other) {
				t.Errorf("%q, the escape of %q, matches %q", e, s, other)
			}
		}
	}
	p, err := Compile("["+Escape("a-c!")+"]", 0)
	if err != nil || !p.Match("-") || p.Match("b") || !p.Match("!") {
		t.Errorf("escaped text in brackets: %v", err)
	}
}

func TestHasMeta(t *testing.T) {
	for pat, want := range map[string]bool{
		"": false, "a": false, "*": true, "a?": true, "[a]": true, "[a": false, "a]": false, `\*`: false, `\\*`: true,
		`[a\]`: false, "[a/b]": false, "+(a)": false, "@(a": false, "?(a)": true,
	} {
		if got := HasMeta(pat, 0); got != want {
			t.Errorf("HasMeta(%q) = %t", pat, got)
		}
	}
	for _, pat := range []string{"+(a)", "@(a", "!("} {
		if !HasMeta(pat, ExtGlob) {
			t.Errorf("HasMeta(%q, ExtGlob) = false", pat)
		}
	}
}

func TestFindFrom(t *testing.T) {
	p, err := Compile("b*", 0)
	if err != nil {
		t.Fatal(err)
	}
	if start, end, ok := p.Find("abcbd", 2); start != 3 || end != 5 || !ok {
		t.Errorf("got %d, %d, %t", start, end, ok)
	}
	if _, _, ok := p.Find("abc", 3); ok {
		t.Error("found a match at the end")
	}
}

// TestFileName: paths match as fnmatch has it, and as GLOBIGNORE wants it.
func TestFileName(t *testing.T) {
	for _, test := range []struct {
		pat, s string
		flags  Flags
		want   bool
	}{
		{"*", "a/b", FileName, false}, {"*/*", "a/b", FileName, true}, {"a?b", "a/b", FileName, false},
		{"a[/]b", "a/b", FileName, false}, {"a[!x]b", "a/b", FileName, false}, {"*", ".a", FileName, false},
		{"*", ".a", FileName | DotGlob, true}, {"*/*", "a/.b", FileName, false}, {"*/.b", "a/.b", FileName, true},
		{"*/*", "a/.b", FileName | DotGlob, true}, {"*", ".a", Period, false}, {"?a", ".a", Period, false},
		{"[.]a", ".a", Period, false}, {".*", ".a", Period, true}, {`\.a`, ".a", Period, true}, {"*", "a.b", Period, true},
		{"@(.a|b)", ".a", Period | ExtGlob, true}, {"?(x).a", ".a", Period | ExtGlob, true},
		{"!(b)", ".a", Period | ExtGlob, false}, {"*(.)a", ".a", Period | ExtGlob, true},
		{"a/*.c", "a/x.c", FileName, true}, {"a/*.c", "a/b/x.c", FileName, false}, {"", "", Period, true},
	} {
		p, err := Compile(test.pat, test.flags)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Match(test.s); got != test.want {
			t.Errorf("%q on %q with %b: got %t", test.pat, test.s, test.flags, got)
		}
	}
}

// TestHostile: patterns that would keep a backtracking matcher busy for ever
// come to an end.
func TestHostile(t *testing.T) {
	long := strings.Repeat("a", 20_000)
	short := long[:500]
	for pat, s := range map[string]string{
		strings.Repeat("*a", 40) + "*b":                              long,
		strings.Repeat("?(a)", 200) + strings.Repeat("a", 200):       short,
		"*(*(*(*(*(a)))))b":                                          long,
		"+(a|aa|aaa|*a)b":                                            long,
		"!(!(!(*a*)*)*)b":                                            short,
		"*(a*(a*(a*(a*(b)))))c":                                      short,
		strings.Repeat("@(a|", 900) + "b" + strings.Repeat(")", 900): short,
	} {
		p, err := Compile(pat, ExtGlob)
		if err != nil {
			t.Fatal(err)
		}
		p.Match(s)
		p.PrefixLen(s, true)
		p.SuffixStart(s, true)
		p.Find(s, 0)
	}
	deep := strings.Repeat("@(", 2000) + strings.Repeat(")", 2000)
	if _, err := Compile(deep, ExtGlob); err == nil {
		t.Error("2000 groups in each other: no error")
	}
}

func TestCachedConcurrently(t *testing.T) {
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 3 * cacheEntries {
				pat := strings.Repeat("?", i%50) + "*" + string(rune('a'+i%26))
				p, err := Cached(pat, Flags(i%2)*NoCase)
				if err != nil || p.String() != pat || p.Match("") {
					t.Errorf("%q: %v", pat, err)
					return
				}
			}
		})
	}
	wg.Wait()
	if len(cache.patterns) > cacheEntries {
		t.Errorf("cache holds %d patterns", len(cache.patterns))
	}
}

// FuzzPattern: the searches agree with Match, by definition.
func FuzzPattern(f *testing.F) {
	for pat, strs := range plainCases {
		for _, s := range strs {
			f.Add(pat, s, uint8(ExtGlob))
		}
	}
	f.Fuzz(func(t *testing.T, pat, s string, flags uint8) {
		if len(pat) > 30 || len(s) > 30 {
			return
		}
		p, err := Compile(pat, Flags(flags)&(ExtGlob|NoCase)|Bytes)
		if err != nil {
			t.Fatal(err)
		}
		prefix, suffix, from := -1, -1, -1
		for i := range len(s) + 1 {
			if p.Match(s[:i]) {
				prefix = i
			}
			if suffix < 0 && p.Match(s[i:]) {
				suffix = i
			}
			for k := i; k <= len(s) && from < 0; k++ {
				if p.Match(s[i:k]) {
					from = i
				}
			}
		}
		if n, ok := p.PrefixLen(s, true); ok != (prefix >= 0) || ok && n != prefix {
			t.Errorf("%q on %q: prefix %d %t, want %d", pat, s, n, ok, prefix)
		}
		if i, ok := p.SuffixStart(s, true); ok != (suffix >= 0) || ok && i != suffix {
			t.Errorf("%q on %q: suffix %d %t, want %d", pat, s, i, ok, suffix)
		}
		if i, _, ok := p.Find(s, 0); from >= 0 && from < len(s) && (i != from || !ok) || from < 0 && ok {
			t.Errorf("%q on %q: found %d %t, want %d", pat, s, i, ok, from)
		}
	})
}
