package pattern

import (
	"sync"
	"unicode/utf8"
)

// opcode is what an instruction of an automaton does.
type opcode uint8

const (
	opChar  opcode = iota // take the character r
	opAny                 // take any character
	opSet                 // take a character in set
	opStar                // take any number of characters
	opSplit               // go to next and to other
	opNot                 // take what not does not match
	opMatch
)

type inst struct {
	op          opcode
	next, other int32
	r           rune // of opChar; / for an opStar that takes slashes too
	set         *set
	not         *nfa
}

// nfa is an automaton that runs through a string from left to right or, if
// back is set, from right to left. It keeps all its states at once, so that
// its time does not depend on how the alternatives combine.
type nfa struct {
	insts    []inst
	start    int32
	back     bool
	bytes    bool
	folded   bool
	fileName bool // a slash is matched only by a slash
	ignoring bool // but for what the flag of that name lets through
	period   bool // a leading dot is matched only by a dot
	wide     bool // there is a * or a !( ): a match may end anywhere
	hasNot   bool

	lead *[256]bool // the bytes that a match can begin with; nil if any, or none
}

func compileNFA(terms []term, flags Flags, g *program, back bool) *nfa {
	a := &nfa{back: back, bytes: g.bytes, folded: flags&NoCase != 0, fileName: flags&FileName != 0, period: g.period,
		ignoring: flags&ignoring != 0}
	a.start = a.sequence(terms, a.emit(inst{op: opMatch}))
	if !back {
		a.findLead()
	}
	return a
}

func (a *nfa) emit(i inst) int32 {
	a.insts = append(a.insts, i)
	return int32(len(a.insts) - 1)
}

// sequence compiles terms so that they go on to next, and returns where they
// begin. Code is made from the end, so that each part knows what follows it.
func (a *nfa) sequence(terms []term, next int32) int32 {
	for i := range terms {
		t := &terms[len(terms)-1-i]
		if a.back {
			t = &terms[i]
		}
		next = a.term(t, next)
		if t.kind == star && i == 0 && a.ignoring {
			a.insts[next].r = '/'
		}
	}
	return next
}

func (a *nfa) term(t *term, next int32) int32 {
	switch t.kind {
	case literal:
		return a.emit(inst{op: opChar, r: t.r, next: next})
	case anyChar:
		return a.emit(inst{op: opAny, next: next})
	case bracket:
		return a.emit(inst{op: opSet, set: t.set, next: next})
	case star:
		a.wide = true
		return a.emit(inst{op: opStar, next: next})
	}
	switch t.op {
	case '?':
		return a.emit(inst{op: opSplit, next: a.alternatives(t, next), other: next})
	case '*', '+':
		loop := a.emit(inst{op: opSplit, other: next})
		body := a.alternatives(t, loop)
		a.insts[loop].next = body
		if t.op == '+' {
			return body
		}
		return loop
	case '@':
		return a.alternatives(t, next)
	}
	not := &nfa{back: a.back, bytes: a.bytes, folded: a.folded, fileName: a.fileName, period: a.period,
		ignoring: a.ignoring}
	not.start = not.alternatives(t, not.emit(inst{op: opMatch}))
	a.wide, a.hasNot = true, true
	return a.emit(inst{op: opNot, not: not, next: next})
}

func (a *nfa) alternatives(t *term, next int32) int32 {
	if len(t.alts) == 0 {
		return next
	}
	at := a.sequence(t.alts[0], next)
	for _, alt := range t.alts[1:] {
		other := a.sequence(alt, next)
		at = a.emit(inst{op: opSplit, next: at, other: other})
	}
	return at
}

// findLead finds what a match can begin with.
func (a *nfa) findLead() {
	var lead [256]bool
	seen := make([]bool, len(a.insts))
	todo := []int32{a.start}
	for len(todo) > 0 {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[at] {
			continue
		}
		seen[at] = true
		switch i := &a.insts[at]; i.op {
		case opSplit:
			todo = append(todo, i.next, i.other)
		case opChar, opSet:
			for b := range lead {
				if rune(b) >= utf8.RuneSelf && (!a.bytes || a.folded) || a.takes(i, rune(b)) {
					lead[b] = true
				}
			}
		default:
			return
		}
	}
	a.lead = &lead
}

// takes reports whether an instruction that takes one character takes r.
func (a *nfa) takes(i *inst, r rune) bool {
	if r == '/' && a.fileName {
		return (i.op == opChar || i.op == opStar) && i.r == '/'
	}
	switch i.op {
	case opChar:
		return i.r == r || a.folded && i.r == fold(r, a.bytes)
	case opSet:
		return i.set.has(r) && !(a.fileName && i.set.slash)
	case opAny, opStar:
		return true
	}
	return false
}

// lazyNFA is an automaton that is compiled when it is first needed.
type lazyNFA struct {
	once sync.Once
	nfa  *nfa
}

// backward returns the automaton that runs from right to left.
func (g *program) backward() *nfa {
	g.back.once.Do(func() {
		var flags Flags
		if g.nfa.folded {
			flags |= NoCase
		}
		if g.nfa.fileName {
			flags |= FileName
		}
		g.back.nfa = compileNFA(g.terms, flags, g, true)
	})
	return g.back.nfa
}
