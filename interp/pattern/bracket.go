package pattern

// bracketReader reads one bracket expression.
type bracketReader struct {
	text []rune
	pos  int
	set  *set
}

// readBracket reads the bracket expression that starts behind text[i], a [. It
// returns the offset behind the closing bracket, or 0 if there is none, in
// which case the [ is literal.
func readBracket(text []rune, i int, flags Flags, bytes bool) (*set, int) {
	r := &bracketReader{text: text, pos: i + 1, set: &set{folded: flags&NoCase != 0, bytes: bytes}}
	if c := r.peek(0); c == '!' || c == '^' {
		r.set.negated = true
		r.pos++
	}
	for first := true; ; first = false {
		c := r.peek(0)
		switch {
		case c < 0:
			return nil, 0
		case c == ']' && !first:
			r.set.finish()
			return r.set, r.pos + 1
		case c == '\\' && r.pos+1 == len(text):
			// A backslash with nothing to quote: nothing matches. This is how
			// bash has it.
			return &set{}, len(text)
		}
		if !r.readMember() {
			return nil, 0
		}
	}
}

// peek returns the character n behind the position, or -1.
func (r *bracketReader) peek(n int) rune {
	if r.pos+n < len(r.text) {
		return r.text[r.pos+n]
	}
	return -1
}

// readMember reads a class, a range or a character. It returns false if the
// text ends in it.
func (r *bracketReader) readMember() bool {
	if r.peek(0) == '[' {
		switch {
		case r.peek(1) == '=' && r.peek(2) >= 0 && r.peek(3) == '=' && r.peek(4) == ']':
			r.set.add(r.peek(2), r.peek(2))
			r.pos += 5
			return true
		case r.peek(1) == ':':
			r.readClass()
			return true
		}
	}
	lo, known, ok := r.readPoint()
	if !ok {
		return false
	}
	hi := lo
	if r.peek(0) == '-' && r.peek(1) != ']' {
		r.pos++
		var knownHi bool
		if hi, knownHi, ok = r.readPoint(); !ok {
			return false
		}
		known = known && knownHi
	}
	if known {
		r.set.add(lo, hi)
		r.set.slash = r.set.slash || lo == '/' || hi == '/'
	}
	return true
}

// readClass reads [:name:]. Unknown names have no members; without a :] the
// colon is a member, and the bracket is nothing.
func (r *bracketReader) readClass() {
	for end := r.pos + 2; end+1 < len(r.text); end++ {
		if r.text[end] == ':' && r.text[end+1] == ']' {
			name := Unescape(string(r.text[r.pos+2 : end]))
			if in := Class(name); in != nil {
				r.set.classes = append(r.set.classes, in)
			}
			r.pos = end + 2
			return
		}
	}
	r.pos++
}

// readPoint reads a character, quoted or not, or a collating symbol: what may
// bound a range. It is not known if the symbol is not.
func (r *bracketReader) readPoint() (c rune, known, ok bool) {
	c = r.peek(0)
	r.pos++
	switch {
	case c == '\\':
		c = r.peek(0)
		r.pos++
	case c == '[' && r.peek(0) == '.':
		return r.readSymbol()
	}
	return c, true, c >= 0
}

// readSymbol reads the rest of [.name.], from the first dot.
func (r *bracketReader) readSymbol() (c rune, known, ok bool) {
	for end := r.pos + 1; end+1 < len(r.text); end++ {
		if r.text[end] == '.' && r.text[end+1] == ']' {
			c, known = collatingSymbol(r.text[r.pos+1 : end])
			r.pos = end + 2
			return c, known, true
		}
	}
	return 0, false, false
}
