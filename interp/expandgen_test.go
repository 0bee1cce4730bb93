package interp

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// wordGen makes random words, assignments and other places where something is expanded, from a seed.
type wordGen struct{ *rand.Rand }

func (g wordGen) pick(from ...string) string { return from[g.IntN(len(from))] }

// some joins up to n results of f.
func (g wordGen) some(n int, f func() string) string {
	var b strings.Builder
	for range 1 + g.IntN(n) {
		b.WriteString(f())
	}
	return b.String()
}

// generated begins every script: the variables that expressions are about, and p, which shows its arguments.
const generated = `p() { printf '%d:' $#; printf '<%s>' "$@"; echo; }
x='a b' y= w='*' v=' lead  trail ' s='a:b::c' q='\*' n=3 t=abcabc g='g?' h='[a' k=: d=éàbÉz
a=(1 '2 3' '' d) e=() f=([2]=x [5]='y  z') i=x j='a[1]' l='a[@]'
declare -A m=([k]=v ['a b']='c  d')
declare -n r=x
set -- 'A B' '' C:D
touch a gx 'b c' d
`

func (g wordGen) name() string {
	return g.pick("x", "y", "z", "w", "v", "s", "q", "t", "d", "d", "g", "k", "h", "r", "1", "2", "3", "4", "@", "a[@]", "a[1]",
		"a[-1]", "a[n-1]", "a", "e[@]", "f[@]", "f[2]", "m[k]", "m[a b]", "m[$z]", "m[@]", "u[@]", "u[1]")
}

// joinedList makes an expansion of $* or a[*] with an operator. Beside other lists in one word bash splits what
// these give by rules of its own, so they stand alone.
func (g wordGen) joinedList() string {
	list := g.pick("*", "*", "a[*]", "e[*]", "f[*]", "m[*]")
	return "${" + list + g.pick("#?", "%[a-z]", "/ /R", "//[a-c]/&&", "^", "^^", ",,", ":1", ":1:2", ": -1", "@Q", "@U", ":-x", "-x", ":+x", "+x") + "}"
}

func (g wordGen) simpleParam() string {
	return g.pick("$x", "$y", "$z", "$w", "$v", "$s", "$q", "$t", "$1", "$2", "$3", "$@", "$*", "$#", "$g", "$k", "${x}", "${a[1]}", "${@}")
}

func (g wordGen) scalarParam() string {
	return g.pick("${x}", "${y}", "${z}", "${w}", "${v}", "${s}", "${q}", "${t}", "$1", "$2", "$3", "$#", "${g}", "${a[1]}", `"$@"`, `"${a[@]}"`)
}

// param makes ${…}; depth bounds how deep words nest, double says that it stands in double quotes.
func (g wordGen) param(depth int, double bool) string {
	name := g.name()
	word := func() string { return g.operand(depth-1, double) }
	switch g.IntN(14) {
	case 0:
		return "${#" + g.pick("x", "t", "a", "a[@]", "f[@]", "m[@]", "@", "*", "a[1]", "y", "1") + "}"
	case 1:
		return "${!" + g.pick("i", "j", "l", "a[@]", "f[@]", "m[@]", "r", "n", "x*", "a@") + "}"
	case 2, 3, 4, 5:
		return "${" + name + g.pick("-", ":-", "+", ":+", "-", ":-") + word() + "}"
	case 6:
		return "${" + g.pick("z", "y", "x", "u", "m[new]") + g.pick("=", ":=") + word() + "}"
	case 7, 8:
		return "${" + name + g.pick("#", "##", "%", "%%") + g.patternWord(depth-1) + "}"
	case 9, 10:
		return "${" + name + g.pick("/", "//", "/#", "/%") + g.patternWord(depth-1) + g.pick("", "/", "/"+g.replacementWord(depth-1)) + "}"
	case 11:
		return "${" + name + g.pick("^", "^^", ",", ",,") + g.pick("", "[a-c]", "?", "a", "$w") + "}"
	case 12:
		return "${" + name + ":" + g.pick("0", "1", " -1", "n-2", "2", " -2", "$n") + g.pick("", "", ":1", ":2", ":0", ":n-1") + "}"
	}
	ops := []string{"Q", "U", "u", "L", "E", "k", "K", "a"}
	if name == "@" || name == "*" { // bash's @a of these is what was in a buffer before
		ops = ops[:7]
	}
	return "${" + name + "@" + g.pick(ops...) + "}"
}

