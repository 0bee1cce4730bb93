package pattern

import (
	"sync"
	"unicode/utf8"
)

// run is one run of an automaton through a string.
type run struct {
	nfa *nfa
	s   string

	now, then []int32  // states, at this place and behind the next character
	seen      []uint32 // by state: the generation in which it was added
	gen       uint32
	matched   bool // at this place
	work      int  // characters looked at

	exclusions []exclusion
	memo       map[place]bits
}

// exclusion is a !( ) under way: it may end wherever not is not set.
type exclusion struct {
	next int32
	not  bits
}

// place is where in the string an automaton starts.
type place struct {
	nfa *nfa
	pos int
}

var runs = sync.Pool{New: func() any { return new(run) }}

func newRun(a *nfa, s string, memo map[place]bits) *run {
	r := runs.Get().(*run)
	if len(r.seen) < len(a.insts) {
		r.seen = make([]uint32, len(a.insts))
		r.gen = 0
	}
	r.nfa, r.s, r.memo, r.work = a, s, memo, 0
	r.now, r.then, r.exclusions = r.now[:0], r.then[:0], r.exclusions[:0]
	return r
}

func (r *run) release() {
	r.nfa, r.s, r.memo = nil, "", nil
	clear(r.exclusions[:cap(r.exclusions)])
	runs.Put(r)
}

// begin starts a new generation of states, at pos.
func (r *run) begin() {
	r.gen++
	if r.gen == 0 { // after 2³² characters
		clear(r.seen)
		r.gen = 1
	}
	r.matched = false
}

// add adds a state at pos, and all that follow without a character.
func (r *run) add(at int32, pos int) {
	for {
		if r.seen[at] == r.gen {
			return
		}
		r.seen[at] = r.gen
		switch i := &r.nfa.insts[at]; i.op {
		case opSplit:
			r.add(i.next, pos)
			at = i.other
		case opMatch:
			r.matched = true
			return
		case opStar:
			if r.hidden(pos) {
				return
			}
			r.then = append(r.then, at)
			at = i.next
		case opNot:
			if r.hidden(pos) {
				return
			}
			not := r.ends(i.not, pos)
			r.exclusions = append(r.exclusions, exclusion{i.next, not})
			if not.has(pos) {
				return
			}
			at = i.next
		default:
			r.then = append(r.then, at)
			return
		}
	}
}

// hidden reports whether a dot at pos must be matched by a dot.
func (r *run) hidden(pos int) bool {
	return r.nfa.period && pos < len(r.s) && r.s[pos] == '.' &&
		(pos == 0 || r.nfa.fileName && r.s[pos-1] == '/')
}

// step takes one character, from from to to.
func (r *run) step(c rune, from, to int) {
	r.begin()
	r.now, r.then = r.then, r.now[:0]
	dot := c == '.' && r.hidden(min(from, to))
	for _, at := range r.now {
		i := &r.nfa.insts[at]
		switch {
		case !r.nfa.takes(i, c) || dot && i.op != opChar:
		case i.op == opStar:
			r.add(at, to)
		default:
			r.add(i.next, to)
		}
	}
	if c == '/' && r.nfa.fileName && !r.nfa.ignoring {
		r.exclusions = r.exclusions[:0]
	}
	for _, e := range r.exclusions {
		if !e.not.has(to) {
			r.add(e.next, to)
		}
	}
}

// each runs from pos and calls visit at each place where a match ends, until
// it returns false. With restart, matches begin at every place from pos on.
func (r *run) each(pos int, restart bool, visit func(pos int) bool) {
	r.begin()
	r.add(r.nfa.start, pos)
	for {
		if r.matched && !visit(pos) || len(r.then) == 0 && len(r.exclusions) == 0 && !restart {
			return
		}
		c, to := r.next(pos)
		if to < 0 {
			return
		}
		r.work++
		r.step(c, pos, to)
		if pos = to; restart {
			r.add(r.nfa.start, pos)
		}
	}
}

// next returns the character at pos in the direction of the run, and the place
// behind it, or -1.
func (r *run) next(pos int) (c rune, to int) {
	size := 1
	switch {
	case r.nfa.back && pos == 0, !r.nfa.back && pos == len(r.s):
		return 0, -1
	case r.nfa.back:
		if c = rune(r.s[pos-1]); c >= utf8.RuneSelf && !r.nfa.bytes {
			c, size = utf8.DecodeLastRuneInString(r.s[:pos])
		}
		return c, pos - size
	}
	if c = rune(r.s[pos]); c >= utf8.RuneSelf && !r.nfa.bytes {
		c, size = utf8.DecodeRuneInString(r.s[pos:])
	}
	return c, pos + size
}

// ends returns the places where matches of a that begin at pos end.
func (r *run) ends(a *nfa, pos int) bits {
	if r.memo == nil {
		r.memo = make(map[place]bits)
	}
	if b, ok := r.memo[place{a, pos}]; ok {
		return b
	}
	b := newBits(len(r.s) + 1)
	inner := newRun(a, r.s, r.memo)
	inner.each(pos, false, func(at int) bool {
		b.set(at)
		return true
	})
	inner.release()
	r.memo[place{a, pos}] = b
	return b
}

// match reports whether a matches the whole of s.
func (a *nfa) match(s string) bool {
	whole := false
	r := newRun(a, s, nil)
	r.each(0, false, func(pos int) bool {
		whole = pos == len(s)
		return true
	})
	r.release()
	return whole
}

// end returns where the match that begins at pos ends, or -1, and how many
// characters were looked at to know it.
func (a *nfa) end(s string, pos int, longest bool) (end, work int) {
	end = -1
	r := newRun(a, s, nil)
	r.each(pos, false, func(at int) bool {
		end = at
		return longest
	})
	work = r.work
	r.release()
	return end, work
}

// bits is a set of places in a string.
type bits []uint64

func newBits(n int) bits      { return make(bits, (n+63)/64) }
func (b bits) set(i int)      { b[i>>6] |= 1 << (i & 63) }
func (b bits) has(i int) bool { return b[i>>6]&(1<<(i&63)) != 0 }
