package arith

func (p *parser) operand() *node {
	switch p.tok {
	case tokNum:
		n := &node{op: opConst, val: p.num}
		p.preIncd = false
		return p.behind(n)
	case tokName:
		return p.variable()
	case tokPreInc:
		return p.prefixed(opPreInc)
	case tokPreDec:
		return p.prefixed(opPreDec)
	case tokLParen:
		return p.parenthesized()
	}
	return p.bad("syntax error: operand expected")
}

// behind reads on behind an operand that is not evaluated before the next
// token is known to be one.
func (p *parser) behind(n *node) *node {
	p.lvalue = nil
	if p.next(); p.err != nil {
		return &node{op: opBad}
	}
	return n
}

func (p *parser) parenthesized() *node {
	p.next()
	x := p.comma()
	p.lvalue = nil
	if p.tok != tokRParen {
		return p.misplaced(x, "missing `)'")
	}
	if p.next(); p.err != nil {
		return &node{op: opComma, x: x, y: &node{op: opBad}}
	}
	return x
}

// variable parses a name, with ++ or -- behind it if they are there.
func (p *parser) variable() *node {
	n := p.reference()
	p.behind(n)
	op := opPostInc
	switch {
	case p.err != nil:
		return &node{op: opBad}
	case p.tok == tokPostDec:
		op = opPostDec
	case p.tok != tokPostInc:
		if p.lvalue = n; p.tok == tokAssign {
			p.target = n
		}
		return n
	}
	return p.changed(op, n, false)
}

// prefixed parses ++ or -- and the name behind it, which the lexer has seen.
func (p *parser) prefixed(op opcode) *node {
	p.next()
	if p.tok != tokName {
		return p.bad("identifier expected after pre-increment or pre-decrement")
	}
	return p.changed(op, p.reference(), true)
}

// changed reads on behind an increment. A fault right behind x++ is seen after
// the increment; one behind ++x before it, but for ++x++.
func (p *parser) changed(op opcode, x *node, prefix bool) *node {
	p.tok, p.preIncd, p.lvalue = tokNum, prefix, nil
	n := &node{op: op, x: x}
	if p.next(); p.err == nil {
		return n
	}
	if prefix && !p.late {
		return &node{op: opBad}
	}
	return &node{op: opComma, x: n, y: &node{op: opBad}}
}

func (p *parser) reference() *node {
	n := &node{op: opVar, name: p.name, at: p.start}
	if p.hasSub {
		n.op, n.sub = opElem, p.sub
		if plain(p.sub) {
			n.index = parseInside(p.sub, p.depth)
		}
	}
	return n
}
