package format

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"sshell/interp/quote"
)

var (
	rounds = flag.Int("rounds", 400, "how many random cases to compare with bash")
	seed   = flag.Uint64("seed", 1, "the seed of the random cases")
)

// oracleHost records what a printf says, in the words that bash prints before its output.
type oracleHost struct {
	host
	utf8 bool
	zone string
}

func (h *oracleHost) UTF8() bool { return h.utf8 }
func (h *oracleHost) Clock() Clock {
	return Clock{Now: time.Unix(1e9, 0), Started: time.Unix(5, 0), Zone: Zone(h.zone, "")}
}

func (h *oracleHost) Assign(name, value string) error {
	if !identifier.MatchString(name) {
		return errors.New("`" + name + "': not a valid identifier")
	}
	return nil
}

var identifier = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

var location = regexp.MustCompile(`(?m)^bash: line \d+: printf: `)

// compare runs each of cases, a format with its arguments, here and in bash.
func compare(t *testing.T, locale, zone string, cases [][]string) {
	t.Helper()
	const end = "<|end|>"
	var script strings.Builder
	for _, c := range cases {
		script.WriteString("printf --")
		for _, arg := range c {
			script.WriteString(" " + quote.Single(arg))
		}
		script.WriteString("; printf '|%d" + end + "' $?; printf '" + end + "' >&2\n")
	}
	cmd := exec.Command("bash")
	cmd.Stdin = strings.NewReader(script.String())
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=" + locale, "TZ=" + zone}
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("run bash: %v", err)
	}
	answers := strings.Split(stdout.String(), end)
	messages := strings.Split(location.ReplaceAllString(strings.ReplaceAll(stderr.String(), end, end+"\n"), ""), end+"\n")
	if len(answers) != len(cases)+1 || len(messages) != len(cases)+1 {
		t.Fatalf("bash gave %d answers and %d messages for %d cases", len(answers)-1, len(messages)-1, len(cases))
	}
	for i, c := range cases {
		h := &oracleHost{utf8: locale == "C.UTF-8", zone: zone}
		text, status := Printf(nil, c[0], c[1:], h)
		said := ""
		for _, msg := range h.messages {
			said += msg + "\n"
		}
		if mine := fmt.Sprintf("%s|%d", text, status); mine != answers[i] || said != messages[i] {
			t.Errorf("%s TZ=%s printf %q:\n have %q %q\n bash %q %q", locale, zone, c, mine, said, answers[i], messages[i])
		}
	}
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

var numbers = []string{"0", "1", "-1", "42", "+7", "007", "08", "0x1F", "0XaB", "0x", "0xg", " 5", "5 ", "", "x", "12abc", "1e3",
	"9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "18446744073709551615",
	"18446744073709551616", "-18446744073709551616", "'a", "\"é", "'", "'\xff", "3.14", "-0", "0b1", "1_0", "99999999999999999999x"}

var floats = []string{"0", "-0", "1", "0.1", "-1.5", "2.5", "0.5", "1e10", "1e-10", "123456789.123456789", "1e300", "-1e-300", "1e4932",
	"1.1897314953572317650e4932", "1.19e4932", "3.3621031431120935063e-4932", "1e-4940", "3.6e-4951", "1e-4951", "1e-4952", "1e5000", "1e-99999999999999", "inf", "-INF", "infinity",
	"nan", "-nan", "nan(1)", "nan(", "infin", "0x1p4", "0x1.8", "-0x.8p1", "0x1p", "0x1p-16445", "0x1p-16446", "0x1.8p-16445", "0x1.fffffffffffffffep0", "0x1.ffffffffffffffff",
	"1e", "1e+", ".5", "5.", ".", " 12", "12 ", "abc", "", "'a", "'", "0.00001234", "1234567", "18446744073709551615",
	"18446744073709551617", "36893488147419103231", "0.3333333333333333333333333333333333", "1.99", "1.9999999"}

var texts = []string{"", "a", "hello", "é", "a b", "it's", "\xff\xfe", `a\tb`, `x\cy`, `\0101\x41\q`, "~x", "$v", "日本", `\x`, "tab\there"}

