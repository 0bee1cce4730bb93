package chunk

// A view is a part of a source, as a finder sees it.
type view struct {
	buf []byte
	bof bool // buf[0] is the source's first byte
	eof bool // no byte follows buf

	// For csv alone: whether the number of quotes before parityAt, counted from
	// the source's first byte, is odd.
	odd      bool
	parityAt int
}

// A finder knows a format's record starts. Finders have no state of their own:
// whatever view shows the same bytes, the answer is the same.
type finder interface {
	// next returns the first record start at or after i that lies within v, and
	// true. With false, no index from i up to the one returned is a start, and a
	// search can go on from there in a view with more bytes; if v.eof there is
	// none. i is not beyond the end of v.
	next(v *view, i int) (int, bool)

	// context returns the index of the first byte that a search at i looks at,
	// or -1 if that lies before v.
	context(v *view, i int) int
}

// A tracker is a finder whose decisions depend on every byte before them.
type tracker interface {
	// track takes account of the bytes before index to.
	track(v *view, to int)
}

// drop forgets the first n bytes.
func (v *view) drop(f finder, n int) {
	if n == 0 {
		return
	}
	if t, ok := f.(tracker); ok && v.parityAt < n {
		t.track(v, n)
	}
	v.parityAt -= n
	v.buf = v.buf[n:]
	v.bof = false
}
