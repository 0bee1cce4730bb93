package pattern

import "unicode/utf8"

// finder looks for matches of one reading of a pattern in one string, from
// left to right.
//
// It tries each place in turn, which is quickest as long as most places fail
// at the first character. When that has cost more than the string is long, one
// run from right to left finds all the places where a match starts.
type finder struct {
	g      *program
	s      string
	work   int  // characters looked at
	starts bits // where matches start, if known
}

// patience is how many times the length of the string a finder looks at
// characters before it changes its method.
const patience = 4

// find returns the leftmost match from from on, and the longest there.
func (f *finder) find(from int) (start, end int, ok bool) {
	if f.g.nfa == nil {
		return f.g.find(f.s, from)
	}
	a := f.g.nfa
	for i := from; i <= len(f.s); i++ {
		switch {
		case i < len(f.s) && a.lead != nil && !a.lead[f.s[i]]:
			continue
		case i < len(f.s) && !a.bytes && !utf8.RuneStart(f.s[i]):
			continue
		case f.starts != nil && !f.starts.has(i):
			continue
		case f.starts == nil && f.work > patience*len(f.s) && !a.hasNot:
			f.starts = f.g.backward().reached(f.s)
			i-- // look at this place again
			continue
		}
		end, work := a.end(f.s, i, true)
		f.work += work
		if end >= 0 {
			return i, end, true
		}
	}
	return 0, 0, false
}

// reached returns the places where matches of a, which runs backward, can end,
// wherever in s they begin.
func (a *nfa) reached(s string) bits {
	b := newBits(len(s) + 1)
	r := newRun(a, s, nil)
	r.each(len(s), true, func(at int) bool {
		b.set(at)
		return true
	})
	r.release()
	return b
}
