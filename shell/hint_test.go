package shell

import (
	"strings"
	"testing"
)

// A compound command behind a word of ours is a syntax error, as in bash, which says how it is written.
func TestCompoundHint(t *testing.T) {
	for _, c := range []struct{ script, hint string }{
		{"on moon { echo; }", "on … '{ …'"},
		{"x=1\necho a | on moon (echo)", "on … '(echo) …'"},
		{"if true; then on moon for i in 1; do echo; done; fi", "on … 'for …'"},
		{"seq 3 | parmap { cat; }", "parmap … '{ …'"},
		{"echo on moon; }", ""},
		{"on() { :; }\non moon { echo; }", ""},
		{"{ echo on }; )", ""},
	} {
		out, err := script(t, c.script).CombinedOutput()
		said := string(out)
		if err == nil || !strings.Contains(said, "syntax error") || !strings.Contains(said, c.hint) ||
			c.hint == "" && strings.Contains(said, "quoted word") {
			t.Errorf("%q says %q, %v", c.script, said, err)
		}
	}
}