// operand makes the word behind an operator of a parameter expansion.
func (g wordGen) operand(depth int, double bool) string {
	if depth < 0 {
		return g.pick("", "o", "o p")
	}
	return g.some(3, func() string {
		switch g.IntN(9) {
		case 0, 1:
			return g.pick("o", "o p", " ", ":", "o:p", "*", "~", "\\$", "\\x", "a")
		case 2:
			if double { // bash 5.2 loses $x in "${z-$x"q"}" and q in "${z-"$x"q}"
				return `"` + g.pick("Q", "${x}", "$@", "", "*", "$1 ") + `"`
			}
			return `"` + g.quotedParts(depth-1) + `"`
		case 3:
			if double {
				return "'o ${x}'"
			}
			return g.pick("'o  p'", "'$x'", "''", "$'o\\tp'", "'*'")
		case 4, 5:
			return g.scalarParam()
		case 6:
			return g.param(depth-1, double)
		case 7:
			return g.substitution()
		}
		if double {
			return g.pick("o", "é", "\\\\")
		}
		return g.pick("o", "é", "\\ ", "\\\\")
	})
}

func (g wordGen) patternWord(depth int) string {
	if depth < 0 {
		return g.pick("a", "*", "?", "*b")
	}
	return g.some(2, func() string {
		switch g.IntN(6) {
		case 0:
			return g.simpleParam()
		case 1:
			return `"` + g.pick("*", "a", "$x", "$w", "b", " ") + `"`
		case 2:
			return g.pick("'*'", "'a'", "\\*", "\\a", "'b'")
		}
		return g.pick("a", "b", "*", "?", "[a-c]", "[!a]", " ", ":", "*b", "a*", "l", "c", "1", "A")
	})
}

func (g wordGen) replacementWord(depth int) string {
	if depth < 0 {
		return g.pick("R", "&", "")
	}
	return g.some(2, func() string {
		return g.pick("R", "&", "\\&", "$x", "\"$x\"", "'&'", "<&>", " ", "$(echo r)", "\"&\"", "$w", "$q", "\\\\", "\"$q\"", "${t#a}", "~", "\\n")
	})
}

func (g wordGen) substitution() string {
	return g.pick("$(echo c  d)", `$(echo "c  d")`, "$((n+1))", "$((n))", "$(printf 'e\\n\\n')", "`echo f`", "$(:)", `$(p "$@")`, "$((a[0]+n))", "$(echo '*')")
}

// quotedParts makes what stands in double quotes.
func (g wordGen) quotedParts(depth int) string {
	if depth < 0 {
		return g.pick("", "$x", "$@", "Q", "$y")
	}
	return g.some(3, func() string {
		switch g.IntN(8) {
		case 0:
			return g.pick("Q", " ", "*", "\\$", "\\x", "\\\"", "'", "~", "Q  R", ":")
		case 1, 2, 3:
			return g.simpleParam()
		case 4, 5:
			return g.param(depth-1, true)
		case 6:
			return g.substitution()
		}
		return g.pick("", "$@", "$*", "${a[@]}", "${a[*]}", "${e[@]}")
	})
}

// plainWord makes a word without lists.
func (g wordGen) plainWord() string {
	return g.some(4, func() string {
		switch g.IntN(4) {
		case 0:
			return g.pick("a", "b", "*", "?", "[ab]", "\\*", "'*'", "\" \"", "~")
		case 1:
			return `"` + g.scalarPlain() + g.scalarPlain() + `"`
		case 2:
			return g.substitution()
		}
		return g.scalarPlain()
	})
}

func (g wordGen) scalarPlain() string {
	return g.pick("$x", "$y", "$w", "$v", "$q", "$1", "${x#a}", "${t/b/*}", "${z-*}", "${y:-\"*\"}", "${a[1]%%3}", "${x^}", "${!i}", "${#x}")
}

// documentParts makes the text of a here-document.
func (g wordGen) documentParts(depth int) string {
	return g.some(4, func() string {
		switch g.IntN(6) {
		case 0:
			return g.pick("Q", " ", "*", "\\$", "\\x", "\\\"", "'", "\"", "~", "\\\\", ":")
		case 1, 2:
			return g.pick("$x", "$y", "$w", "$v", "$@", "${a[@]}", "${a[*]}", "$q", "$#", "${#a[@]}", "${!a[@]}")
		case 3:
			return g.substitution()
		}
		return "${" + g.pick("x", "z", "y", "a[1]", "s", "t") + g.pick("-o \"q\"", ":-$x", "#a", "%b", "/a/R", "//b", "^^", ":1", "@Q", ":+'o'", "-o}p", "+\"$x\"") + "}"
	})
}

func (g wordGen) word(depth int) string {
	return g.some(4, func() string {
		switch g.IntN(11) {
		case 0:
			return g.pick("a", "b", "-", ":", "*", "?", "[ab]", "\\*", "\\ ", "=", "~/", "a\\b", "g?", "{", "}")
		case 1:
			return g.pick("'s q'", "''", "'*'", "$'t\\tb'", "'$x'")
		case 2, 3, 4:
			return `"` + g.quotedParts(depth) + `"`
		case 5, 6, 7:
			return g.simpleParam()
		case 8, 9:
			return g.param(depth, false)
		}
		return g.substitution()
	})
}

