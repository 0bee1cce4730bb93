package regex

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// grammar builds random expressions and strings over a small alphabet.
type grammar struct {
	*rand.Rand
	letters []string
}

func (g grammar) letter() string { return g.letters[g.IntN(len(g.letters))] }

func (g grammar) text() string {
	var b strings.Builder
	for range g.IntN(9) {
		b.WriteString(g.letter())
	}
	return b.String()
}

func (g grammar) expr(depth int) string {
	branches := make([]string, 1+g.IntN(4)/2)
	for i := range branches {
		for range g.IntN(4) {
			branches[i] += g.atom(depth) + g.count()
		}
	}
	return strings.Join(branches, "|")
}

func (g grammar) atom(depth int) string {
	switch n := g.IntN(10); {
	case n < 4 || n < 8 && depth == 0:
		return g.letter()
	case n < 8:
		return "(" + g.expr(depth-1) + ")"
	case n < 9:
		return "."
	}
	return []string{"[ab]", "[^a]", "[[:alpha:]]", `\w`, `\W`, "[a-c]"}[g.IntN(6)]
}

func (g grammar) count() string {
	if g.IntN(5) > 1 {
		return ""
	}
	return []string{"*", "+", "?", "{2}", "{1,2}", "{0,2}", "{,3}", "{2,}", "*", "+", "?"}[g.IntN(11)]
}

func TestRandomAgainstBash(t *testing.T) {
	for _, test := range []struct {
		letters string
		options options
	}{
		{"a b a b c", options{}},
		{"a é b 世", options{}},
		{"a A b é É", options{noCase: true}},
		{"a b é \xff", options{bytes: true}},
		{"a b ] } ) - , : \\", options{}},
	} {
		t.Run(fmt.Sprint(test.letters, test.options), func(t *testing.T) {
			g := grammar{rand.New(rand.NewPCG(1, 9)), strings.Fields(test.letters)}
			var pairs []pair
			for len(pairs) < 3000 {
				re := g.expr(2)
				p := &parser{text: re}
				if n, err := p.parse(); err == nil && endless(n) {
					continue
				}
				switch g.IntN(4) {
				case 0: // an anchor in a group that repeats is not for the C library
					re = "^(" + re + ")"
				case 1:
					re = "(" + re + ")$"
				}
				pairs = append(pairs, pair{re, g.text()}, pair{re, g.text()})
			}
			compare(t, pairs, test.options)
		})
	}
}

// FuzzMatch: the two matchers find the same, and it is within the string.
func FuzzMatch(f *testing.F) {
	for _, c := range pairsOf(plainCases) {
		f.Add(c.re, c.s, false)
	}
	f.Fuzz(func(t *testing.T, re, s string, noCase bool) {
		if len(re) > 30 || len(s) > 30 {
			return
		}
		r, err := Compile(re, noCase)
		if err != nil || len(r.prog.insts) > 2000 {
			return
		}
		subs, ok := r.Match(s)
		for _, sub := range subs {
			if sub[0] > sub[1] || sub[1] > len(s) || sub[0] < -1 {
				t.Fatalf("%q on %q: %v", re, s, subs)
			}
		}
		if r.prog.literal {
			return // the other matchers do not look within a code point
		}
		again, okAgain := newBacktracker(r, s).match()
		if ok != okAgain || !slices.Equal(subs, again) {
			t.Errorf("%q on %q: %v %t, backtracking %v %t", re, s, subs, ok, again, okAgain)
		}
	})
}

// endless reports whether the C library may not come back: where a group
// repeats that can be empty and has groups in it.
func endless(n *node) bool {
	if n.kind == repeat && n.max != 1 && n.subs[0].nullable() && n.subs[0].groups() > 1 {
		return true
	}
	for _, sub := range n.subs {
		if endless(sub) {
			return true
		}
	}
	return false
}

func (n *node) groups() int {
	count := 0
	if n.kind == group {
		count++
	}
	for _, sub := range n.subs {
		count += sub.groups()
	}
	return count
}
