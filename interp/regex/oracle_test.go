package regex

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// pair is an expression and a string to try it on.
type pair struct{ re, s string }

// options are those of Compile and CompileBytes.
type options struct{ noCase, bytes bool }

// ours prints what bash's script prints: the status, and BASH_REMATCH.
func ours(c pair, o options) string {
	r, err := compile(c.re, o.noCase, o.bytes)
	if err != nil {
		return "2"
	}
	subs, ok := r.Match(c.s)
	if !ok {
		return "1"
	}
	answer := "0"
	for _, sub := range subs {
		text := ""
		if sub[0] >= 0 {
			text = c.s[sub[0]:sub[1]]
		}
		answer += "<" + text + ">"
	}
	return answer
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// askBash has one bash process match all the pairs.
func askBash(t *testing.T, pairs []pair, o options) []string {
	t.Helper()
	var script strings.Builder
	script.WriteString("r() { [[ $1 =~ $2 ]]; printf %d $?; printf '<%s>' \"${BASH_REMATCH[@]}\"; printf '\\0'; }\n")
	if o.noCase {
		script.WriteString("shopt -s nocasematch\n")
	}
	for _, c := range pairs {
		fmt.Fprintf(&script, "r %s %s\n", quote(c.s), quote(c.re))
	}
	file := filepath.Join(t.TempDir(), "regex.sh")
	if err := os.WriteFile(file, []byte(script.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // the C library has loops that do not end
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "--norc", file)
	locale := "C.UTF-8"
	if o.bytes {
		locale = "C"
	}
	cmd.Env = append(os.Environ(), "LC_ALL="+locale)
	cmd.Dir = filepath.Dir(file)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || stderr.Len() > 0 {
		t.Fatalf("run bash: %v: %s", err, stderr.String())
	}
	answers := strings.Split(string(out), "\x00")
	if len(answers) != len(pairs)+1 {
		t.Fatalf("bash gave %d answers to %d pairs", len(answers)-1, len(pairs))
	}
	answers = answers[:len(pairs)]
	for i, a := range answers {
		if a != "" && a[0] != '0' {
			answers[i] = a[:1] // BASH_REMATCH is empty, and printed all the same
		}
	}
	return answers
}

// compare reports each pair of which bash makes something else.
func compare(t *testing.T, pairs []pair, o options) {
	t.Helper()
	for i, want := range askBash(t, pairs, o) {
		if got := ours(pairs[i], o); got != want {
			t.Errorf("%+v: %q on %q\n got %q\nbash %q", o, pairs[i].re, pairs[i].s, got, want)
		}
	}
}
