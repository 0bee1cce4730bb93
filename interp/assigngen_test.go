package interp

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// assignGen makes random programs of assignments, declarations and removals of a few variables.
type assignGen struct{ wordGen }

func (g assignGen) variable() string { return g.pick("x", "y", "a", "b", "m", "r") }

func (g assignGen) value() string {
	return g.pick("1", "2+3", "aBc", "''", "'p q'", "$x", `"$y"`, "$i", "x", "${a[1]}", `"${a[@]}"`, "$((i+1))", "éÀ", "5", "-1", "a[1]")
}

func (g assignGen) subscript() string {
	return g.pick("0", "1", "2", "-1", "i", "$i", "1+1", "k", "$x", "'p q'", `"$y"`, "7")
}

func (g assignGen) literal() string {
	n := g.IntN(4)
	words := make([]string, n)
	for i := range words {
		words[i] = g.pick(g.value(), "["+g.subscript()+"]="+g.value(), g.value(), "["+g.subscript()+"]+="+g.value())
	}
	return "(" + strings.Join(words, " ") + ")"
}

func (g assignGen) statement() string {
	v := g.variable()
	switch g.IntN(18) {
	case 0, 1:
		return v + g.pick("=", "+=") + g.value()
	case 2, 3:
		return v + "[" + g.subscript() + "]" + g.pick("=", "+=") + g.value()
	case 4, 5:
		return v + g.pick("=", "+=") + g.literal()
	case 6, 7:
		return "declare -" + g.pick("i", "u", "l", "c", "x", "a", "A", "iu", "ai", "Au") + " " + v
	case 8:
		return "declare -" + g.pick("i", "u", "l", "x") + " " + v + g.pick("=", "+=") + g.value()
	case 9:
		return "unset " + g.pick(v, "'"+v+"["+g.pick("0", "1", "i", "-1", "k")+"]'", "-v "+v)
	case 10:
		return "declare -n r=" + g.pick("x", "y", "'a[1]'", "m", "a", "b")
	case 11:
		return "((" + g.pick(v, v+"[1]", v+"[i]") + g.pick("=", "+=", "-=") + g.pick("2", "i", "3*4") + "))"
	case 12:
		return ": ${" + g.pick(v, v+"[1]", v+"[i+1]") + g.pick("=", ":=") + g.value() + "}"
	case 13:
		target := g.pick(v, v+"[1]", "'"+v+"[i]'")
		return g.pick("printf -v "+target+" %s 'v w'", "read -r "+target+" <<< 'v w'")
	case 14:
		return "f() { " + g.pick("local "+v+"="+g.value(), "local "+v, "local -a "+v, "local -i "+v+"=2+2") + "; " + v + g.pick("=", "+=") + g.value() + "; declare -p " + v + "; }; f"
	case 15:
		return "for " + v + " in " + g.value() + " " + g.value() + "; do :; done"
	case 16:
		return "declare +" + g.pick("i", "u", "l", "x", "n") + " " + g.pick(v, "r")
	}
	return "export " + g.pick("x", "y", "a", "m") + g.pick("", "="+g.value())
}

func (g assignGen) program() string {
	var b strings.Builder
	b.WriteString("unset -n r; unset k x y a b m r i; i=1 x=X y='p q' a=(1 2 3); declare -A m=([k]=v)\n")
	for range 2 + g.IntN(5) {
		b.WriteString(g.statement() + "\n")
	}
	b.WriteString("declare -p x y a b m i r; echo \"$x|$y|${a[*]}|${b[*]}|${m[*]}|${!m[*]}|$i\"")
	return b.String()
}

// TestRandomAssignments compares programs made from fixed seeds with bash.
func TestRandomAssignments(t *testing.T) {
	g := assignGen{wordGen{rand.New(rand.NewPCG(4, 1))}}
	commands := make([]string, 300)
	for i := range commands {
		commands[i] = g.program()
	}
	compareGenerated(t, commands)
}

// FuzzAssignment compares programs made from any seed with bash.
func FuzzAssignment(f *testing.F) {
	f.Add(uint64(1), uint64(1))
	f.Fuzz(func(t *testing.T, a, b uint64) {
		g := assignGen{wordGen{rand.New(rand.NewPCG(a, b))}}
		commands := make([]string, 20)
		for i := range commands {
			commands[i] = g.program()
		}
		compareGenerated(t, commands)
	})
}
