package interp

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"sshell/interp/quote"
	"sshell/interp/regex"
)

// testClause decides [[ … ]]. An error of an expansion gives up the command; a *testError is a status of 2.
func (sh *Shell) testClause(x syntax.TestExpr) (bool, error) {
	switch x := x.(type) {
	case *syntax.ParenTest:
		return sh.testClause(x.X)
	case *syntax.Word:
		text, err := sh.text(x)
		sh.traceTest("-n", text)
		return text != "", err
	case *syntax.UnaryTest:
		return sh.unaryClause(x)
	case *syntax.BinaryTest:
		return sh.binaryClause(x)
	}
	return false, testErrorf("unexpected condition")
}

func (sh *Shell) unaryClause(x *syntax.UnaryTest) (bool, error) {
	if x.Op == syntax.TsNot {
		ok, err := sh.testClause(x.X)
		return !ok && err == nil, err
	}
	op := x.Op.String()
	text, err := sh.text(x.X.(*syntax.Word))
	if err != nil {
		return false, err
	}
	sh.traceTest(op, text)
	return sh.unaryTest(op, text)
}

func (sh *Shell) binaryClause(x *syntax.BinaryTest) (bool, error) {
	switch x.Op {
	case syntax.AndTest, syntax.OrTest:
		ok, err := sh.testClause(x.X)
		if err != nil || ok == (x.Op == syntax.OrTest) {
			return ok, err
		}
		return sh.testClause(x.Y)
	}
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
	if err != nil {
		return false, err
	}
	b, err := sh.arithText(right)
	if err != nil {
		return false, err
	}
	return compareNumbers(a, op, b), nil
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
