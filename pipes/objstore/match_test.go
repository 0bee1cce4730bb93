package objstore

import (
	"os/exec"
	"strings"
	"testing"
)

var matches = []struct {
	pattern, key string
	want         bool
}{
	{"a", "a", true},
	{"a", "b", false},
	{"", "", true},
	{"*", "reads.fq", true},
	{"*.fq", "reads.fq", true},
	{"*.fq", "lab/reads.fq", false},
	{"pre*.fq", "pre.fq", true},
	{"pre*.fq", "preads.fq", true},
	{"pre*.fq", "prx.fq", false},
	{"*/*.fq", "lab/reads.fq", true},
	{"*/b", "a/x/b", false},
	{"**", "a/b/c", true},
	{"a**c", "a/b/c", true},
	{"a/**", "a/b/c", true},
	{"a/**", "a/", false},
	{"a/**/", "a/b/", true},
	{"**/c", "c", true},
	{"**/c", "a/b/c", true},
	{"a/**/c", "a/c", true},
	{"a/**/c", "a/x/y/c", true},
	{"a/**/c", "a/x/yc", false},
	{"a/**/c", "ac", false},
	{"?", "é", true},
	{"?", "\xe9", true},
	{"??", "é", false},
	{"a?b", "a/b", false},
	{"[a-c]x", "bx", true},
	{"[a-c]x", "dx", false},
	{"[!a-c]x", "dx", true},
	{"[^a-c]x", "ax", false},
	{"[]a]", "]", true},
	{"[a", "[a", true},
	{"[a/b]", "a", false},
	{"[a/b]", "[a/b]", true},
	{"[a-/]b]", "[a-/]b]", true},
	{"[a-/[b]", "[a-/b", true},
	{"[a-]", "-", true},
	{"[[:digit:]][[:upper:]]", "7Q", true},
	{"[[:digit:]]", "x", false},
	{"[[:nothing:]]", "x", false},
	{`[\]]`, "]", true},
	{"[à-ü]", "é", true},
	{"[\xe0-\xef]", "\xe9", true},
	{`\*`, "*", true},
	{`\*`, "x", false},
	{`a\`, `a\`, true},
	{"*", ".hidden", false},
	{".*", ".hidden", true},
	{"?hidden", ".hidden", false},
	{"[.]hidden", ".hidden", false},
	{"a/*", "a/.hidden", false},
	{"**", "a/.git/b", false},
	{"**/b", ".git/b", false},
	{"*", "a.b", true},
	{"a/*", "a/", false},
	{"a/*/b", "a//b", true},
	{"a//b", "a//b", true},
	{strings.Repeat("*a", 40) + "b", strings.Repeat("a", 500), false}, // quick only if no pair is tried twice
}

func TestMatch(t *testing.T) {
	for _, c := range matches {
		if got := Match(c.pattern, c.key); got != c.want {
			t.Errorf("Match(%q, %q) = %v, want %v", c.pattern, c.key, got, c.want)
		}
	}
}

// In bash's [[ ]] neither a slash nor a leading dot is special; the rest of the table must agree with it.
func TestMatchAgreesWithBash(t *testing.T) {
	for _, c := range matches {
		if strings.ContainsAny(c.pattern+c.key, "/") || strings.HasPrefix(c.key, ".") || len(c.key) > 100 {
			continue
		}
		cmd := exec.Command("bash", "-c", `[[ $1 == $2 ]]`, "bash", c.key, c.pattern)
		cmd.Env = []string{"LC_ALL=C.UTF-8"}
		if strings.Contains(c.pattern, "\xe0-") {
			cmd.Env = []string{"LC_ALL=C"} // where each byte is a character
		}
		err := cmd.Run()
		if exit, ok := err.(*exec.ExitError); err != nil && (!ok || exit.ExitCode() != 1) {
			t.Fatalf("run bash: %v", err)
		}
		if got := err == nil; got != c.want {
			t.Errorf("bash matches %q against %q: %v, the table says %v", c.key, c.pattern, got, c.want)
		}
	}
}

func TestLiteralIsWhereMatchesBegin(t *testing.T) {
	for _, c := range matches {
		if c.want && !strings.HasPrefix(c.key, literal(c.pattern)) && !strings.HasPrefix(c.pattern, "**/") {
			t.Errorf("literal(%q) = %q is no prefix of %q, which matches", c.pattern, literal(c.pattern), c.key)
		}
	}
}

func FuzzMatch(f *testing.F) {
	for _, c := range matches {
		f.Add(c.pattern, c.key)
	}
	f.Fuzz(func(t *testing.T, pattern, key string) {
		if len(pattern) > MaxKey || len(key) > MaxKey {
			return
		}
		var quoted strings.Builder
		for _, c := range []byte(key) {
			quoted.WriteByte('\\')
			quoted.WriteByte(c)
		}
		if !Match(quoted.String(), key) {
			t.Errorf("the key %q does not match itself, quoted", key)
		}
		if Match(pattern, key) && !strings.HasPrefix(key, literal(pattern)) {
			t.Errorf("%q matches %q but does not begin with %q", key, pattern, literal(pattern))
		}
	})
}
