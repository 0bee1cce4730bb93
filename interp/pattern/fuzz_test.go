package pattern

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// grammar builds random patterns and strings over a small alphabet.
type grammar struct {
	*rand.Rand
	letters []string
	only    string // letters for strings alone
}

func (g grammar) letter() string { return g.letters[g.IntN(len(g.letters))] }

func (g grammar) text() string {
	var b strings.Builder
	for range g.IntN(9) {
		if n := g.IntN(len(g.letters) + len(g.only)); n < len(g.only) {
			b.WriteByte(g.only[n])
		} else {
			b.WriteString(g.letter())
		}
	}
	return b.String()
}

func (g grammar) pattern(depth int) string {
	var b strings.Builder
	for range g.IntN(5) {
		switch n := g.IntN(14); {
		case n < 5:
			b.WriteString(g.letter())
		case n < 7:
			b.WriteString("*")
		case n < 8:
			b.WriteString("?")
		case n < 10:
			b.WriteString(g.bracket())
		case n < 13 && depth > 0:
			op := "?*+@!"[g.IntN(5)]
			if strings.HasSuffix(b.String(), "*") || strings.HasSuffix(b.String(), "?") {
				if op != '?' && op != '*' || !strings.HasSuffix(b.String(), "*") {
					continue // bash has bugs there, which the package's doc names
				}
				b.WriteString(string(op) + "(" + g.pattern(depth-1) + ")" + g.letter())
				continue
			}
			b.WriteByte(op)
			b.WriteString("(" + g.pattern(depth-1))
			for range g.IntN(3) {
				b.WriteString("|" + g.pattern(depth-1))
			}
			b.WriteString(")")
		default:
			b.WriteString(`\` + g.letter())
		}
	}
	return b.String()
}

func (g grammar) bracket() string {
	s := "[" + []string{"", "", "!", "^"}[g.IntN(4)]
	for range 1 + g.IntN(3) {
		switch g.IntN(6) {
		case 0:
			s += g.letter() + "-" + g.letter()
		case 1:
			s += "[:" + []string{"alpha", "digit", "upper", "punct", "nope"}[g.IntN(5)] + ":]"
		default:
			s += g.letter()
		}
	}
	return s + "]"
}

func (g grammar) pairs(n, depth int) []pair {
	var pairs []pair
	for len(pairs) < n {
		p := g.pattern(depth)
		for range 3 {
			pairs = append(pairs, pair{p, g.text()})
		}
	}
	return pairs
}

func TestRandomAgainstBash(t *testing.T) {
	for _, test := range []struct {
		name, locale string
		flags        Flags
		depth        int
		letters      string
		only         string
	}{
		{"simple", "C.UTF-8", 0, 0, "a b a b c . /", ""},
		{"extglob", "C.UTF-8", 0, 2, "a b a b . c", ""},
		{"odd", "C.UTF-8", 0, 1, "a b ] ) | ! - ^ * ? + @ .", "(\\["},
		{"utf8", "C.UTF-8", 0, 1, "a é ü b 世 É", ""},
		{"invalid", "C.UTF-8", 0, 1, "a b \xa9 \xff", ""},
		{"nocase", "C.UTF-8", NoCase, 1, "a A b B é É", ""},
		{"C", "C", Bytes, 1, "a b é \xff", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			g := grammar{rand.New(rand.NewPCG(1, 2)), strings.Fields(test.letters), test.only}
			compare(t, test.locale, test.flags, g.pairs(3000, test.depth))
		})
	}
}
