package interp

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

// braceWords makes commands with random words of what means something to brace expansion.
func randomBraces(g wordGen, n int) []string {
	commands := make([]string, n)
	for i := range commands {
		commands[i] = "p" + g.some(2, func() string {
			return " " + g.some(9, func() string {
				return g.pick("{", "{", "{", "}", "}", ",", ",", "..", "a", "b", "1", "3", "-2", "01", "$x", `"q,"`, "\\,", "\\{", "..3}", "{1..", "{a,b}", "''")
			})
		})
	}
	return commands
}

func TestRandomBraces(t *testing.T) {
	compareGenerated(t, randomBraces(wordGen{rand.New(rand.NewPCG(3, 1))}, 600))
}

func FuzzBraces(f *testing.F) {
	f.Add(uint64(1), uint64(1))
	f.Fuzz(func(t *testing.T, a, b uint64) {
		compareGenerated(t, randomBraces(wordGen{rand.New(rand.NewPCG(a, b))}, 40))
	})
}

// TestRepair: what the parser refuses and bash takes is mended, and comes back as it was written.
func TestRepair(t *testing.T) {
	for _, text := range []string{
		"m[a.b]=1\n", "echo ${m[a.b]} ${m[/x]}\n", "m[$a:$b]=1\n", "m[a b]=2\n", "m=([a.b]=1 [c d]=2)\n", "echo $((1 $op 2))\n",
		"echo $(( ))\n", "(( ))\n", "((x $op 1))\n", "for ((i = 0; i $lt 3; i++)); do :; done\n", "a=($x=1 \"$y\"=2)\n",
		"a=([ab]* [k]=v)\n", "echo ${x::2} ${x:1:} ${x:$y $z}\n", "if ((1 $op 2)); then echo ${m[a.b]}; fi\n",
		"f() { local -A m=([x y]=1); echo \"${m[x y]} $((m[x y] $op 1))\"; }\n",
	} {
		if _, err := parseEncoded(text); err == nil {
			t.Errorf("%q: the parser takes it as it is", text)
		}
		mended, ok := repair(text)
		if !ok {
			t.Errorf("%q: not mended", text)
			continue
		}
		if back := decodeSource(mended); back != text && !strings.Contains(text, "::") {
			t.Errorf("%q: came back as %q", text, back)
		}
	}
	for _, text := range []string{"fi\n", "a=(\n", "echo ${x\n", "case x in\n", ")\n", "x=(a))\n", "if ((1; then\n", "done ((x))\n"} {
		if mended, ok := repair(text); ok {
			t.Errorf("%q: mended to %q", text, mended)
		}
	}
}

// FuzzRepair: no text makes repair loop or fail, and what it mends the parser takes.
func FuzzRepair(f *testing.F) {
	for _, seed := range []string{"m[a.b]=1", "echo $((1 $op 2))", "a=([k]+=v [ab]*)", "${x::}", "((((", "$[[", "a[`", "${a['", "${:", "$((", "(("} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) || len(text) > 400 {
			return
		}
		if mended, ok := repair(string(encodeSource([]byte(text)))); ok {
			if _, whole := firstFault(mended); !whole {
				t.Errorf("%q: mended to %q, which cannot be parsed", text, mended)
			}
		}
	})
}
