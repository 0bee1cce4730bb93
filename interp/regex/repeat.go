package regex

import "slices"

// repeat writes a repetition out: first what must be there, then what may. It
// makes the copies that the C library makes, since where x can be empty its
// groups depend on them.
func (g *program) repeat(n *node, next int32, copied bool) int32 {
	x, least := n.subs[0], n.min
	if n.max < 0 && least == 1 && !x.nullable() && !x.hasLax() {
		return g.loop(x, next, copied)
	}
	// The first copy is x itself. The first that may be left out is lax.
	lax := x
	if x.kind == group && !copied && x.nullable() {
		y := *x
		y.lax = true
		lax = &y
		g.slots = 2 * g.half
	}
	if n.max < 0 {
		next = g.star(lax, next, copied || least > 0)
	} else {
		next = g.optional(x, lax, n.max-least, next, copied || least > 0)
	}
	for i := range least {
		next = g.node(x, next, copied || i < least-1)
	}
	return next
}

// loop is x once or more.
func (g *program) loop(x *node, next int32, copied bool) int32 {
	split := g.emit(inst{op: opSplit, other: next})
	body := g.node(x, split, copied)
	g.insts[split].next = body
	return body
}

// star is any number of x. An x that can be empty is tried once even so, for
// the sake of its groups.
func (g *program) star(x *node, next int32, copied bool) int32 {
	if x.nullable() {
		return g.emit(inst{op: opSplit, next: g.loop(x, next, copied), other: next})
	}
	split := g.emit(inst{op: opSplit, other: next})
	body := g.node(x, split, copied)
	g.insts[split].next = body
	return split
}

// optional is up to n times x, the first of which is the given one. It nests
// to the left, ((x?x)?x)?, since which of the copies is left out decides on
// what the groups hold.
func (g *program) optional(x, first *node, n int, next int32, copied bool) int32 {
	if n == 0 {
		return next
	}
	behind := []int32{next} // each copy, from the last one
	for range n - 1 {
		behind = append(behind, g.node(x, behind[len(behind)-1], true))
	}
	at := g.node(first, behind[n-1], copied)
	for i := n - 1; i >= 0; i-- {
		at = g.emit(inst{op: opSplit, next: at, other: behind[i]})
	}
	return at
}

// hasLax reports whether a group in n would be lax.
func (n *node) hasLax() bool {
	if n.kind == repeat && n.min != n.max && n.subs[0].kind == group && n.subs[0].nullable() {
		return true
	}
	return slices.ContainsFunc(n.subs, (*node).hasLax)
}

// close ends a group at pos. The C library keeps a snapshot of all groups,
// taken when the last one closed that was not empty. A lax group, the first
// that a repetition may leave out, goes back to the snapshot if it is empty
// and the snapshot has it: an empty round does not count.
func (g *program) close(i *inst, slots []int, pos int) {
	if g.slots == g.half {
		slots[i.n] = pos
		return
	}
	snapshot := slots[g.half:]
	switch {
	case slots[i.n-1] < pos:
		slots[i.n] = pos
		copy(snapshot, slots[:g.half])
	case i.lax && snapshot[i.n-1] >= 0:
		start := slots[0]
		copy(slots[:g.half], snapshot)
		slots[0] = start
	default:
		slots[i.n] = pos
	}
}
