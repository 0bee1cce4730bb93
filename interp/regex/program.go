package regex

import "slices"

// opcode is what an instruction does.
type opcode uint8

const (
	opChar   opcode = iota // take the character r
	opAny                  // take any character
	opSet                  // take a character in set
	opSplit                // go to next, or else to other
	opSave                 // note the place in slot n
	opClose                // the end of group n; see program.close
	opAssert               // go on if n holds here
	opRef                  // take what group n has taken
	opMatch
)

type inst struct {
	op          opcode
	next, other int32
	r           rune
	n           int
	set         *set
	lax         bool // of opClose
}

// program is an expression as it is run.
type program struct {
	insts []inst
	start int32
	slots int // two for each group, the whole included; and as many for the snapshot
	half  int // the slots without the snapshot
	chars chars
	refs  []int // the groups that references name

	anchored bool       // matches begin only at the start of the string
	lead     *[256]bool // the bytes that a match can begin with; nil if any, or none
	// literal says that the expression is prefix, between the anchors.
	literal        bool
	prefix         string
	atStart, atEnd bool
}

// compile makes a program of a tree. Code is made from the end, so that each
// part knows what follows it.
func (p *parser) compile(n *node) (*program, error) {
	g := &program{half: 2 * (p.groups + 1), chars: p.chars, refs: p.refs}
	g.slots = g.half
	end := g.emit(inst{op: opMatch})
	end = g.emit(inst{op: opSave, n: 1, next: end})
	start := g.node(n, end, false)
	g.start = g.emit(inst{op: opSave, n: 0, next: start})
	if len(g.insts) > maxInsts {
		return nil, errSize
	}
	g.findLead()
	g.setLiteral(n)
	return g, nil
}

func (g *program) emit(i inst) int32 {
	g.insts = append(g.insts, i)
	return int32(len(g.insts) - 1)
}

// node compiles n so that it goes on to next, and returns where it begins. It
// is a copy if n has been compiled before.
func (g *program) node(n *node, next int32, copied bool) int32 {
	if len(g.insts) > maxInsts {
		return next // compile will say so
	}
	switch n.kind {
	case char:
		return g.emit(inst{op: opChar, r: n.r, next: next})
	case anyChar:
		return g.emit(inst{op: opAny, next: next})
	case inSet:
		return g.emit(inst{op: opSet, set: n.set, next: next})
	case assertion:
		return g.emit(inst{op: opAssert, n: n.n, next: next})
	case reference:
		return g.emit(inst{op: opRef, n: n.n, next: next})
	case sequence:
		for i := len(n.subs) - 1; i >= 0; i-- {
			next = g.node(n.subs[i], next, copied)
		}
		return next
	case alternatives:
		return g.alternatives(n, next, copied)
	case group:
		next = g.emit(inst{op: opClose, n: 2*n.n + 1, lax: n.lax, next: next})
		return g.emit(inst{op: opSave, n: 2 * n.n, next: g.node(n.subs[0], next, copied)})
	case repeat:
		return g.repeat(n, next, copied)
	}
	return next
}

// alternatives go in the order in which they are written, but for an empty
// first one, which the C library tries behind the second.
func (g *program) alternatives(n *node, next int32, copied bool) int32 {
	order := slices.Clone(n.subs)
	if order[0].isEmpty() && !order[1].isEmpty() {
		order[0], order[1] = order[1], order[0]
	}
	last := len(order) - 1
	at := g.node(order[last], next, copied)
	for i := last - 1; i >= 0; i-- {
		at = g.emit(inst{op: opSplit, next: g.node(order[i], next, copied), other: at})
	}
	return at
}

// isEmpty reports whether there is nothing in an alternative.
func (n *node) isEmpty() bool {
	if n.kind != sequence {
		return n.kind == empty
	}
	for _, sub := range n.subs {
		if !sub.isEmpty() {
			return false
		}
	}
	return true
}
