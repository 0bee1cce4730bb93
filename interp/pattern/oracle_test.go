package pattern

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// pair is a pattern and a string to try it on.
type pair struct{ pat, s string }

// bashOps prints what bash makes of a pair, as ours does.
const bashOps = `shopt -s extglob
t() {
	local s=$1 p=$2 r=n
	[[ $s == $p ]] && r=y
	printf '%s\0' "$r;${s#$p};${s##$p};${s%$p};${s%%$p};${s/$p/<>};${s//$p/<>}"
}
`

// ours applies a pair in each way that a script can.
func ours(t *testing.T, c pair, flags Flags) string {
	p, err := Compile(c.pat, flags|ExtGlob)
	if err != nil {
		t.Fatalf("compile %q: %v", c.pat, err)
	}
	match := "n"
	if p.Match(c.s) {
		match = "y"
	}
	s := c.s
	prefix := func(longest bool) string {
		n, _ := p.PrefixLen(s, longest)
		return s[n:]
	}
	suffix := func(longest bool) string {
		if i, ok := p.SuffixStart(s, longest); ok {
			return s[:i]
		}
		return s
	}
	one := s
	if start, end, ok := p.Find(s, 0); ok && c.pat != "" {
		one = s[:start] + "<>" + s[end:]
	}
	all, done := "", 0
	for start, end := range p.All(s) {
		if c.pat == "" {
			break
		}
		all += s[done:start] + "<>"
		done = end
	}
	return strings.Join([]string{match, prefix(false), prefix(true), suffix(false), suffix(true), one, all + s[done:]}, ";")
}

// runBash runs a script in its own directory, and returns its output.
func runBash(t *testing.T, locale, script string, args ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "pattern.sh")
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("bash", append([]string{"--norc", file}, args...)...)
	cmd.Env = append(os.Environ(), "LC_ALL="+locale)
	cmd.Dir = filepath.Dir(file)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || stderr.Len() > 0 {
		t.Fatalf("run bash: %v: %s", err, stderr.String())
	}
	return string(out)
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// comparable leaves out of an answer what bash does in another way on purpose,
// or by mistake: nocasematch means nothing to # and %, / takes [^]…] and [!]…]
// for shorter than they are, *…\* for *…*, and in an empty string it finds
// some patterns that begin with *( and not others.
func comparable(answer string, c pair, flags Flags, n int) string {
	fields := strings.Split(answer, ";")[:n]
	switch {
	case flags&NoCase != 0:
		fields = append(fields[:1], fields[5:]...)
	case strings.Contains(c.pat, "[!]") || strings.Contains(c.pat, "[^]"),
		strings.HasPrefix(c.pat, "*") && strings.HasSuffix(c.pat, `\*`),
		strings.HasPrefix(c.pat, "*(") && c.s == "":
		fields = fields[:5]
	}
	return strings.Join(fields, ";")
}

// compare reports each pair of which bash makes something else.
func compare(t *testing.T, locale string, flags Flags, pairs []pair) {
	t.Helper()
	compareBut(t, locale, flags, pairs, 7)
}

// compareBut compares only so many fields of the answers.
func compareBut(t *testing.T, locale string, flags Flags, pairs []pair, n int) {
	t.Helper()
	var script strings.Builder
	script.WriteString(bashOps)
	if flags&NoCase != 0 {
		script.WriteString("shopt -s nocasematch\n")
	}
	for _, c := range pairs {
		fmt.Fprintf(&script, "t %s %s\n", quote(c.s), quote(c.pat))
	}
	answers := strings.Split(runBash(t, locale, script.String()), "\x00")
	if len(answers) != len(pairs)+1 {
		t.Fatalf("bash gave %d answers to %d pairs", len(answers)-1, len(pairs))
	}
	for i, c := range pairs {
		if got := ours(t, c, flags); comparable(got, c, flags, n) != comparable(answers[i], c, flags, n) {
			t.Errorf("%s: pattern %q on %q\n got %q\nbash %q", locale, c.pat, c.s, got, answers[i])
		}
	}
}
