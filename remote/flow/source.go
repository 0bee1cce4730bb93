package flow

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"mvdan.cc/sh/v3/syntax"
)

// sourceTemplate is shell source with replacement strings. It is parsed once, so that each of them is known by where it
// stands.
type sourceTemplate struct {
	pieces []sourcePiece

	src   string
	marks []mark
	file  *syntax.File // of the text in which the marks have offsets
}

// sourcePiece is literal source; or a replacement string; or a word of a command that holds some and nothing else that a
// shell looks at, which is repeated as a word of an argument vector would be.
type sourcePiece struct {
	lit   string
	spot  *spot
	token token
	word  []piece
}

// mark is a replacement string that was found in source.
type mark struct {
	at, size int // in the source
	token    token
	offset   int // in the text that is parsed
	slashes  int // backslashes right before it
}

// shortName is an expansion that would go on in what follows it.
var shortName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\$([A-Za-z_][A-Za-z0-9_]*)$`) })

// markLetter is what stands for a replacement string when source is parsed: a letter is literal wherever it is.
const markLetter = 'x'

// findMarks finds the replacement strings in source. ${1} and the like are the shell's own.
func findMarks(src string, t tokens) []mark {
	var marks []mark
	for from := 0; ; {
		at, size, tok := t.next(src[from:])
		if size == 0 {
			return marks
		}
		at += from
		from = at + size
		before := src[:at]
		slashes := len(before) - len(strings.TrimRight(before, `\`))
		dollars := len(before) - len(strings.TrimRight(before, "$"))
		if dollars > 0 && src[at] == '{' {
			escaped := strings.TrimRight(before, "$")
			if (dollars+len(escaped)-len(strings.TrimRight(escaped, `\`)))%2 == 1 {
				from = at + 1
				continue
			}
		}
		marks = append(marks, mark{at: at, size: size, token: tok, slashes: slashes})
	}
}

// parsable returns the source with letters in the marks' places, and sets their offsets in it. Bytes that are no ASCII, and
// carriage returns, become letters too: what they are does not matter here, and the parser takes no others.
func parsable(src string, marks []mark) string {
	var b strings.Builder
	from := 0
	for i := range marks {
		b.WriteString(src[from:marks[i].at])
		marks[i].offset = b.Len()
		b.WriteByte(markLetter)
		from = marks[i].at + marks[i].size
	}
	b.WriteString(src[from:])
	text := []byte(b.String())
	for i, c := range text {
		if c >= 0x80 || c == '\r' {
			text[i] = markLetter
		}
	}
	return string(text)
}

// parseSource finds where the values belong in source. If none does and add is set, all of them are added at its end.
func parseSource(src string, t tokens, add bool) (*sourceTemplate, error) {
	marks := findMarks(src, t)
	if len(marks) == 0 && add {
		src = strings.TrimRight(src, " \t\n") + " "
		marks = []mark{{at: len(src)}}
	}
	text := parsable(src, marks)
	file, err := parseBash(text)
	if err != nil {
		file, err = parseMasked(text, marks, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", brief(src), syntaxError(err))
	}
	s := &sourceTemplate{src: src, marks: marks, file: file}
	if err := s.build(text); err != nil {
		return nil, fmt.Errorf("%s: %w", brief(src), err)
	}
	return s, nil
}

func parseBash(text string) (*syntax.File, error) {
	return syntax.NewParser(syntax.Variant(syntax.LangBash), syntax.KeepComments(true)).Parse(strings.NewReader(text), "")
}

// parseMasked parses text that is refused because of what stands in subscripts or arithmetic, of which the shell that will
// run it asks more than the parser knows: ${m[a b]} is a key, $((1 $op 2)) an expression when op is expanded. Letters
// take its place, but where there are marks in it. Without success it gives the error that refused the text.
func parseMasked(text string, marks []mark, refused error) (*syntax.File, error) {
	masked := []byte(text)
	for i := range len(masked) {
		switch {
		case masked[i] == '[' && i > 0 && isNameByte(masked[i-1]):
			mask(masked, i+1, ']', marks)
		case masked[i] == '(' && i > 0 && masked[i-1] == '(':
			mask(masked, i+1, ')', marks)
		}
	}
	if file, err := parseBash(string(masked)); err == nil {
		return file, nil
	}
	return nil, refused
}

func isNameByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

// mask writes letters over what stands between from and the end that belongs to it, if that is on the same line and no mark
// is in between.
func mask(text []byte, from int, end byte, marks []mark) {
	open := byte('[')
	if end == ')' {
		open = '('
	}
	depth, to := 0, from
	for ; to < len(text) && (text[to] != end || depth > 0); to++ {
		switch text[to] {
		case open:
			depth++
		case end:
			depth--
		case '\n':
			return
		}
	}
	if to == len(text) || to == from || slices.ContainsFunc(marks, func(m mark) bool { return from <= m.offset && m.offset < to }) {
		return
	}
	for i := from; i < to; i++ {
		text[i] = markLetter
	}
}

// build cuts the source into pieces.
func (s *sourceTemplate) build(text string) error {
	from := 0
	for _, m := range s.marks {
		if m.at < from {
			continue // in a word that is a piece
		}
		spot, err := locate(s.file, text, m.offset)
		if err != nil {
			return err
		}
		if w := spot.word; w != nil {
			s.pieces = append(s.pieces, sourcePiece{lit: s.src[from:s.original(w.Pos().Offset())]},
				sourcePiece{word: s.between(w.Pos().Offset(), w.End().Offset(), false)})
			from = s.original(w.End().Offset())
			continue
		}
		lit := s.src[from:m.at]
		if m.slashes%2 == 1 {
			if lit, err = unescape(lit, spot); err != nil {
				return err
			}
		}
		if spot.afterName {
			lit = shortName().ReplaceAllString(lit, "$${$1}")
		}
		s.pieces = append(s.pieces, sourcePiece{lit: lit}, sourcePiece{spot: &spot, token: m.token})
		from = m.at + m.size
	}
	s.pieces = append(s.pieces, sourcePiece{lit: s.src[from:]})
	return nil
}

// original returns the offset in the source of an offset in the text that was parsed.
func (s *sourceTemplate) original(offset uint) int {
	at := int(offset)
	for _, m := range s.marks {
		if m.offset < int(offset) {
			at += m.size - 1
		}
	}
	return at
}

// unescape sees to a backslash right before a value: in code it quotes a character that needs no quoting any more, elsewhere
// it is a backslash.
func unescape(lit string, s spot) (string, error) {
	if s.ticks > 0 {
		return "", fmt.Errorf("a backslash before a replacement string within backquotes: use $(…)")
	}
	switch s.place {
	case inCode, inBareWord, inArith:
		return lit[:len(lit)-1], nil
	case inDouble, inParam, inHeredoc, inAnsi:
		return lit + `\`, nil
	}
	return lit, nil
}

// fill returns the source with values in their places. An error says which value cannot stand in its place.
func (s *sourceTemplate) fill(v values) (string, error) {
	var b strings.Builder
	for _, p := range s.pieces {
		switch {
		case p.word != nil:
			b.WriteString(strings.Join(fillWord(p.word, v, quote), " "))
		case p.spot != nil:
			text, err := p.spot.render(v.of(p.token))
			if err != nil {
				return "", err
			}
			b.WriteString(text)
		default:
			b.WriteString(p.lit)
		}
	}
	return b.String(), nil
}

// syntaxError drops the position, which counts in a text that the user did not write.
func syntaxError(err error) error {
	if e, ok := err.(syntax.ParseError); ok {
		return fmt.Errorf("syntax error: %s", e.Text)
	}
	return err
}

// briefMax is how much of a command a message shows, in bytes.
const briefMax = 60

// brief returns the beginning of a command on one line.
func brief(src string) string {
	src = strings.TrimSpace(src)
	line, _, cut := strings.Cut(src, "\n")
	if len(line) > briefMax {
		line, cut = line[:briefMax], true
	}
	if cut {
		line += "…"
	}
	return line
}
