package regex

import "slices"

// backtracker runs a program with back references: it tries each way in order,
// to its end. Since what a reference takes depends on its group, a state is an
// instruction, a place and the groups that references name; none is tried
// twice.
type backtracker struct {
	prog    *program
	s       string
	slots   []int
	best    []int
	todo    []step
	visited map[visit]struct{}
}

// step is a state to go to or, with at -1, a slot to put back to pos or, with
// slots, all of them.
type step struct {
	at, slot int32
	pos      int
	slots    []int
}

// visit is a state. There are nine groups at most that references can name.
type visit struct {
	at   int32
	pos  int
	refs [9][2]int
}

func newBacktracker(r *Regexp, s string) *backtracker {
	return &backtracker{prog: r.prog, s: s, slots: make([]int, r.prog.slots)}
}

func (b *backtracker) match() (subs [][2]int, ok bool) {
	for start := 0; start <= len(b.s) && (start == 0 || !b.prog.anchored); {
		b.run(start)
		if b.best != nil {
			return pairs(b.best[:b.prog.half]), true
		}
		if start == len(b.s) {
			break
		}
		_, size := b.prog.chars.next(b.s[start:])
		start += size
	}
	return nil, false
}

// run tries all the ways that begin at start, and keeps the longest in best:
// of several, the first.
func (b *backtracker) run(start int) {
	for i := range b.slots {
		b.slots[i] = -1
	}
	b.visited = make(map[visit]struct{})
	b.todo = append(b.todo[:0], step{at: b.prog.start, pos: start})
	for len(b.todo) > 0 {
		t := b.todo[len(b.todo)-1]
		b.todo = b.todo[:len(b.todo)-1]
		switch {
		case t.at >= 0:
			b.follow(t.at, t.pos)
		case t.slots != nil:
			copy(b.slots, t.slots)
		default:
			b.slots[t.slot] = t.pos
		}
	}
}

// follow goes one way until it fails or matches, and notes the others.
func (b *backtracker) follow(at int32, pos int) {
	for {
		i := &b.prog.insts[at]
		switch i.op {
		case opMatch:
			if b.best == nil || pos > b.best[1] {
				b.best = append(b.best[:0], b.slots...)
			}
			return
		case opSplit:
			if b.tried(at, pos) {
				return
			}
			b.todo = append(b.todo, step{at: i.other, pos: pos})
		case opSave:
			b.todo = append(b.todo, step{at: -1, slot: int32(i.n), pos: b.slots[i.n]})
			b.slots[i.n] = pos
		case opClose:
			if b.prog.slots == b.prog.half {
				b.todo = append(b.todo, step{at: -1, slot: int32(i.n), pos: b.slots[i.n]})
			} else {
				b.todo = append(b.todo, step{at: -1, slots: slices.Clone(b.slots)})
			}
			b.prog.close(i, b.slots, pos)
		case opAssert:
			prev, next := rune(-1), rune(-1)
			if pos > 0 {
				prev = b.prog.chars.before(b.s[:pos])
			}
			if pos < len(b.s) {
				next, _ = b.prog.chars.next(b.s[pos:])
			}
			if !b.prog.chars.holds(i.n, prev, next) {
				return
			}
		case opRef:
			if pos = b.again(i.n, pos); pos < 0 {
				return
			}
		default:
			if pos == len(b.s) {
				return
			}
			r, size := b.prog.chars.next(b.s[pos:])
			if !b.prog.takes(i, r) {
				return
			}
			pos += size
		}
		at = i.next
	}
}

// tried reports whether a state has been tried before.
func (b *backtracker) tried(at int32, pos int) bool {
	v := visit{at: at, pos: pos}
	for k, n := range b.prog.refs {
		v.refs[k] = [2]int{b.slots[2*n], b.slots[2*n+1]}
	}
	if _, ok := b.visited[v]; ok {
		return true
	}
	b.visited[v] = struct{}{}
	return false
}

// again takes what group n has taken, and returns the place behind it, or -1.
func (b *backtracker) again(n, pos int) int {
	start, end := b.slots[2*n], b.slots[2*n+1]
	if start < 0 || end < start {
		return -1
	}
	want := b.s[start:end]
	for len(want) > 0 {
		if pos == len(b.s) {
			return -1
		}
		r, size := b.prog.chars.next(b.s[pos:])
		w, wsize := b.prog.chars.next(want)
		if b.prog.chars.fold(r) != b.prog.chars.fold(w) {
			return -1
		}
		pos += size
		want = want[wsize:]
	}
	return pos
}
