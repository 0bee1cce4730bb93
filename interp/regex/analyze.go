package regex

import "unicode/utf8"

// nullable reports whether n can match the empty string.
func (n *node) nullable() bool {
	switch n.kind {
	case char, anyChar, inSet:
		return false
	case alternatives:
		for _, sub := range n.subs {
			if sub.nullable() {
				return true
			}
		}
		return false
	case repeat:
		return n.min == 0 || n.subs[0].nullable()
	case sequence, group:
		for _, sub := range n.subs {
			if !sub.nullable() {
				return false
			}
		}
	}
	return true
}

// findLead finds what a match can begin with.
func (g *program) findLead() {
	var lead [256]bool
	any := false
	anchored := true
	seen := make([]bool, len(g.insts))
	todo := []int32{g.start}
	for len(todo) > 0 {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[at] {
			continue
		}
		seen[at] = true
		switch i := &g.insts[at]; {
		case i.op == opSplit:
			todo = append(todo, i.next, i.other)
		case i.op == opSave || i.op == opClose:
			todo = append(todo, i.next)
		case i.op == opAssert && i.n == atStart:
			any = true
		case i.op == opChar || i.op == opSet:
			anchored = false
			for b := range lead {
				lead[b] = lead[b] || b >= utf8.RuneSelf || g.takes(i, rune(b))
			}
		default:
			any, anchored = true, false
		}
	}
	if g.anchored = anchored; !any {
		g.lead = &lead
	}
}

// takes reports whether an instruction that takes one character takes r.
func (g *program) takes(i *inst, r rune) bool {
	switch i.op {
	case opChar:
		return i.r == r || g.chars.folded && i.r == g.chars.fold(r)
	case opSet:
		return i.set.has(r)
	}
	return r < invalid // opAny
}

// setLiteral sees whether the expression is only text.
func (g *program) setLiteral(n *node) {
	if n.kind != sequence || g.chars.folded {
		return
	}
	subs := n.subs
	if len(subs) > 0 && subs[0].kind == assertion && subs[0].n == atStart {
		g.atStart = true
		subs = subs[1:]
	}
	if last := len(subs) - 1; last >= 0 && subs[last].kind == assertion && subs[last].n == atEnd {
		g.atEnd = true
		subs = subs[:last]
	}
	var text []byte
	for _, sub := range subs {
		switch {
		case sub.kind != char:
			return
		case g.chars.bytes:
			text = append(text, byte(sub.r))
		case sub.r >= invalid:
			text = append(text, byte(sub.r-invalid))
		default:
			text = utf8.AppendRune(text, sub.r)
		}
	}
	g.literal, g.prefix = true, string(text)
}