// randomCase makes a format of a few conversions and arguments for it, some of the wrong kind.
func randomCase(r *rand.Rand) []string {
	var format strings.Builder
	var args []string
	for range 1 + r.IntN(3) {
		format.WriteString(pick(r, []string{"", "x", `\t`, `\101`, `\x41`, `\q`, "%%", "é", `\u00e9`}))
		format.WriteByte('%')
		for r.IntN(3) == 0 {
			format.WriteByte("-+ 0#'"[r.IntN(6)])
		}
		switch r.IntN(6) {
		case 0:
			format.WriteByte('*')
			args = append(args, pick(r, []string{"5", "-12", "0", "x", ""}))
		case 1, 2:
			format.WriteString(strconv.Itoa(r.IntN(30)))
		}
		switch r.IntN(6) {
		case 0:
			format.WriteString(".*")
			args = append(args, pick(r, []string{"3", "-1", "0", "7x"}))
		case 1, 2:
			format.WriteString("." + pick(r, []string{"", "0", "1", "2", "5", "10", "14", "15", "16", "21"}))
		}
		if r.IntN(8) == 0 {
			format.WriteString(pick(r, []string{"l", "ll", "h", "hh", "j", "z", "t", "L"}))
		}
		verb := "sssbqQcdiouxXeEfFgGaAn(y"[r.IntN(24)]
		switch verb {
		case '(':
			format.WriteString("(" + pick(r, []string{"", "%Y", "%c", "x%%y", "(%H)"}) + ")T")
			args = append(args, pick(r, []string{"0", "1000000000", "-5", "x", ""}))
			continue
		case 'n':
			format.WriteByte(verb)
			args = append(args, pick(r, []string{"v", ""}))
			continue
		case 'd', 'i', 'o', 'u', 'x', 'X':
			args = append(args, pick(r, numbers))
		case 'e', 'E', 'f', 'F', 'g', 'G', 'a', 'A':
			args = append(args, pick(r, floats))
		default:
			args = append(args, pick(r, texts))
		}
		format.WriteByte(verb)
	}
	format.WriteString(pick(r, []string{"", "|", `\n`, "%", "%5", `\`}))
	whole := len(args)
	// A time without an argument is now.
	if n := r.IntN(len(args) + 3); n < len(args) && !strings.Contains(format.String(), "(") {
		args = args[:n]
	}
	// A large number must not come to stand for a star.
	if r.IntN(3) == 0 && (len(args) == whole || !strings.Contains(format.String(), "*")) {
		args = append(args, args...)
	}
	return append([]string{format.String()}, args...)
}

func TestRandomIsBashs(t *testing.T) {
	r := rand.New(rand.NewPCG(*seed, 0))
	for _, locale := range []string{"C", "C.UTF-8"} {
		var cases [][]string
		for range *rounds {
			cases = append(cases, randomCase(r))
		}
		compare(t, locale, "UTC", cases)
	}
}

func TestNumbersAreBashs(t *testing.T) {
	var cases [][]string
	for _, n := range numbers {
		for _, f := range []string{"%d", "%u", "%x", "%#X", "%#o", "%.0d", "%+5.3d", "%-8d|", "%08d"} {
			cases = append(cases, []string{f, n})
		}
	}
	for _, n := range floats {
		for _, f := range []string{"%f", "%.0f", "%#.0f", "%.20f", "%e", "%.0e", "%#.0e", "%.3g", "%g", "%#g", "%.25g", "%a", "%.0a", "%.1a",
			"%.3A", "%#a", "%.14a", "%.15a", "%.20a", "%+012.2f", "%-15g|", "%020a", "% e"} {
			cases = append(cases, []string{f, n})
		}
	}
	r := rand.New(rand.NewPCG(*seed, 1))
	for range *rounds {
		digits := strconv.FormatUint(r.Uint64(), 10)[:1+r.IntN(16)]
		n := fmt.Sprintf("%s.%de%d", digits, r.Uint64N(1e9), r.IntN(80)-40)
		if r.IntN(4) == 0 {
			n = fmt.Sprintf("%s%de%d", digits, r.Uint64(), r.IntN(9900)-4960)
		}
		cases = append(cases, []string{pick(r, []string{"%.30e", "%a", "%g", "%.17g", "%.5a", "%.0a"}), n})
	}
	// With # glibc drops the zeros of 1.00000e+06 here, which is a fault of its own.
	for _, n := range []string{"9.995", "99.95", "999999.5", "0.000099999999"} {
		for _, f := range []string{"%g", "%.2g", "%.3g", "%.1f", "%.0e"} {
			cases = append(cases, []string{f, n})
		}
	}
	compare(t, "C.UTF-8", "UTC", cases)
}

func TestTimesAreBashs(t *testing.T) {
	var layouts []string
	for c := ' '; c <= '~'; c++ {
		if c == '(' || c == ')' {
			continue
		}
		for _, before := range []string{"", "_", "-", "0", "^", "#", "5", "012", "_12", "-12", "E", "O", "^#", "#^", "^12", "5E", "+"} {
			layouts = append(layouts, "%("+"<%"+before+string(c)+">)T")
		}
	}
	layouts = append(layouts, "%(%)T", "%()T", "%(%0130d)T", "%(%0127d)T", "%(%5)T", "%(%5E)T", "%(a(%Y)b)T", "%(%Y)X", "%10.2(%Y)T", "%-10(%Y)T|")
	times := []string{"0", "1000000000", "-61000000000", "-62167219201", "-99999999999", "99999999999999999", "1230768000", "1609459199", "951782400", "43200"}
	var cases [][]string
	for _, layout := range layouts {
		for i, when := range times {
			if i < 2 || len(layout) < 9 {
				cases = append(cases, []string{layout, when})
			}
		}
	}
	compare(t, "C.UTF-8", "UTC", cases)
	for _, zone := range []string{"EST5EDT", "America/New_York", ":Asia/Tokyo", "XYZ-3:30", "<+03>-3", "AAA3BBB,M3.2.0,M11.1.0", "ABC3XYZ", "bogus", "",
		"A", "no/zone", "Europe/London", "/usr/share/zoneinfo/Asia/Kolkata", "Local"} {
		cases := [][]string{{"%(%c %Z %z %s)T", "1000000000"}, {"%(%c %Z %z %s)T", "1010000000"}, {"%(%c %z)T", "-3000000000"}}
		if zone != "ABC3XYZ" { // glibc forgets the rule that it assumed after 2037
			cases = append(cases, []string{"%(%c %z)T", "4000000000"})
		}
		compare(t, "C", zone, cases)
	}
}