// command makes something that expands words and shows what came of it.
func (g wordGen) command() string {
	const depth = 2
	ifs := g.pick("", "", "", "IFS=:; ", "IFS=' :'; ", "unset IFS; ", "IFS=b; ", "IFS=$'\\n'; ", "IFS=': '; ", "shopt -s nullglob; ", "set -f; ")
	w := func() string { return g.word(depth) }
	switch g.IntN(14) {
	case 13: // bash 5.2 lets its own escapes be seen in ${a[@]#?} where IFS is empty
		word := func() string {
			return g.some(3, func() string { return g.pick(g.simpleParam(), `"`+g.simpleParam()+`"`, g.plainWord()) })
		}
		return "IFS=; " + g.pick("p "+word()+" "+word(), "z2="+word()+`; p "$z2"`, "b=("+word()+`); p "${b[@]}"`, "cat <<< "+word())
	case 12:
		list := g.joinedList()
		return ifs + g.pick("p "+list, `p "`+list+`"`, "z2="+list+`; p "$z2"`, `z2="`+list+`"; p "$z2"`, "cat <<< "+list, `p "x`+list+`y"`, "p x"+list+"y")
	case 0:
		return ifs + "z2=" + w() + `; p "$z2"`
	case 1:
		return ifs + "b=(" + w() + " " + w() + `); p "${b[@]}"`
	case 2:
		return ifs + "case " + g.plainWord() + " in " + g.pick(`"$x"`, "*b*", g.plainWord()) + ") echo yes;; *) echo no;; esac"
	case 3:
		return ifs + "cat <<< " + w()
	case 4:
		return ifs + "[[ " + g.plainWord() + " == " + g.pick("*a*", g.plainWord()) + " ]]; echo $?"
	case 5:
		return ifs + "for o in " + w() + `; do p "$o"; done`
	case 6:
		return ifs + "cat <<E\n" + g.documentParts(depth) + "\nE"
	case 7:
		return ifs + "b=" + w() + "; b+=" + w() + `; p "$b"`
	case 8:
		return ifs + "declare -A c=([" + g.pick("k", "$x", `"$x"`, "k$n") + `]="` + g.quotedParts(0) + `"); p "${c[@]}" "${!c[@]}"`
	}
	return ifs + "p " + w() + g.pick("", " "+w())
}

// runGenerated runs each command in a subshell of its own and gives what it printed, and whether it failed.
func runGenerated(t *testing.T, dir, locale string, commands []string, shell string) []string {
	t.Helper()
	const end = "\x01\n"
	var b strings.Builder
	b.WriteString(generated)
	for _, c := range commands {
		fmt.Fprintf(&b, "(eval '%s') 2>/dev/null; [ $? = 0 ] && echo ok || echo failed; printf '\\001\\n'\n",
			strings.ReplaceAll(c, "'", `'\''`))
	}
	if err := os.WriteFile(filepath.Join(dir, "script"), []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	run := bashCase{locale: locale}
	got := run.run(t, dir, shell)
	answers := strings.Split(got.stdout, end)
	if len(answers) != len(commands)+1 {
		t.Fatalf("%s gave %d answers to %d commands; status %d, %s", shell, len(answers)-1, len(commands), got.status, got.stderr)
	}
	return answers
}

// compareGenerated runs commands with both shells, in the C locale and in one of UTF-8.
func compareGenerated(t *testing.T, commands []string) {
	t.Helper()
	dir := t.TempDir()
	for _, locale := range []string{"C", "C.UTF-8"} {
		want := runGenerated(t, dir, locale, commands, bashPath(t))
		got := runGenerated(t, dir, locale, commands, testBinary())
		for i, c := range commands {
			if got[i] != want[i] {
				t.Errorf("%s\nin %s\nsshell: %s\nbash:   %s", c, locale, got[i], want[i])
			}
		}
	}
}

// TestRandomExpansions compares words made from fixed seeds with bash.
func TestRandomExpansions(t *testing.T) {
	g := wordGen{rand.New(rand.NewPCG(2, 1))}
	commands := make([]string, 300)
	for i := range commands {
		commands[i] = g.command()
	}
	compareGenerated(t, commands)
}

// lists matches what expands to several fields. In some words that have more than one of these, or one beside
// the word of an operator, bash 5.2 drops an empty field, or splits where it does not otherwise.
var lists = regexp.MustCompile(`\$[@*]|\[[@*]\]|\$\{!?[@*]|\$\{![a-z]*[@*l]`)

// wordOperator matches ${x-, ${x:+ and their kin.
var wordOperator = regexp.MustCompile(`\$\{[a-z0-9@*]+(\[[^]]*\])?:?[-+=]`)

// FuzzExpansion compares words made from any seed with bash.
func FuzzExpansion(f *testing.F) {
	f.Add(uint64(1), uint64(1))
	f.Fuzz(func(t *testing.T, a, b uint64) {
		g := wordGen{rand.New(rand.NewPCG(a, b))}
		var commands []string
		for range 20 {
			c := g.command()
			if n := len(lists.FindAllString(c, -1)); n == 0 || n == 1 && !wordOperator.MatchString(c) {
				commands = append(commands, c)
			}
		}
		compareGenerated(t, commands)
	})
}
