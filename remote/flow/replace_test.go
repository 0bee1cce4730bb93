package flow

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"mvdan.cc/sh/v3/syntax"
)

// nasty are values that break what is not quoted exactly.
var nasty = []string{
	"plain", "a b", "", "'", `"`, `a"b$(touch canary)`, "'; touch canary; '", "`touch canary`", `\`, `a\`, `\n`, "$HOME", "${x}", "*", "~", "-n", "a=b",
	"if", "#c", "!", "}", ")", "$(", ";;", "a\nb", "\n", "\t", "x'\"\\$`y", "caf\xe9", "é", "<(ls)", "1", "&& touch canary", "%s", "esac", "{1,2}", "''", "\\'", `'\''`,
}

// shellPlaces are sources in which {} prints its value, followed by a dot, in every place there is.
var shellPlaces = []string{
	`printf %s. {}`, `printf %s. "{}"`, `printf %s. '{}'`, `printf %s. $'{}'`, `printf %s. ""{}`, `printf '%s.' {}''`,
	`x={}; printf %s. "$x"`, `printf %s. "$(printf %sx {})" | sed 's/x\.$/./'`, `printf %s. "$(printf %sx "{}")" | sed 's/x\.$/./'`,
	"printf %s. \"`printf %sx {}`\" | sed 's/x\\.$/./'", "printf %s. \"`printf %sx '{}'`\" | sed 's/x\\.$/./'",
	"printf %s. \"`printf %sx \"{}\"`\" | sed 's/x\\.$/./'", "x=`printf %sx {}`; printf %s. \"${x%x}\"",
	"x=`echo \\`printf %sx 1\\`; printf %sx {}`; printf %s. \"${x:3:-1}\" 2>&1", "x=`printf %s \"\\`printf %s. {}\\`z\"`; printf %s \"${x%z}\"",
	`y=Q; printf %s "${y/Q/{}}."`, `y={}z; printf %s "${y#{}}" >/dev/null; printf %s. {}`, `y={}; printf %s "${y#"{}"}"; printf %s. {}`,
	`y={}; printf %s "${y#{}}"; printf %s. {}`, `y={}; printf %s "${y%%{}}"; printf %s. {}`, `y={}; printf %s "${y/{}/}"; printf %s. {}`,
	`y={}; printf %s ${y/{}/}; printf %s. {}`, `y=Q; z=${y/Q/{}}; printf %s. "$z"`, `y=Q; printf %s "${y/Q/"{}"}."`,
	`printf %s. "${unset:-{}}"`, `printf %s. ${unset:-"{}"}`, `x=${unset:-{}}; printf %s. "$x"`, `printf %s. "${unset:-"{}"}"`,
	`case {} in "{}") printf %s. {};; esac`, `for i in {}; do printf %s. "$i"; done`, `[[ {} == '{}' ]] && printf %s. {}`,
	`f() { printf %s. "$1"; }; f {}`, `a=({}); printf %s. "${a[0]}"`, `(printf %s. {})`, `{ printf %s. {}; }`,
	`printf %s. {} # {}`, "# {}\nprintf %s. {}", `bash -c 'printf %s. "$1"' _ {}`, `printf %s. \{}`, `if true; then printf %s. {}; fi`,
	`declare x={}; printf %s. "$x"`, `export x="{}"; printf %s. "$x"`,
	`printf %s. {}>&1`, `printf '%s.' {} </dev/null`, `x=1; printf %s. "$x"{} | sed 's/^1//'`, `x=1; printf %s. $x{} | sed 's/^1//'`,
	`x=1; printf %s. "$x{}" | sed 's/^1//'`, `x=1; printf %s. "$x{}$x" | sed 's/^1//;s/1\.$/./'`, `x=1; y={}; printf %s. "${x#$x}{}"`,
	`[[ x{} == x"{}" ]] && printf %s. {}`, `printf %s. "$( (printf %sx {}) )" | sed 's/x\.$/./'`,
	`printf %s. "$(case {} in ({}) printf %sx {};; esac)" | sed 's/x\.$/./'`, `printf %s.  "a""{}" | sed 's/^a//'`,
}

