package arith

// kind is what a token is.
type kind uint8

const (
	tokEnd kind = iota
	tokNum
	tokName
	tokLParen
	tokRParen
	tokNot
	tokBitNot
	tokQuestion
	tokColon
	tokComma
	tokAssign   // =
	tokOpAssign // op= ; the operator is in lexer.assignOp
	tokPreInc
	tokPreDec
	tokPostInc
	tokPostDec
	// The binary operators; binaryOps has their precedence.
	tokPow
	tokMul
	tokDiv
	tokMod
	tokAdd
	tokSub
	tokShl
	tokShr
	tokLess
	tokLessEq
	tokGreater
	tokGreaterEq
	tokEqual
	tokNotEqual
	tokBitAnd
	tokBitXor
	tokBitOr
	tokAnd
	tokOr
)

// lexer cuts an expression into tokens, one ahead of the parser. Which token
// ++ and -- are depends on the one before, so there is no way to lex apart
// from parsing.
type lexer struct {
	text  string
	pos   int // just behind the current token
	start int // of the current token; of the last one at the end of the text

	tok      kind
	preIncd  bool // the operand just read was ++x or --x
	assignOp opcode
	num      int64  // of tokNum
	name     string // of tokName
	sub      string // of tokName with a subscript: the text in brackets
	hasSub   bool

	err  *Error
	late bool // err is seen only after the operand before it was evaluated
}

// fail records the first fault, and makes the rest of the text look empty, so
// that the parser comes home.
func (l *lexer) fail(msg string) { l.failUpTo(msg, len(l.text)) }

// failUpTo is fail for a fault that bash reports with the text cut at end.
func (l *lexer) failUpTo(msg string, end int) {
	if l.err == nil {
		token := ""
		if l.start < end {
			token = l.text[l.start:end]
		}
		l.err = &Error{Text: trimBlanks(l.text[:end]), Msg: msg, Token: token}
	}
	l.tok, l.pos = tokEnd, len(l.text)
}

// next reads a token.
func (l *lexer) next() {
	before := l.tok
	for l.pos < len(l.text) && isSpace(l.text[l.pos]) {
		l.pos++
	}
	if l.pos >= len(l.text) {
		l.tok = tokEnd
		return
	}
	l.start = l.pos
	c := l.text[l.pos]
	switch {
	case isNameStart(c):
		l.readName()
	case isDigit(c):
		l.readNumber()
	case (c == '+' || c == '-') && l.peek(1) == c:
		l.readDoubled(c, before)
	default:
		l.readOperator(c, before)
	}
}

// peek returns the byte n behind the position, or 0.
func (l *lexer) peek(n int) byte {
	if l.pos+n < len(l.text) {
		return l.text[l.pos+n]
	}
	return 0
}

func (l *lexer) readName() {
	end := l.pos
	for end < len(l.text) && (isNameStart(l.text[end]) || isDigit(l.text[end])) {
		end++
	}
	l.tok, l.name, l.sub, l.hasSub = tokName, l.text[l.pos:end], "", false
	if end < len(l.text) && l.text[end] == '[' {
		n := subscriptLen(l.text[end:])
		if n < 0 {
			l.fail("bad array subscript")
			return
		}
		l.sub, l.hasSub = l.text[end+1:end+n-1], true
		end += n
	}
	l.pos = end
}

func (l *lexer) readNumber() {
	end := l.pos
	for end < len(l.text) && (isNameStart(l.text[end]) || isDigit(l.text[end]) ||
		l.text[end] == '#' || l.text[end] == '@') {
		end++
	}
	n, msg := number(l.text[l.pos:end])
	if msg != "" {
		l.failUpTo(msg, end)
		return
	}
	l.tok, l.num, l.pos = tokNum, n, end
}

// readDoubled reads ++ or --: postfix behind a name, prefix before one, and
// otherwise two signs of which this is the first.
func (l *lexer) readDoubled(c byte, before kind) {
	pre, post, sign := tokPreInc, tokPostInc, tokAdd
	if c == '-' {
		pre, post, sign = tokPreDec, tokPostDec, tokSub
	}
	behind := l.pos + 2
	for behind < len(l.text) && isSpace(l.text[behind]) {
		behind++
	}
	switch {
	case before == tokName:
		l.tok, l.pos = post, l.pos+2
	case before == tokNum && l.preIncd:
		l.fail(string([]byte{c, c}) + ": assignment requires lvalue")
		l.late = true
	case behind < len(l.text) && isNameStart(l.text[behind]):
		l.tok, l.pos = pre, l.pos+2
	default:
		l.tok, l.pos = sign, l.pos+1
	}
}

func (l *lexer) readOperator(c byte, before kind) {
	tok, op := single(c)
	size := 1
	d := l.peek(1)
	if two := double(c, d); two != tokEnd {
		tok, size = two, 2
		if (two == tokShl || two == tokShr) && l.peek(2) == '=' {
			tok, op, size = tokOpAssign, opShl, 3
			if two == tokShr {
				op = opShr
			}
		}
	} else if d == '=' && op != opNone {
		tok, size = tokOpAssign, 2
	}
	if tok == tokEnd {
		if before == tokEnd || before > tokName {
			l.fail("syntax error: operand expected")
		} else {
			l.fail("syntax error: invalid arithmetic operator")
		}
		return
	}
	l.tok, l.assignOp, l.pos = tok, op, l.pos+size
}

// single gives the token of one character, and the operation of the same
// character with = behind it, if it has one.
func single(c byte) (kind, opcode) {
	switch c {
	case '(':
		return tokLParen, opNone
	case ')':
		return tokRParen, opNone
	case '!':
		return tokNot, opNone
	case '~':
		return tokBitNot, opNone
	case '?':
		return tokQuestion, opNone
	case ':':
		return tokColon, opNone
	case ',':
		return tokComma, opNone
	case '=':
		return tokAssign, opNone
	case '<':
		return tokLess, opNone
	case '>':
		return tokGreater, opNone
	case '*':
		return tokMul, opMul
	case '/':
		return tokDiv, opDiv
	case '%':
		return tokMod, opMod
	case '+':
		return tokAdd, opAdd
	case '-':
		return tokSub, opSub
	case '&':
		return tokBitAnd, opBitAnd
	case '^':
		return tokBitXor, opBitXor
	case '|':
		return tokBitOr, opBitOr
	}
	return tokEnd, opNone
}

// double gives the token of two characters, or tokEnd.
func double(c, d byte) kind {
	switch {
	case d == '=':
		switch c {
		case '=':
			return tokEqual
		case '!':
			return tokNotEqual
		case '<':
			return tokLessEq
		case '>':
			return tokGreaterEq
		}
	case c != d:
	case c == '<':
		return tokShl
	case c == '>':
		return tokShr
	case c == '&':
		return tokAnd
	case c == '|':
		return tokOr
	case c == '*':
		return tokPow
	}
	return tokEnd
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' }
func isDigit(c byte) bool { return c-'0' < 10 }

func isNameStart(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_'
}

// trimBlanks drops leading blanks, as bash does when it quotes an expression.
func trimBlanks(s string) string {
	for len(s) > 0 && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	return s
}
