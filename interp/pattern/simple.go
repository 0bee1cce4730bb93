package pattern

// The searches below are for programs of segments. Between the outer segments
// each is taken at the place that leaves most room for the others, so nothing
// is ever tried twice.

// match reports whether the whole of s matches.
func (g *program) match(s string) bool {
	pos := g.matchAt(&g.segments[0], s, 0)
	last := len(g.segments) - 1
	if pos < 0 || last == 0 {
		return pos == len(s)
	}
	end := g.matchBefore(&g.segments[last], s, len(s))
	if end < pos {
		return false
	}
	pos = g.middle(s[:end], pos, last)
	return pos >= 0
}

// middle finds the segments 1 to last-1 from pos on, each at its first place,
// and returns the end of the last one, or -1.
func (g *program) middle(s string, pos, last int) int {
	for k := 1; k < last && pos >= 0; k++ {
		_, pos = g.first(&g.segments[k], s, pos)
	}
	return pos
}

// prefix returns the length of the prefix that matches, or -1.
func (g *program) prefix(s string, longest bool) int {
	return g.from(s, g.matchAt(&g.segments[0], s, 0), longest)
}

// from returns the end of a match whose first segment ends at pos, or -1.
func (g *program) from(s string, pos int, longest bool) int {
	last := len(g.segments) - 1
	if pos < 0 || last == 0 {
		return pos
	}
	if pos = g.middle(s, pos, last); pos < 0 {
		return -1
	}
	if longest {
		_, pos = g.last(&g.segments[last], s, pos, len(s))
	} else {
		_, pos = g.first(&g.segments[last], s, pos)
	}
	return pos
}

// suffix returns the start of the suffix that matches, or -1.
func (g *program) suffix(s string, longest bool) int {
	last := len(g.segments) - 1
	pos := g.matchBefore(&g.segments[last], s, len(s))
	for k := last - 1; k > 0 && pos >= 0; k-- {
		pos, _ = g.last(&g.segments[k], s, 0, pos)
	}
	if pos < 0 || last == 0 {
		return pos
	}
	if longest {
		pos, _ = g.first(&g.segments[0], s[:pos], 0)
	} else {
		pos, _ = g.last(&g.segments[0], s, 0, pos)
	}
	return pos
}

// find returns the leftmost match from from on, and the longest there.
func (g *program) find(s string, from int) (start, end int, ok bool) {
	// If the rest cannot follow the first place of the first segment, then it
	// cannot follow a later one.
	start, end = g.first(&g.segments[0], s, from)
	if start < 0 {
		return 0, 0, false
	}
	if end = g.from(s, end, true); end < 0 {
		return 0, 0, false
	}
	return start, end, true
}
