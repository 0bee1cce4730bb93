package quote

import (
	"bytes"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"
)

// end is printed by scripts after each answer, as $end.
const end = "<|end|>"

// bash runs script with args as its parameters in a locale and gives its answers.
func bash(t *testing.T, locale, script string, args []string) []string {
	t.Helper()
	cmd := exec.Command("bash", append([]string{"-c", script, "bash"}, args...)...)
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=" + locale, "end=" + end}
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("run bash: %v", err)
	}
	return strings.Split(strings.TrimSuffix(string(out), end), end)
}

// samples are every byte in several places, and random strings of what matters to quoting.
func samples() []string {
	var s []string
	for c := 1; c < 256; c++ {
		b := string([]byte{byte(c)})
		s = append(s, b, "a"+b, b+"a", "a="+b+"b", " "+b, "x:"+b)
	}
	pieces := []string{"'", "\"", "\\", "$", "`", "~", "#", " ", "\n", "\t", "é", "€", "\xff", "\u00a0", "\u200b",
		"\u2028", "\U0001f600", "\x01", "a", "=", ":", "-", "{", "}", "[", "]", "!", "\x1b", "\xed\xa0\x80", "\xc3"}
	random := rand.New(rand.NewPCG(5, 2))
	for range 500 {
		var b strings.Builder
		for range 1 + random.IntN(6) {
			b.WriteString(pieces[random.IntN(len(pieces))])
		}
		s = append(s, b.String())
	}
	return append(s, "", "@", "*")
}

func TestFormsAreBashs(t *testing.T) {
	in := samples()
	for _, locale := range []string{"C", "C.UTF-8"} {
		utf8 := locale == "C.UTF-8"
		for _, form := range []struct {
			name, script string
			of           func(s string) string
		}{
			{"Escape", `for s; do printf '%q'"$end" "$s"; done`, func(s string) string { return Escape(s, utf8) }},
			{"Reusable", `for s; do printf '%s'"$end" "${s@Q}"; done`, func(s string) string { return Reusable(s, utf8) }},
			{"Value", `for s; do declare -p s; printf "$end"; done`, func(s string) string { return "declare -- s=" + Value(s, utf8) + "\n" }},
			{"Key", `for s; do [[ $s ]] || s=empty; unset m; declare -A m; m["$s"]=; declare -p m; printf "$end"; done`, func(s string) string {
				if s == "" {
					s = "empty"
				}
				return "declare -A m=([" + Key(s, utf8) + "]=\"\" )\n"
			}},
			{"TraceWord", `exec 2>&1; PS4=; for s; do set -x; : "$s"; { set +x; printf "$end"; } 2>/dev/null; done`, func(s string) string { return ": " + TraceWord(s, utf8) + "\n" }},
			{"Trace", `exec 2>&1; PS4=; for s; do set -x; x=$s; { set +x; printf "$end"; } 2>/dev/null; done`, func(s string) string { return "x=" + Trace(s, utf8) + "\n" }},
			{"Single", `for s; do alias x="$s"; alias x; printf "$end"; done`, func(s string) string { return "alias x=" + Single(s) + "\n" }},
		} {
			got := bash(t, locale, form.script, in)
			if len(got) != len(in) {
				t.Fatalf("%s in %s: bash gave %d answers for %d", form.name, locale, len(got), len(in))
			}
			for i, s := range in {
				if mine := form.of(s); mine != got[i] {
					t.Errorf("%s(%q) in %s = %q, bash has %q", form.name, s, locale, mine, got[i])
				}
			}
		}
	}
}

func TestListingIsBashs(t *testing.T) {
	in := []string{"a b", "it's", "~", "a:~", "\x01 b", "é", "#", "a#", "plain", "a=b", "'", "x\n", "\xff", "{", "", "a\\b"}
	for _, locale := range []string{"C", "C.UTF-8"} {
		got := bash(t, locale, `for s; do x1=$s; set | while IFS= read -r l; do case $l in x1=*) printf '%s'"$end" "$l";; esac; done; done`, in)
		for i, s := range in {
			if mine := "x1=" + Listing(s, locale == "C.UTF-8"); mine != got[i] {
				t.Errorf("Listing(%q) in %s = %q, bash has %q", s, locale, mine, got[i])
			}
		}
	}
}

// escapes are random strings of escapes, whole and broken.
func escapes() []string {
	pieces := []string{`\`, `\\`, `\a`, `\b`, `\e`, `\E`, `\f`, `\n`, `\r`, `\t`, `\v`, `\1`, `\12`, `\177`, `\0`, `\01`, `\0377`,
		`\400`, `\x`, `\x4`, `\x41`, `\x414`, `\x{41}`, `\x{`, `\x{g`, `\x{1234}`, `\u`, `\u4`, `\u41`, `\ue9`, `\u20ac`, `\ud800`,
		`\U`, `\U1f600`, `\U110000`, `\U4000000`, `\U7fffffff`, `\Uffffffff`, `\"`, `\?`, `\q`, `\8`, `\ca`, `\c?`, `\c\\`, `\c[`, `\cé`, "a", "8", "é",
		"\xff", "{", "}", " "}
	random := rand.New(rand.NewPCG(7, 3))
	var s []string
	for _, p := range pieces {
		s = append(s, p, p+"z")
	}
	for range 400 {
		var b strings.Builder
		for range 1 + random.IntN(4) {
			b.WriteString(pieces[random.IntN(len(pieces))])
		}
		s = append(s, b.String())
	}
	return s
}

func TestDecodersAreBashs(t *testing.T) {
	in := escapes()
	const show = `; printf "$end"; done`
	for _, locale := range []string{"C", "C.UTF-8"} {
		utf8 := locale == "C.UTF-8"
		for _, form := range []struct {
			name, script string
			of           func(s string) []byte
		}{
			{"Dollar", `for s; do printf %s "${s@E}"` + show, func(s string) []byte { return []byte(Dollar(s, utf8)) }},
			{"Echo", `for s; do echo -ne "$s"` + show, func(s string) []byte { b, _ := Echo(nil, s, utf8); return b }},
			{"Printf", `exec 2>/dev/null; for s; do printf %b "$s"` + show, func(s string) []byte { b, _, _ := Printf(nil, s, utf8); return b }},
			{"PrintfFormat", `exec 2>/dev/null; for s; do printf -- "$s"` + show, func(s string) []byte { return formatOnly(s, utf8) }},
		} {
			got := bash(t, locale, form.script, in)
			for i, s := range in {
				if mine := string(form.of(s)); mine != got[i] {
					t.Errorf("%s(%q) in %s = %q, bash has %q", form.name, s, locale, mine, got[i])
				}
			}
		}
	}
}

// formatOnly decodes s as printf does a format without conversions.
func formatOnly(s string, utf8 bool) []byte {
	var out []byte
	for s != "" {
		n := 1
		if s[0] == '\\' {
			out, n, _ = PrintfFormat(out, s, utf8)
		} else {
			out = append(out, s[0])
		}
		s = s[n:]
	}
	return out
}

// untilNUL is what a shell keeps of b.
func untilNUL(b string) string {
	if i := bytes.IndexByte([]byte(b), 0); i >= 0 {
		return b[:i]
	}
	return b
}
