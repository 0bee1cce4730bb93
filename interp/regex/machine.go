package regex

import "slices"

// machine runs a program without back references. It follows all the ways
// through the program at once, in the order in which they come, and keeps for
// each state the first way that leads to it: the one whose groups count.
type machine struct {
	prog *program
	s    string
	pos  int
	prev rune // the character before pos, or -1
	next rune // the character at pos, or -1

	now, then threads
	slots     []int // of the way being followed
	best      []int // of the longest match yet
	matched   bool
}

// threads are the ways that have not ended, in order.
type threads struct {
	insts []int32 // where each stands
	slots []int   // what each has noted, slots apiece by instruction
	seen  []uint32
	gen   uint32 // an instruction is among these if its seen is this
}

func newMachine(r *Regexp) *machine {
	n, slots := len(r.prog.insts), r.prog.slots
	m := &machine{prog: r.prog, slots: make([]int, slots), best: make([]int, slots)}
	for _, t := range []*threads{&m.now, &m.then} {
		t.slots = make([]int, n*slots)
		t.seen = make([]uint32, n)
		t.insts = make([]int32, 0, n)
	}
	return m
}

func (t *threads) clear() {
	t.insts = t.insts[:0]
	if t.gen++; t.gen == 0 { // after 2³² characters
		clear(t.seen)
		t.gen = 1
	}
}

// match finds the leftmost-longest match in s and leaves it in best.
func (m *machine) match(s string) bool {
	m.s, m.pos, m.matched = s, 0, false
	m.now.clear()
	m.prev = -1
	for {
		if len(m.now.insts) == 0 && !m.skip() {
			break
		}
		size := 0
		if m.next = -1; m.pos < len(s) {
			m.next, size = m.prog.chars.next(s[m.pos:])
		}
		if !m.matched && (m.pos == 0 || !m.prog.anchored) {
			m.begin()
		}
		m.step(size)
		if size == 0 {
			break
		}
		m.prev = m.next
		m.pos += size
	}
	m.s = ""
	return m.matched
}

// skip goes on to where a match can begin, if there is no way to follow.
func (m *machine) skip() bool {
	switch {
	case m.matched, m.pos > 0 && m.prog.anchored:
		return false
	case m.prog.lead == nil:
		return true
	}
	from := m.pos
	for m.pos < len(m.s) && !m.prog.lead[m.s[m.pos]] {
		m.pos++
	}
	if m.pos == len(m.s) {
		return false
	}
	if m.pos > from {
		m.now.clear() // what failed at one place may do at another
		m.prev = m.prog.chars.before(m.s[:m.pos])
	}
	return true
}

// begin adds the way that begins here, behind all others.
func (m *machine) begin() {
	for i := range m.slots {
		m.slots[i] = -1
	}
	m.add(&m.now, m.prog.start, m.pos, m.prev, m.next)
}

// add adds an instruction to t, and those that follow it without a character.
// The place is pos, between the characters prev and next.
func (m *machine) add(t *threads, at int32, pos int, prev, next rune) {
	for {
		if t.seen[at] == t.gen {
			return
		}
		t.seen[at] = t.gen
		switch i := &m.prog.insts[at]; i.op {
		case opSplit:
			m.add(t, i.next, pos, prev, next)
			at = i.other
		case opSave:
			old := m.slots[i.n]
			m.slots[i.n] = pos
			m.add(t, i.next, pos, prev, next)
			m.slots[i.n] = old
			return
		case opClose:
			old := m.save(i)
			m.prog.close(i, m.slots, pos)
			m.add(t, i.next, pos, prev, next)
			m.restore(i, old)
			return
		case opAssert:
			if !m.prog.chars.holds(i.n, prev, next) {
				return
			}
			at = i.next
		default:
			copy(t.slots[int(at)*m.prog.slots:], m.slots)
			t.insts = append(t.insts, at)
			return
		}
	}
}

// save keeps what closing a group may change.
func (m *machine) save(i *inst) []int {
	if m.prog.slots == m.prog.half {
		old := [1]int{m.slots[i.n]}
		return old[:]
	}
	return slices.Clone(m.slots)
}

func (m *machine) restore(i *inst, old []int) {
	if len(old) == 1 {
		m.slots[i.n] = old[0]
		return
	}
	copy(m.slots, old)
}

// step takes the character at the place, of the given size, in each way.
func (m *machine) step(size int) {
	m.then.clear()
	after := rune(-1)
	known := false
	for _, at := range m.now.insts {
		slots := m.now.slots[int(at)*m.prog.slots : (int(at)+1)*m.prog.slots]
		if m.matched && slots[0] > m.best[0] {
			break // the rest began further to the right
		}
		i := &m.prog.insts[at]
		switch {
		case i.op == opMatch:
			if !m.matched || slots[0] < m.best[0] || slots[1] > m.best[1] {
				copy(m.best, slots)
				m.matched = true
			}
		case size > 0 && m.prog.takes(i, m.next):
			if end := m.pos + size; !known && end < len(m.s) {
				after, _ = m.prog.chars.next(m.s[end:])
			}
			known = true
			copy(m.slots, slots)
			m.add(&m.then, i.next, m.pos+size, m.next, after)
		}
	}
	m.now, m.then = m.then, m.now
}

// holds reports whether an assertion holds between two characters.
func (c chars) holds(what int, prev, next rune) bool {
	switch what {
	case atStart:
		return prev < 0
	case atEnd:
		return next < 0
	}
	before, behind := prev >= 0 && c.word(prev), next >= 0 && c.word(next)
	switch what {
	case atWord:
		return before != behind
	case notAtWord:
		return before == behind
	case wordStart:
		return !before && behind
	}
	return before && !behind
}
