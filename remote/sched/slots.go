package sched

import "math/bits"

// slots gives out the lowest number that is free, from 1.
type slots struct {
	free []uint64 // a bit per slot, from 0
	n    int      // how many are free
}

func newSlots(n int) *slots {
	s := &slots{free: make([]uint64, (n+63)/64), n: n}
	for i := range n {
		s.free[i/64] |= 1 << (i % 64)
	}
	return s
}

// take returns a slot; there must be one.
func (s *slots) take() int {
	for i, word := range s.free {
		if word != 0 {
			s.free[i] = word & (word - 1)
			s.n--
			return 64*i + bits.TrailingZeros64(word) + 1
		}
	}
	return 0
}

func (s *slots) give(slot int) {
	s.free[(slot-1)/64] |= 1 << ((slot - 1) % 64)
	s.n++
}
