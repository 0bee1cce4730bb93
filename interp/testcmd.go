package interp

import (
	"fmt"
	"strconv"
	"strings"
)

// testError is why test could not decide: its status is then 2.
type testError struct{ msg string }

func (e *testError) Error() string { return e.msg }

func testErrorf(format string, args ...any) error { return &testError{fmt.Sprintf(format, args...)} }

// runTest is test and [.
func runTest(sh *Shell, args []string) int {
	words := args[1:]
	if args[0] == "[" {
		if len(words) == 0 || words[len(words)-1] != "]" {
			sh.Errorf("[: missing `]'")
			return 2
		}
		words = words[:len(words)-1]
	}
	p := testParser{sh: sh, words: words}
	ok, err := p.decide()
	if err != nil {
		sh.Errorf("%s: %s", args[0], err)
		return 2
	}
	return boolStatus(ok)
}

// testParser decides the words of a test: by their number as POSIX has it up to four, else by bash's grammar with
// -a, -o, ! and parentheses.
type testParser struct {
	sh    *Shell
	words []string
	at    int
}

func (p *testParser) decide() (bool, error) {
	w := p.words
	switch len(w) {
	case 0:
		return false, nil
	case 1:
		return w[0] != "", nil
	case 2:
		return p.two(w)
	case 3:
		return p.three(w)
	case 4:
		if w[0] == "!" {
			ok, err := p.three(w[1:])
			return !ok, err
		}
		if w[0] == "(" && w[3] == ")" {
			return p.two(w[1:3])
		}
	}
	ok, err := p.or()
	if err == nil && p.at < len(w) {
		err = testErrorf("too many arguments")
	}
	return ok, err
}

func (p *testParser) two(w []string) (bool, error) {
	switch {
	case w[0] == "!":
		return w[1] == "", nil
	case isUnaryTest(w[0]):
		return p.sh.unaryTest(w[0], w[1])
	}
	return false, testErrorf("%s: unary operator expected", w[0])
}

func (p *testParser) three(w []string) (bool, error) {
	switch {
	case isBinaryTest(w[1]):
		return p.sh.binaryTest(w[0], w[1], w[2])
	case w[1] == "-a":
		return w[0] != "" && w[2] != "", nil
	case w[1] == "-o":
		return w[0] != "" || w[2] != "", nil
	case w[0] == "!":
		ok, err := p.two(w[1:])
		return !ok, err
	case w[0] == "(" && w[2] == ")":
		return w[1] != "", nil
	}
	return false, testErrorf("%s: binary operator expected", w[1])
}

func (p *testParser) or() (bool, error) {
	ok, err := p.and()
	for err == nil && p.at < len(p.words) && p.words[p.at] == "-o" {
		p.at++
		var right bool
		right, err = p.and()
		ok = ok || right
	}
	return ok, err
}

func (p *testParser) and() (bool, error) {
	ok, err := p.term()
	for err == nil && p.at < len(p.words) && p.words[p.at] == "-a" {
		p.at++
		var right bool
		right, err = p.term()
		ok = ok && right
	}
	return ok, err
}

func (p *testParser) term() (bool, error) {
	rest := p.words[p.at:]
	switch {
	case len(rest) == 0:
		return false, testErrorf("argument expected")
	case rest[0] == "!":
		p.at++
		ok, err := p.term()
		return !ok, err
	case rest[0] == "(":
		p.at++
		ok, err := p.or()
		if err != nil {
			return false, err
		}
		if p.at == len(p.words) {
			return false, testErrorf("`)' expected")
		}
		if p.words[p.at] != ")" {
			return false, testErrorf("`)' expected, found %s", p.words[p.at])
		}
		p.at++
		return ok, nil
	case len(rest) >= 3 && isBinaryTest(rest[1]):
		p.at += 3
		return p.sh.binaryTest(rest[0], rest[1], rest[2])
	case len(rest) >= 2 && isUnaryTest(rest[0]):
		p.at += 2
		return p.sh.unaryTest(rest[0], rest[1])
	}
	p.at++
	return rest[0] != "", nil
}

func isUnaryTest(op string) bool {
	return len(op) == 2 && op[0] == '-' && strings.IndexByte("abcdefghknoprstuvwxzGLNORS", op[1]) >= 0
}

func isBinaryTest(op string) bool {
	switch op {
	case "=", "==", "!=", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef":
		return true
	}
	return false
}

// binaryTest decides one comparison of test, where strings are strings and numbers must be written in digits.
func (sh *Shell) binaryTest(left, op, right string) (bool, error) {
	switch op {
	case "=", "==":
		return left == right, nil
	case "!=":
		return left != right, nil
	case "<":
		return left < right, nil
	case ">":
		return left > right, nil
	case "-nt", "-ot", "-ef":
		return compareFiles(left, op, right), nil
	}
	a, err := testNumber(left)
	if err != nil {
		return false, err
	}
	b, err := testNumber(right)
	if err != nil {
		return false, err
	}
	return compareNumbers(a, op, b), nil
}

func compareNumbers(a int64, op string, b int64) bool {
	switch op {
	case "-eq":
		return a == b
	case "-ne":
		return a != b
	case "-lt":
		return a < b
	case "-le":
		return a <= b
	case "-gt":
		return a > b
	}
	return a >= b
}

// testNumber reads a decimal number with blanks around it.
func testNumber(s string) (int64, error) {
	n, err := strconv.ParseInt(strings.TrimPrefix(strings.Trim(s, " \t\n"), "+"), 10, 64)
	if err != nil || strings.Contains(s, "_") {
		return 0, testErrorf("%s: integer expression expected", s)
	}
	return n, nil
}