// heredocs print the value and a newline.
var heredocs = []string{"cat <<EOF\n{}\nEOF\n", "cat <<'EOF'\n{}\nEOF\n", "cat <<\\E\n{}\nE\n", "cat <<\"E\"\n{}\nE\n", "cat <<EOF\n${unset:-{}}\nEOF\n", "cat <<E; : {}\n{}\nE\n"}

func fillSource(t *testing.T, src string, v values) string {
	t.Helper()
	s, err := parseSource(src, tokens{}, true)
	if err != nil {
		t.Fatalf("%q: %v", src, err)
	}
	text, err := s.fill(v)
	if err != nil {
		t.Fatalf("%q with %q: %v", src, v.args, err)
	}
	return text
}

// bashExpands holds for values whose braces bash expands in a place although they are quoted there; our shell does not.
func bashExpands(src, value string) bool {
	return value == "{1,2}" && (strings.Contains(src, `"${`) || strings.Contains(src, "\"`"))
}

// What a value is, bash prints again, wherever the value stood.
func TestValuesAreData(t *testing.T) {
	for i, src := range append(shellPlaces, heredocs...) {
		t.Run(src, func(t *testing.T) {
			end := "."
			if i >= len(shellPlaces) {
				end = "\n"
			}
			var script, want strings.Builder
			for _, value := range nasty {
				if !bashExpands(src, value) {
					fmt.Fprintf(&script, "%s\nprintf '\\001'\n", fillSource(t, src, values{args: []string{value}, seq: 1, slot: 1}))
					fmt.Fprintf(&want, "%s%s\001", value, end)
				}
			}
			cmd := exec.Command("bash", "-c", script.String())
			cmd.Dir = t.TempDir()
			out, err := cmd.CombinedOutput()
			if string(out) != want.String() || err != nil {
				t.Errorf("%s\nprinted %q (%v),\nwant %q", script.String(), out, err, want.String())
			}
			if _, err := os.Stat(cmd.Dir + "/canary"); err == nil {
				t.Errorf("a value was run:\n%s", script.String())
			}
		})
	}
}

// skeleton lists what a shell would do, without the text that it does it with.
func skeleton(t *testing.T, src string) string {
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(parsable(src, nil)), "")
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n.(type) {
		case nil, *syntax.Lit, *syntax.SglQuoted, *syntax.DblQuoted, *syntax.Word, *syntax.Comment:
		default:
			fmt.Fprintf(&b, "%T ", n)
		}
		return true
	})
	return b.String()
}

// No value changes what the source around it does.
func FuzzValuesChangeNoStructure(f *testing.F) {
	for i, src := range append(shellPlaces, heredocs...) {
		f.Add(src, nasty[i%len(nasty)])
	}
	f.Add("echo $(( {} + 1 )); [[ {} -eq 3 ]]; a[{}]=1; ((x={}))", "a[$(touch canary)]")
	f.Fuzz(func(t *testing.T, src, value string) {
		s, err := parseSource(src, tokens{}, true)
		if err != nil || strings.Contains(value, "\x00") {
			return
		}
		harmless, err := s.fill(values{args: []string{"x"}, seq: 1, slot: 1})
		if err != nil {
			return
		}
		filled, err := s.fill(values{args: []string{value}, seq: 1, slot: 1})
		if err != nil {
			return
		}
		got, want := skeleton(t, filled), skeleton(t, harmless)
		if arith := slices.ContainsFunc(s.pieces, func(p sourcePiece) bool { return p.spot != nil && p.spot.place == inArith }); arith && !strings.HasPrefix(got, "*") {
			return // 08, 1#2: an error, and nothing is run
		}
		if got != want {
			t.Errorf("%q with %q is\n%s\n%s, want\n%s", src, value, filled, got, want)
		}
	})
}
