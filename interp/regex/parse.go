package regex

import "slices"

// kind is what a node of the syntax tree is.
type kind uint8

const (
	empty kind = iota
	char
	anyChar
	inSet
	sequence
	alternatives
	repeat
	group
	assertion
	reference
)

// node is a node of the syntax tree.
type node struct {
	kind     kind
	r        rune    // of char
	set      *set    // of inSet
	subs     []*node // of sequence, alternatives, repeat and group
	min, max int     // of repeat; max -1 is no bound
	lax      bool    // of group: see opClose
	n        int     // of group and reference: which; of assertion: what
}

// What an assertion asserts of a place.
const (
	atStart = iota
	atEnd
	atWord    // the start or the end of a word
	notAtWord // neither
	wordStart
	wordEnd
)

const (
	maxNesting = 1000      // groups in each other; the C library's stack ends somewhere beyond
	maxRepeat  = 0x7fff    // RE_DUP_MAX of the C library
	maxInsts   = 1_000_000 // instructions of a program, some 40 bytes each
)

// parser reads an expression by recursive descent.
type parser struct {
	text   string
	pos    int
	chars  chars
	groups int
	depth  int
	closed [10]bool // groups that a reference may name
	refs   []int    // groups that references do name
}

func (p *parser) parse() (*node, error) {
	// Outside of groups a closing parenthesis is an ordinary character.
	return p.alternatives(false)
}

func (p *parser) more() bool { return p.pos < len(p.text) }

// at reports whether the next byte is c.
func (p *parser) at(c byte) bool { return p.more() && p.text[p.pos] == c }

func (p *parser) alternatives(nested bool) (*node, error) {
	n := &node{kind: alternatives}
	before, after := p.closed, p.closed
	for {
		p.closed = before // one alternative cannot refer to another
		branch, err := p.branch(nested)
		if err != nil {
			return nil, err
		}
		n.subs = append(n.subs, branch)
		for i := range after {
			after[i] = after[i] || p.closed[i]
		}
		if !p.at('|') {
			break
		}
		p.pos++
	}
	p.closed = after
	if len(n.subs) == 1 {
		return n.subs[0], nil
	}
	return n, nil
}

func (p *parser) branch(nested bool) (*node, error) {
	n := &node{kind: sequence}
	for p.more() && !p.at('|') && !(nested && p.at(')')) {
		x, err := p.expression()
		if err != nil {
			return nil, err
		}
		n.subs = append(n.subs, x)
	}
	return n, nil
}

// expression reads what may be repeated, and how often. Anchors may not.
func (p *parser) expression() (*node, error) {
	x, err := p.single()
	if err != nil || x.kind == assertion {
		return x, err
	}
	for p.more() {
		var y *node
		switch p.text[p.pos] {
		case '*':
			y = &node{kind: repeat, max: -1}
		case '+':
			y = &node{kind: repeat, min: 1, max: -1}
		case '?':
			y = &node{kind: repeat, max: 1}
		case '{':
			y = &node{kind: repeat}
			if err := p.bounds(y); err != nil {
				return nil, err
			}
		default:
			return x, nil
		}
		p.pos++
		y.subs = []*node{x}
		if x = y; y.max == 0 {
			x = &node{}
		}
	}
	return x, nil
}

// bounds reads {n}, {n,}, {n,m} or {,m}, up to the closing brace.
func (p *parser) bounds(n *node) error {
	p.pos++
	var given bool
	n.min, given = p.number()
	if !given && !p.at(',') {
		return errBrace
	}
	n.max = n.min
	if p.at(',') {
		p.pos++
		if n.max, given = p.number(); !given {
			n.max = -1
		}
	}
	switch {
	case !p.at('}') || n.max >= 0 && n.min > n.max:
		return errBrace
	case max(n.min, n.max) > maxRepeat:
		return errSize
	}
	return nil
}

func (p *parser) number() (n int, given bool) {
	for p.more() && p.text[p.pos]-'0' <= 9 {
		n = min(n*10+int(p.text[p.pos]-'0'), maxRepeat+1)
		p.pos++
		given = true
	}
	return n, given
}

// single reads an expression without repetition.
func (p *parser) single() (*node, error) {
	c := p.text[p.pos]
	switch c {
	case '(':
		return p.group()
	case '[':
		return p.bracket()
	case '*', '+', '?', '{':
		return nil, errRepeat
	case '\\':
		return p.escape()
	}
	switch c {
	case '.':
		p.pos++
		return &node{kind: anyChar}, nil
	case '^':
		p.pos++
		return &node{kind: assertion, n: atStart}, nil
	case '$':
		p.pos++
		return &node{kind: assertion, n: atEnd}, nil
	}
	return p.char(), nil
}

func (p *parser) char() *node {
	r, size := p.chars.next(p.text[p.pos:])
	p.pos += size
	return &node{kind: char, r: p.chars.fold(r)}
}

func (p *parser) group() (*node, error) {
	if p.depth++; p.depth > maxNesting {
		return nil, errSize
	}
	p.pos++
	p.groups++
	n := &node{kind: group, n: p.groups}
	x, err := p.alternatives(true)
	if err != nil {
		return nil, err
	}
	if !p.at(')') {
		return nil, errParen
	}
	p.pos++
	p.depth--
	n.subs = []*node{x}
	if n.n < len(p.closed) {
		p.closed[n.n] = true
	}
	return n, nil
}

func (p *parser) escape() (*node, error) {
	p.pos++
	if !p.more() {
		return nil, errEscape
	}
	c := p.text[p.pos]
	if c >= '1' && c <= '9' {
		p.pos++
		n := int(c - '0')
		if !p.closed[n] {
			return nil, errReference
		}
		if !slices.Contains(p.refs, n) {
			p.refs = append(p.refs, n)
		}
		return &node{kind: reference, n: n}, nil
	}
	n := p.special(c)
	if n == nil {
		return p.char(), nil
	}
	p.pos++
	return n, nil
}

// special returns what a letter means behind a backslash, or nil.
func (p *parser) special(c byte) *node {
	switch c {
	case 'w', 'W':
		return &node{kind: inSet, set: p.chars.classSet("alnum", '_', c == 'W')}
	case 's', 'S':
		return &node{kind: inSet, set: p.chars.classSet("space", 0, c == 'S')}
	case 'b':
		return &node{kind: assertion, n: atWord}
	case 'B':
		return &node{kind: assertion, n: notAtWord}
	case '<':
		return &node{kind: assertion, n: wordStart}
	case '>':
		return &node{kind: assertion, n: wordEnd}
	case '`':
		return &node{kind: assertion, n: atStart}
	case '\'':
		return &node{kind: assertion, n: atEnd}
	}
	return nil
}
