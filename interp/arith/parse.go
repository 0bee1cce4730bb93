package arith

// Bounds on the tree, so that hostile text cannot exhaust the stack. bash has
// none, and crashes at some 10,000 parentheses.
const (
	maxNesting = 10_000  // about 1 KB of stack each
	maxNodes   = 1 << 20 // of operators, which may stand to the left of each other
)

// parser builds the tree by precedence climbing. After a fault it goes on
// with an empty rest of the text, and the tree has opBad where bash would have
// stopped evaluating.
type parser struct {
	lexer
	lvalue *node // the operand just read, if it is a variable and can be assigned to
	target *node // the last variable read with a = behind it
	depth  int
	nodes  int
	powers bool
}

func parse(text string) *Expr { return parseInside(text, 0) }

// parseInside parses text that stands in depth levels of nesting already.
func parseInside(text string, depth int) *Expr {
	p := &parser{lexer: lexer{text: text}, depth: depth}
	e := &Expr{text: text}
	if p.next(); p.tok == tokEnd && p.err == nil {
		return e
	}
	e.root = p.comma()
	if p.tok != tokEnd {
		e.root = p.misplaced(e.root, "syntax error in expression")
	}
	e.err, e.careful = p.err, p.powers || p.err != nil
	return e
}

// tooDeep counts a level of nesting, and reports whether there are too many.
// The caller counts it off when it leaves.
func (p *parser) tooDeep() bool {
	p.depth++
	return p.depth > maxNesting
}

// tooLong counts an operator, and reports whether there are too many.
func (p *parser) tooLong() bool {
	p.nodes++
	return p.nodes > maxNodes
}

func (p *parser) tooLarge() *node { return p.bad("expression recursion level exceeded") }

func (p *parser) bad(msg string) *node {
	p.fail(msg)
	return &node{op: opBad}
}

// misplaced is the fault of a token that cannot stand behind x. Both x and,
// if the token is a variable, that too have been evaluated by then.
func (p *parser) misplaced(x *node, msg string) *node {
	if p.tok == tokName {
		x = &node{op: opComma, x: x, y: p.reference()}
	}
	return &node{op: opComma, x: x, y: p.bad(msg)}
}

func (p *parser) comma() *node {
	x := p.assignment()
	for p.tok == tokComma {
		if p.tooLong() {
			return p.tooLarge()
		}
		p.next()
		x = &node{op: opComma, x: x, y: p.assignment()}
	}
	return x
}

func (p *parser) assignment() *node {
	if p.tooDeep() {
		return p.tooLarge()
	}
	defer func() { p.depth-- }()
	x := p.conditional()
	if p.tok != tokAssign && p.tok != tokOpAssign {
		return x
	}
	if x != p.lvalue {
		if p.target != nil {
			*p.target = node{op: opConst} // the name before a = is not read
		}
		return p.misplaced(x, "attempted assignment to non-variable")
	}
	p.target = nil
	n := &node{op: opAssign, x: x}
	if p.tok == tokOpAssign {
		n.op, n.arg = opAssignOp, p.assignOp
	}
	p.next()
	n.y = p.assignment()
	n.at = p.start
	p.lvalue = nil
	return n
}

func (p *parser) conditional() *node {
	x := p.binary(1)
	if p.tok != tokQuestion {
		return x
	}
	n := &node{op: opCond, x: x}
	p.next()
	n.z = &node{op: opBad}
	if p.tok == tokColon {
		n.y = p.bad("expression expected")
	} else {
		n.y = p.branch((*parser).comma)
	}
	if p.tok != tokColon {
		n.y = p.misplaced(n.y, "`:' expected for conditional expression")
		return n
	}
	p.next()
	n.z = p.branch((*parser).conditional)
	p.lvalue = nil
	return n
}

// branch parses one of the two values of a conditional.
func (p *parser) branch(rule func(*parser) *node) *node {
	if p.tok == tokEnd {
		return p.bad("expression expected")
	}
	if p.tooDeep() {
		return p.tooLarge()
	}
	defer func() { p.depth-- }()
	return rule(p)
}

// binary parses operators of at least the given precedence.
func (p *parser) binary(least int) *node {
	x := p.power()
	for {
		tok := p.tok
		prec := precedence(tok)
		if prec < least || prec == 0 {
			return x
		}
		if p.tooLong() {
			return p.tooLarge()
		}
		at := p.pos
		p.next()
		x = &node{op: binaryOp(tok), x: x, y: p.binary(prec + 1), at: at}
	}
}

func binaryOp(k kind) opcode {
	switch k {
	case tokAnd:
		return opAnd
	case tokOr:
		return opOr
	}
	return opMul + opcode(k-tokMul) // both lists have the same order from there
}

func (p *parser) power() *node {
	x := p.unary()
	if p.tok != tokPow {
		return x
	}
	if p.tooDeep() {
		return p.tooLarge()
	}
	p.powers = true
	p.next()
	n := &node{op: opPow, x: x, y: p.power()}
	n.at = p.start
	p.depth--
	return n
}

func (p *parser) unary() *node {
	var op opcode
	switch p.tok {
	case tokNot:
		op = opNot
	case tokBitNot:
		op = opBitNot
	case tokSub:
		op = opNeg
	case tokAdd:
		op = opNone
	default:
		return p.operand()
	}
	if p.tooDeep() {
		return p.tooLarge()
	}
	p.next()
	x := p.unary()
	p.depth--
	p.lvalue = nil
	if op == opNone {
		return x
	}
	return &node{op: op, x: x}
}
