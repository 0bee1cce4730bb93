package arith

import (
	"math/rand/v2"
	"testing"
)

// grammar builds random expressions.
type grammar struct{ *rand.Rand }

func (g grammar) pick(s ...string) string { return s[g.IntN(len(s))] }

func (g grammar) lvalue() string {
	return g.pick("x", "y", "z", "n", "s", "u", "a", "a[0]", "a[1]", "a[x%3]", "a[u++]", "h[k]", "h[x]")
}

func (g grammar) operand(depth int) string {
	switch g.IntN(8) {
	case 0, 1:
		return g.pick("0", "1", "2", "3", "7", "010", "0x1f", "2#101", "64#_", "63", "9223372036854775807")
	case 2, 3:
		return g.lvalue()
	case 4:
		return g.pick("++", "--") + g.lvalue()
	case 5:
		return g.lvalue() + g.pick("++", "--", " ++")
	case 6:
		return g.pick("-", "+", "!", "~", "- ", "--") + g.operand(depth-1)
	}
	return "(" + g.expr(depth-1) + ")"
}

func (g grammar) expr(depth int) string {
	if depth <= 0 {
		return g.pick("1", "x", "y", "3", "a[1]")
	}
	switch g.IntN(10) {
	case 0:
		return g.lvalue() + g.pick("=", "+=", "-=", "*=", "/=", "%=", "<<=", ">>=", "&=", "^=", "|=") + g.expr(depth-1)
	case 1:
		return g.operand(depth) + "?" + g.expr(depth-1) + ":" + g.expr(depth-1)
	case 2:
		return g.operand(depth)
	case 3:
		return g.expr(depth-1) + "," + g.expr(depth-1)
	}
	return g.operand(depth) + g.pick("", " ") + g.pick("+", "-", "*", "/", "%", "**", "<<", ">>", "<", "<=", ">", ">=",
		"==", "!=", "&", "^", "|", "&&", "||") + g.pick("", " ") + g.expr(depth-1)
}

// spoil changes a byte or two, so that faults are met in all places.
func (g grammar) spoil(s string) string {
	b := []byte(s)
	for range 1 + g.IntN(2) {
		i := g.IntN(len(b) + 1)
		c := "+-*/%<>=!&|^~?:,()xy0189 #[]"[g.IntN(28)]
		switch {
		case i == len(b) || g.IntN(3) == 0:
			b = append(b[:i], append([]byte{c}, b[i:]...)...)
		case g.IntN(2) == 0:
			b[i] = c
		default:
			b = append(b[:i], b[i+1:]...)
		}
	}
	return string(b)
}

// TestRandomAgainstBash compares random expressions, valid and spoilt.
func TestRandomAgainstBash(t *testing.T) {
	g := grammar{rand.New(rand.NewPCG(20, 26))}
	var texts []string
	for i := range 6000 {
		text := g.expr(1 + g.IntN(4))
		if i%3 == 0 {
			text = g.spoil(text)
		}
		texts = append(texts, text)
	}
	compare(t, texts)
}

// FuzzEval: no text makes Parse or Eval panic, and an Expr gives the same
// answer twice.
func FuzzEval(f *testing.F) {
	for _, text := range cases {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 200 {
			return
		}
		e, parseErr := Parse(text)
		first, second := newState(), newState()
		n1, err1 := e.Eval(first)
		n2, err2 := e.Eval(second)
		if n1 != n2 || (err1 == nil) != (err2 == nil) || first.String() != second.String() {
			t.Errorf("%q: %d %v, then %d %v", text, n1, err1, n2, err2)
		}
		if parseErr != nil && err1 == nil {
			t.Errorf("%q: parse says %v, evaluation says nothing", text, parseErr)
		}
	})
}
