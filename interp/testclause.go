package interp

import (
	"errors"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"sshell/interp/quote"
	"sshell/interp/regex"
)

// testClause decides [[ … ]]. An error of an expansion gives up the command; a *testError is a status of 2.
func (sh *Shell) testClause(x syntax.TestExpr) (bool, error) {
	chain := testChain{sh: sh}
	err := chain.decide(x, false, 0)
	return chain.ok && err == nil, err
}

// testChain decides terms joined by && and ||, of which && binds closer. The parser nests them from the right and
// gives both the same weight, and all that follows to a !, so they are taken in the order in which they stand.
type testChain struct {
	sh   *Shell
	ok   bool // of the terms so far
	over bool // nothing that follows counts
}

// decide goes through x, which stands behind op; op is 0 for the first term. negated is about its first term.
func (c *testChain) decide(x syntax.TestExpr, negated bool, op syntax.BinTestOperator) error {
	switch x := x.(type) {
	case *syntax.UnaryTest:
		if x.Op == syntax.TsNot {
			return c.decide(x.X, !negated, op)
		}
	case *syntax.BinaryTest:
		if x.Op == syntax.AndTest || x.Op == syntax.OrTest {
			if err := c.decide(x.X, negated, op); err != nil {
				return err
			}
			return c.decide(x.Y, false, x.Op)
		}
	}
	c.over = c.over || op == syntax.OrTest && c.ok
	if c.over || op == syntax.AndTest && !c.ok {
		return nil
	}
	ok, err := c.sh.testTerm(x)
	c.ok = ok != negated
	return err
}

// testTerm decides a term without operators between terms, or what stands in parentheses.
func (sh *Shell) testTerm(x syntax.TestExpr) (bool, error) {
	switch x := x.(type) {
	case *syntax.ParenTest:
		return sh.testClause(x.X)
	case *syntax.Word:
		text, err := sh.text(x)
		sh.traceTest("-n", text)
		return text != "", err
	case *syntax.UnaryTest:
		op := x.Op.String()
		text, err := sh.text(x.X.(*syntax.Word))
		if err != nil {
			return false, err
		}
		sh.traceTest(op, text)
		return sh.unaryTest(op, text)
	case *syntax.BinaryTest:
		return sh.binaryClause(x)
	}
	return false, testErrorf("unexpected condition")
}

func (sh *Shell) binaryClause(x *syntax.BinaryTest) (bool, error) {
	left, err := sh.text(x.X.(*syntax.Word))
	if err != nil {
		return false, err
	}
	word := x.Y.(*syntax.Word)
	switch x.Op {
	case syntax.TsMatch, syntax.TsMatchShort, syntax.TsNoMatch:
		return sh.patternClause(left, x.Op, word)
	case syntax.TsReMatch:
		return sh.regexClause(left, word)
	}
	right, err := sh.text(word)
	if err != nil {
		return false, err
	}
	op := x.Op.String()
	sh.traceTest(left, op, right)
	switch x.Op {
	case syntax.TsBefore:
		return left < right, nil
	case syntax.TsAfter:
		return left > right, nil
	case syntax.TsNewer, syntax.TsOlder, syntax.TsDevIno:
		return compareFiles(left, op, right), nil
	}
	a, err := sh.arithText(left)
	var b int64
	if err == nil {
		b, err = sh.arithText(right)
	}
	var e *expansionError
	if errors.As(err, &e) && !e.exits { // a number that is none makes a comparison false, not the command
		if e.msg != "" {
			sh.Errorf("[[: %s", e.msg)
		}
		return false, nil
	}
	return err == nil && compareNumbers(a, op, b), err
}

// patternClause decides = == and !=: the right side is a pattern, but for what is quoted there.
func (sh *Shell) patternClause(left string, op syntax.BinTestOperator, w *syntax.Word) (bool, error) {
	pat, err := sh.pattern(w)
	if err != nil {
		return false, err
	}
	sh.traceTest(left, op.String(), pat)
	ok, err := sh.matchConditional(pat, left)
	return ok == (op != syntax.TsNoMatch) && err == nil, err
}

// matchConditional is matchPattern, but extended patterns are always understood in [[ ]].
func (sh *Shell) matchConditional(pat, text string) (bool, error) {
	extglob := sh.opts.extglob
	sh.opts.extglob = true
	ok, err := sh.matchPattern(pat, text)
	sh.opts.extglob = extglob
	return ok, err
}

// regexClause decides =~ and sets BASH_REMATCH.
func (sh *Shell) regexClause(left string, w *syntax.Word) (bool, error) {
	text, err := sh.regexText(w)
	if err != nil {
		return false, err
	}
	sh.traceTest(left, "=~", text)
	re, err := regex.Cached(text, sh.opts.nocasematch, !sh.utf8Locale())
	if err != nil {
		return false, &testError{} // bash says nothing of an expression that it cannot read
	}
	subs, ok := re.Match(left)
	sh.matches = nil
	if !ok {
		return false, nil
	}
	for _, sub := range subs {
		part := ""
		if sub[0] >= 0 {
			part = left[sub[0]:sub[1]]
		}
		sh.matches = append(sh.matches, part)
	}
	return true, nil
}

// traceTest prints a condition as it is decided, under `set -x`.
func (sh *Shell) traceTest(words ...string) {
	if !sh.opts.xtrace {
		return
	}
	shown := make([]string, len(words))
	for i, w := range words {
		shown[i] = w
		if w == "" {
			shown[i] = quote.Single(w)
		}
	}
	sh.traceLine("[[ " + strings.Join(shown, " ") + " ]]")
}
