package arith

// opcode is what a node does.
type opcode uint8

const (
	opNone opcode = iota
	opConst
	opBad      // a fault in the text: evaluation ends here
	opVar      // name
	opElem     // name[sub]
	opAssign   // x = y
	opAssignOp // x arg= y
	opPreInc
	opPreDec
	opPostInc
	opPostDec
	opNeg
	opNot
	opBitNot
	opCond // x ? y : z
	opComma
	opAnd
	opOr
	opPow
	opMul
	opDiv
	opMod
	opAdd
	opSub
	opShl
	opShr
	opLess
	opLessEq
	opGreater
	opGreaterEq
	opEqual
	opNotEqual
	opBitAnd
	opBitXor
	opBitOr
)

// node is a node of the syntax tree.
type node struct {
	op, arg opcode // arg: the operation of opAssignOp
	val     int64  // of opConst
	name    string // of opVar and opElem
	sub     string // of opElem, as written
	index   *Expr  // of opElem: sub parsed, if it is plain
	x, y, z *node
	at      int // where the text of an evaluation error begins
}

// precedence of the binary operators, 1 the loosest; 0 is not an operator.
// Exponentiation is not here: it binds to the right, tighter than all of these.
func precedence(k kind) int {
	switch k {
	case tokOr:
		return 1
	case tokAnd:
		return 2
	case tokBitOr:
		return 3
	case tokBitXor:
		return 4
	case tokBitAnd:
		return 5
	case tokEqual, tokNotEqual:
		return 6
	case tokLess, tokLessEq, tokGreater, tokGreaterEq:
		return 7
	case tokShl, tokShr:
		return 8
	case tokAdd, tokSub:
		return 9
	case tokMul, tokDiv, tokMod:
		return 10
	}
	return 0
}
