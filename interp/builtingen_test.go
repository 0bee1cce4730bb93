package interp

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"sshell/interp/quote"
)

// builtinGen makes random calls of builtins.
type builtinGen struct{ wordGen }

// read makes a call of read on a random line, and shows what it gave and left.
func (g builtinGen) read() string {
	line := g.some(7, func() string {
		return g.pick("a", "b", "c", " ", "  ", ":", ",", "\t", `\`, `\\`, "\n", "x y", `\ `, `\:`, "::", " :", ": ", "é")
	})
	if g.IntN(3) > 0 || strings.HasSuffix(line, `\`) { // bash lets its own mark out for a backslash at the very end
		line += "\n"
	}
	if g.IntN(3) == 0 {
		line += "next line\n"
	}
	ifs := g.pick("", "", "IFS=: ", "IFS=' :' ", "IFS=$', \\t' ", "IFS= ", "IFS=x ", "IFS='\\' ", "IFS=:, ", "IFS=$'\\n' ")
	options := g.pick("", "", "-r ", "-r ", "-d : ", "-n 3 ", "-N 4 ", "-d '' ", "-r -d , ", "-rn 5 ", "-d x -n 4 ")
	names := g.pick("a", "a b", "a b c", "", "-a a", "a b", "'a[1]' b")
	feed := g.pick("printf %b "+quote.Single(strings.ReplaceAll(line, `\`, `\\\\`))+" | { ", "{ ")
	end := "}"
	if feed == "{ " {
		end = "} < <(printf %s " + quote.Single(line) + ")"
		if g.IntN(2) == 0 {
			feed, end = "printf %s "+quote.Single(line)+" > readfile; { ", "} < readfile"
		}
	}
	return feed + "unset a b c; " + ifs + "read " + options + names + `; echo $?; declare -p a b c REPLY; cat; ` + end
}

// test makes an expression for test or [[ of words that may be operators.
func (g builtinGen) test() string {
	word := func() string {
		return g.pick("a", "b", "''", "!", "'('", "')'", "-n", "-z", "-a", "-o", "=", "!=", "-eq", "1", "2", "-e", "/", "'<'", "-v", "x", "a", "1", "-f", "]")
	}
	words := make([]string, g.IntN(7))
	for i := range words {
		words[i] = word()
	}
	return "test " + strings.Join(words, " ") + "; echo $?"
}

// condition makes an expression for [[ that can be parsed.
func (g builtinGen) condition(depth int) string {
	operand := func() string {
		return g.pick("$x", `"$x"`, "$y", "$w", `"$w"`, "a*", "'a*'", "$n", "3", "abc", `"$t"`, "$t", "''", "a[1]", "[ab]c", `a\ b`, "$1", "$@", "~", "{a,b}")
	}
	if depth > 0 {
		switch g.IntN(5) {
		case 0:
			return g.condition(depth-1) + g.pick(" && ", " || ") + g.condition(depth-1)
		case 1:
			return "! " + g.condition(depth-1)
		case 2:
			return "( " + g.condition(depth-1) + " )"
		}
	}
	switch g.IntN(5) {
	case 0:
		return operand() + g.pick(" -eq ", " -lt ", " -ge ", " -ne ") + operand()
	case 1:
		return g.pick("-n ", "-z ", "-v ", "-e ", "-o ") + operand()
	case 2:
		return operand() + g.pick(" =~ ") + g.pick("$x", `"$w"`, "a.c", "^(a)(b)?", "b+$", "[ab]+", `\.`, "(x|$t)", "^$", "$n")
	}
	return operand() + g.pick(" == ", " = ", " != ", " < ", " > ") + operand()
}

// getopts makes a loop over random options.
func (g builtinGen) getopts() string {
	letters := g.pick("", "", ":") + g.some(4, func() string { return g.pick("a", "b", "c", "a:", "b:", "d", "-") })
	words := make([]string, g.IntN(6))
	for i := range words {
		words[i] = g.pick("-a", "-b", "-ab", "-abc", "-axy", "-cb", "x", "-", "--", "-d", "-z", "''", "-a-", "-ba", "--a", "-:")
	}
	again := g.pick("", "; OPTIND=1; getopts "+letters+" o "+strings.Join(words, " ")+`; echo "$? $o"`, "; f -a -b; f -b")
	return "f() { local OPTIND; getopts ab o \"$@\"; echo \"f $? $o $OPTIND\"; }; while getopts '" + letters + "' o " + strings.Join(words, " ") +
		`; do echo "$o ${OPTARG-u} $OPTIND"; done; echo "$? $o ${OPTARG-u} $OPTIND"` + again
}

// dirs makes a series of calls that move the directory stack.
func (g builtinGen) dirs() string {
	var b strings.Builder
	b.WriteString("cd /")
	for range 2 + g.IntN(6) {
		index := g.pick("+", "-") + fmt.Sprint(g.IntN(4))
		b.WriteString("; " + g.pick("pushd /usr", "pushd /etc", "pushd /tmp", "pushd", "popd", "pushd "+index, "popd "+index,
			"popd -n", "pushd -n /bin", "popd -n "+index, "pushd -n "+index, "dirs "+index, "dirs -v", "dirs -p", "cd /usr/bin", "cd ..", "cd -",
			"pushd -", "dirs -l", "echo ~"+index, "cd ./lib/../share", "pushd share") + "; echo $?")
	}
	return b.String() + `; pwd; dirs`
}

// mapfile makes a call of mapfile on a few lines.
func (g builtinGen) mapfile() string {
	text := g.some(6, func() string { return g.pick("a", "b c", `\n`, `\n`, ":", `\t`, "''") })
	return "unset a; " + g.pick("", "", "a=(1 2 3); ", "a=s; ") + "mapfile " + g.pick("", "-t ", "-t ") + g.pick("", "", "-n 2 ", "-s 1 ", "-O 1 ", "-O 5 ", "-n 1 -s 1 ") +
		g.pick("", "", "-d : ", "-d '' ", "-C 'echo cb' -c 1 ", "-C 'echo cb' -c 2 ") + "a < <(printf '" + text + "'); echo $?; declare -p a"
}

// exporting matches declarations that, in a function with an assignment in front of its call, bash lets out of the
// function.
var exporting = regexp.MustCompile(`export|readonly|-x|=\(`)

// local makes functions that declare, change and unset what each other sees.
func (g builtinGen) local() string {
	body := func() string {
		return g.some(4, func() string {
			v := g.pick("x", "y", "a", "n")
			return g.pick("local "+v+"; ", "local "+v+"=L; ", v+"=S; ", v+"+=P; ", "unset "+v+"; ", "declare -g "+g.pick("x", "y", "n")+"=G; ", "local -i "+v+"=2+1; ",
				"local -a "+v+"; ", "local -A "+v+"; ", "declare "+v+"[1]=E; ", "export "+v+"; ", "local -x "+v+"=X; ", "local -u "+v+"; ",
				v+"=(1 2); ", "local "+v+"=(A B); ", "readonly "+v+"; ", "local -n r="+v+"; r=R; ", "local -I "+v+"; ", "env | grep ^"+v+"=; ",
				"declare -p "+v+"; ", "set -u; local -; ")
		})
	}
	program := "unset -n r; unset x y a n; x=gx a=(ga) n=5; f() { " + body() + "g; " + body() + "}; g() { " + body() + "}; "
	if !exporting.MatchString(program) {
		program += g.pick("", "x=T ", "y=T ", "n=7 ")
	}
	return program + "f; declare -p x y a n"
}

// set makes calls of set that change options and parameters.
func (g builtinGen) set() string {
	var b strings.Builder
	for range 1 + g.IntN(4) {
		b.WriteString("set " + g.pick("-e", "+e", "-u", "-f", "-o pipefail", "+o pipefail", "-o posix", "--", "-- x y", "- a", "-eu -- 1", "+", "-", "a -e",
			"-o errexit q", "-fo nounset", "-C", "-a", "-E -T", "+o noglob z", "-ef +e b", "-o emacs", "-o nosuch", "-z", "-k", "-h", "+h", "+B") + "; echo \"$? $- $*\"; ")
	}
	return b.String() + "echo $SHELLOPTS; shopt -o | grep -c on; set +o | md5sum"
}

// TestRandomBuiltins compares calls made from fixed seeds with bash.
func TestRandomBuiltins(t *testing.T) {
	g := builtinGen{wordGen{rand.New(rand.NewPCG(6, 1))}}
	var commands []string
	for range 80 {
		commands = append(commands, g.all()...)
	}
	compareGenerated(t, commands)
}

func (g builtinGen) all() []string {
	return []string{g.read(), g.test(), "[[ " + g.condition(2) + " ]]; echo $? ${BASH_REMATCH[@]}", g.getopts(), g.dirs(), g.mapfile(), g.local(), g.set()}
}

// FuzzBuiltins compares calls made from any seed with bash.
func FuzzBuiltins(f *testing.F) {
	f.Add(uint64(1), uint64(1))
	f.Fuzz(func(t *testing.T, a, b uint64) {
		g := builtinGen{wordGen{rand.New(rand.NewPCG(a, b))}}
		compareGenerated(t, g.all())
	})
}
