package pattern

// kind is what a term is.
type kind uint8

const (
	literal kind = iota
	anyChar      // ?
	star         // *
	bracket      // [ ]
	group        // one of ?( *( +( @( !(
)

// term is a part of a pattern.
type term struct {
	kind kind
	r    rune // of literal
	set  *set // of bracket
	op   rune // of group
	alts [][]term
}

// maxNesting bounds groups within groups, so that hostile text cannot exhaust
// the stack.
const maxNesting = 1000

// reader turns the text of a pattern into terms.
type reader struct {
	flags Flags
	bytes bool
	depth int
	deep  bool // maxNesting was met
}

// read reads text as a sequence of terms.
func (r *reader) read(text []rune) []term {
	var seq []term
	for i := 0; i < len(text); {
		c := text[i]
		if isGroup(text, i) && r.flags&ExtGlob != 0 {
			t, end := r.readGroup(text, i)
			if end == 0 {
				// A group that does not end: the rest is literal, every byte.
				for _, c := range text[i:] {
					seq = append(seq, r.literal(c))
				}
				return seq
			}
			seq = append(seq, t)
			i = end
			continue
		}
		i++
		switch c {
		case '*':
			if n := len(seq); n == 0 || seq[n-1].kind != star {
				seq = append(seq, term{kind: star})
			}
		case '?':
			seq = append(seq, term{kind: anyChar})
		case '[':
			t, end := r.readBracket(text, i-1)
			seq = append(seq, t)
			i = end
		case '\\':
			if i < len(text) {
				c = text[i]
				i++
			}
			seq = append(seq, r.literal(c))
		default:
			seq = append(seq, r.literal(c))
		}
	}
	return seq
}

// readBracket reads a bracket expression, or a [ that has no end.
func (r *reader) readBracket(text []rune, i int) (term, int) {
	if s, end := readBracket(text, i, r.flags, r.bytes); end > 0 {
		return term{kind: bracket, set: s}, end
	}
	return r.literal('['), i + 1
}

func (r *reader) literal(c rune) term {
	if r.flags&NoCase != 0 {
		c = fold(c, r.bytes)
	}
	return term{kind: literal, r: c}
}

func isGroup(text []rune, i int) bool {
	if i+1 >= len(text) || text[i+1] != '(' {
		return false
	}
	switch text[i] {
	case '?', '*', '+', '@', '!':
		return true
	}
	return false
}

// readGroup reads the group that starts at text[i], and returns the offset
// behind it, or 0 if it does not end.
func (r *reader) readGroup(text []rune, i int) (term, int) {
	alts, end := splitGroup(text, i+2)
	if end == 0 {
		return term{}, 0
	}
	t := term{kind: group, op: text[i]}
	if r.depth++; r.depth > maxNesting {
		r.deep = true
		return t, end
	}
	for _, alt := range alts {
		t.alts = append(t.alts, r.read(alt))
	}
	r.depth--
	return t, end
}

// splitGroup splits the inside of a group at its |, and returns the offset
// behind its ), or 0. Parentheses nest, whether they belong to a group or not.
func splitGroup(text []rune, from int) (alts [][]rune, end int) {
	depth := 0
	for i := from; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '[':
			// In brackets nothing parts or ends; without an end to them,
			// nothing does from here on.
			if i = skipBracket(text, i); i < 0 {
				return nil, 0
			}
		case '(':
			depth++
		case ')':
			if depth == 0 {
				return append(alts, text[from:i]), i + 1
			}
			depth--
		case '|':
			if depth == 0 {
				alts = append(alts, text[from:i])
				from = i + 1
			}
		}
	}
	return nil, 0
}

// skipBracket returns the offset of the ] that ends the bracket expression at
// text[i], or -1.
func skipBracket(text []rune, i int) int {
	first := i + 1
	if first < len(text) && (text[first] == '!' || text[first] == '^') {
		first++
	}
	var inner rune // the : = or . of a class in the brackets
	for i++; i < len(text); i++ {
		switch {
		case text[i] == '\\':
			i++
		case text[i] == '[' && i+1 < len(text) && (text[i+1] == ':' || text[i+1] == '=' || text[i+1] == '.'):
			inner = text[i+1]
		case text[i] == ']' && inner != 0 && text[i-1] == inner:
			inner = 0
		case text[i] == ']' && i != first:
			return i
		}
	}
	return -1
}
