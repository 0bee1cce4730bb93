package arith

import "math"

// maxDepth is how deep values that are expressions may nest: bash's
// MAX_EXPR_RECURSION_LEVEL.
const maxDepth = 1024

// evaluator evaluates one expression, and those that it finds in variables.
type evaluator struct {
	vars  Vars
	ints  IntVars   // vars, if it is one
	index IndexVars // vars, if it is one
	expr  *Expr     // the one at hand
	depth int
	// skip is set in an operand that && || ?: do not want. Such operands are
	// looked at only for faults in the text, and for ** with a negative
	// exponent: errors even there.
	skip bool
}

// run evaluates the whole expression at hand.
func (ev *evaluator) run() (int64, error) {
	n, err := ev.eval(ev.expr.root)
	if err == nil && ev.expr.err != nil {
		err = ev.expr.err
	}
	if err != nil {
		return 0, err
	}
	return n, nil
}

// nested evaluates the expression that a value or a subscript is.
func (ev *evaluator) nested(e *Expr) (int64, error) {
	if e.root == nil && e.err == nil {
		return 0, nil
	}
	inner := *ev
	inner.expr, inner.depth = e, ev.depth+1
	return inner.run()
}

// fail makes an error whose token begins at offset at of the text.
func (ev *evaluator) fail(msg string, at int) error {
	return &Error{Text: trimBlanks(ev.expr.text), Msg: msg, Token: ev.expr.text[at:]}
}

func (ev *evaluator) eval(n *node) (int64, error) {
	switch n.op {
	case opConst:
		return n.val, nil
	case opVar:
		return ev.scalar(n)
	case opElem:
		return ev.element(n, nil)
	case opAssign:
		return ev.assign(n)
	case opAssignOp, opPreInc, opPreDec, opPostInc, opPostDec:
		return ev.update(n)
	case opAnd, opOr, opCond:
		return ev.choose(n)
	case opBad:
		return 0, ev.expr.err
	}
	x, err := ev.eval(n.x)
	if err != nil {
		return 0, err
	}
	switch n.op {
	case opNeg:
		return -x, nil
	case opNot:
		return truth(x == 0), nil
	case opBitNot:
		return ^x, nil
	}
	y, err := ev.eval(n.y)
	if err != nil {
		return 0, err
	}
	if y == 0 && (n.op == opDiv || n.op == opMod) {
		if !ev.skip {
			return 0, ev.divisionByZero(n)
		}
		y = 1
	}
	if y < 0 && n.op == opPow {
		return 0, ev.fail("exponent less than 0", n.at)
	}
	return operate(n.op, x, y), nil
}

// operate applies a binary operator; y is not 0 in a division, nor negative
// as an exponent. Shifts take the low six bits of their count, as the machine
// bash runs on does.
func operate(op opcode, x, y int64) int64 {
	switch op {
	case opComma:
		return y
	case opPow:
		return power(x, y)
	case opMul:
		return x * y
	case opDiv:
		return x / y // the smallest number by -1 is itself, in Go as in bash
	case opMod:
		return x % y
	case opAdd:
		return x + y
	case opSub:
		return x - y
	case opShl:
		return x << (uint64(y) & 63)
	case opShr:
		return x >> (uint64(y) & 63)
	case opLess:
		return truth(x < y)
	case opLessEq:
		return truth(x <= y)
	case opGreater:
		return truth(x > y)
	case opGreaterEq:
		return truth(x >= y)
	case opEqual:
		return truth(x == y)
	case opNotEqual:
		return truth(x != y)
	case opBitAnd:
		return x & y
	case opBitXor:
		return x ^ y
	case opBitOr:
		return x | y
	}
	return math.MinInt64 // not reached: the parser makes no other binary node
}

func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// power raises x to y by squaring; it wraps around as multiplication does.
func power(x, y int64) int64 {
	result := int64(1)
	for ; y > 0; y >>= 1 {
		if y&1 != 0 {
			result *= x
		}
		x *= x
	}
	return result
}

// divisionByZero shows the text from behind the operator. For /= and %= that
// is the last token read, as bash has it.
func (ev *evaluator) divisionByZero(n *node) error {
	at := n.at
	for at < len(ev.expr.text) && isSpace(ev.expr.text[at]) {
		at++
	}
	return ev.fail("division by 0", at)
}

// choose evaluates the operators that leave an operand out.
func (ev *evaluator) choose(n *node) (int64, error) {
	x, err := ev.eval(n.x)
	if err != nil {
		return 0, err
	}
	if n.op == opCond {
		return ev.either(n, x != 0)
	}
	if (x != 0) == (n.op == opOr) {
		return truth(n.op == opOr), ev.passOver(n.y)
	}
	y, err := ev.eval(n.y)
	return truth(y != 0), err
}

func (ev *evaluator) either(n *node, first bool) (int64, error) {
	if first {
		v, err := ev.eval(n.y)
		if err != nil {
			return 0, err
		}
		return v, ev.passOver(n.z)
	}
	if err := ev.passOver(n.y); err != nil {
		return 0, err
	}
	return ev.eval(n.z)
}

// passOver looks at an operand that is not wanted.
func (ev *evaluator) passOver(n *node) error {
	if !ev.expr.careful {
		return nil
	}
	inner := *ev
	inner.skip = true
	_, err := inner.eval(n)
	return err
}
