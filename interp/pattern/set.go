package pattern

// set is a bracket expression.
type set struct {
	ascii   [2]uint64 // the answer for the code points below 128
	ranges  []interval
	classes []func(rune) bool
	negated bool
	folded  bool
	bytes   bool
	slash   bool // a slash is written in it: never matches in a path
}

// interval is lo to hi, both included.
type interval struct{ lo, hi rune }

func (c *set) add(lo, hi rune) {
	if c.folded {
		lo, hi = fold(lo, c.bytes), fold(hi, c.bytes)
	}
	if lo <= hi {
		c.ranges = append(c.ranges, interval{lo, hi})
	}
}

// finish prepares the answers for ASCII.
func (c *set) finish() {
	for r := rune(0); r < 128; r++ {
		if c.search(r) {
			c.ascii[r>>6] |= 1 << (r & 63)
		}
	}
}

func (c *set) has(r rune) bool {
	if r < 128 {
		return c.ascii[r>>6]&(1<<(r&63)) != 0
	}
	return c.search(r)
}

func (c *set) search(r rune) bool {
	f := r
	if c.folded {
		f = fold(r, c.bytes)
	}
	for _, v := range c.ranges {
		if v.lo <= f && f <= v.hi {
			return !c.negated
		}
	}
	if r < 128 || !c.bytes {
		for _, in := range c.classes {
			if in(r) { // classes see the letter as it is, even with NoCase
				return !c.negated
			}
		}
	}
	return c.negated
}
