package chunk

// RecStart returns the format whose records begin where re matches, in Go's
// syntax with ^ and $ at the ends of lines. An expression that can run over any
// number of newlines is an error.
func RecStart(re string) (Format, error) {
	m, err := newMatcher(re)
	if err != nil {
		return Format{}, err
	}
	return Format{recStartPrefix + re, recStart{m}, demandFirst}, nil
}

// RecEnd returns the format whose records end where a match of re ends, as
// RecStart says otherwise. Every index at which re matches counts, so that of
// three newlines in a row \n\n ends a record at the second and at the third.
func RecEnd(re string) (Format, error) {
	m, err := newMatcher(re)
	if err != nil {
		return Format{}, err
	}
	return Format{recEndPrefix + re, recEnd{m}, demandNone}, nil
}

// recStart finds the indices at which an expression matches.
type recStart struct{ m *matcher }

func (r recStart) next(v *view, i int) (int, bool) {
	horizon := r.m.horizon(v)
	start, _ := r.m.from(v, i)
	if start >= 0 && start <= horizon {
		return start, start < len(v.buf)
	}
	if v.eof {
		return len(v.buf), false
	}
	return max(i, horizon+1), false
}

func (r recStart) context(v *view, i int) int { return r.m.context(v, i) }

// recEnd finds the indices at which a match of an expression ends.
type recEnd struct{ m *matcher }

func (r recEnd) next(v *view, i int) (int, bool) {
	if i == 0 && v.bof {
		return 0, len(v.buf) > 0
	}
	horizon := r.m.horizon(v)
	first := len(v.buf) + 1 // the first end at or after i
	for from := r.m.earliest(v, i); from < first; {
		start, end := r.m.from(v, from)
		if start < 0 || start > horizon || start >= first {
			break
		}
		if end >= i {
			first = min(first, end)
		}
		from = start + 1
	}
	// A match that begins beyond the horizon ends beyond it.
	if v.eof || first <= horizon+1 {
		return min(first, len(v.buf)), first < len(v.buf)
	}
	return max(i, min(first, horizon+1)), false
}

func (r recEnd) context(v *view, i int) int {
	from := r.m.earliest(v, i)
	if from < 0 {
		return -1
	}
	return r.m.context(v, from)
}
