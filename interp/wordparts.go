package interp

import (
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"sshell/interp/quote"
)

// quoting says where in a word a part stands, which decides how its characters are taken.
type quoting uint8

const (
	inDouble    quoting = 1 << iota // in double quotes
	inDocument                      // in a here-document; set together with inDouble
	inOperand                       // in the word of ${x-word}: unquoted text is split
	tildeStart                      // a tilde is expanded at the beginning
	tildeValue                      // and behind each colon, as on the right side of an assignment
	tildeAssign                     // behind the first = and each colon after it, the word being NAME=…

	tildes = tildeStart | tildeValue | tildeAssign
)

// parts expands the parts of a word.
func (s *sink) parts(parts []syntax.WordPart, q quoting) error {
	for i := 0; i < len(parts); i++ {
		if lit, ok := parts[i].(*syntax.Lit); ok {
			text, n := literalRun(parts[i:], lit)
			s.lit(decodeSource(text), q, i == 0, i+n == len(parts))
			i += n - 1
			continue
		}
		if err := s.part(parts[i], q&^tildes); err != nil {
			return err
		}
	}
	return nil
}

// literalRun gives the text of the literals that parts begin with, of which lit is the first, and how many
// they are: the parser cuts a literal where a bracket opens.
func literalRun(parts []syntax.WordPart, lit *syntax.Lit) (text string, n int) {
	text = lit.Value
	for n = 1; n < len(parts); n++ {
		next, ok := parts[n].(*syntax.Lit)
		if !ok {
			break
		}
		text += next.Value
	}
	return text, n
}

// part expands a part that is no literal.
func (s *sink) part(part syntax.WordPart, q quoting) error {
	double := q&inDouble != 0
	switch p := part.(type) {
	case *syntax.Lit:
		s.lit(decodeSource(p.Value), q, false, false)
	case *syntax.SglQuoted:
		return s.singleQuoted(p, q)
	case *syntax.DblQuoted:
		return s.doubleQuoted(p)
	case *syntax.ParamExp:
		return s.paramExp(p, q)
	case *syntax.CmdSubst:
		text, err := s.sh.captureOutput(p.Stmts)
		if err != nil {
			return err
		}
		s.value(text, double)
	case *syntax.ArithmExp:
		n, err := s.sh.arithValue(p.X)
		if err != nil {
			return err
		}
		s.value(strconv.FormatInt(n, 10), double)
	case *syntax.ProcSubst:
		path, err := s.sh.procSubst(p)
		if err != nil {
			return err
		}
		s.quoted(path)
	case *syntax.ExtGlob:
		return s.extGlob(p, q)
	}
	return nil
}

// singleQuoted expands '…' and $'…'. In the operand of an expansion that is in double quotes itself, single
// quotes are characters like others.
func (s *sink) singleQuoted(p *syntax.SglQuoted, q quoting) error {
	text := decodeSource(p.Value)
	switch {
	case p.Dollar && q&inDocument == 0:
		s.quoted(quote.Dollar(text, s.sh.utf8Locale()))
		return nil
	case q&inDouble == 0:
		s.quoted(text)
		return nil
	}
	open := "'"
	if p.Dollar {
		open = "$'"
	}
	w, err := rawDocument(p.Value)
	if err != nil {
		return expansionErrorf("bad substitution: %s%s'", open, text)
	}
	s.quoted(open)
	if err := s.parts(w.Parts, q); err != nil {
		return err
	}
	s.quoted("'")
	return nil
}

// doubleQuoted expands "…". One in which an empty list of parameters stands, and that comes to nothing, does
// not make a field.
func (s *sink) doubleQuoted(p *syntax.DblQuoted) error {
	if len(p.Parts) == 0 {
		s.quoted("")
		return nil
	}
	some, fields, text := s.some, len(s.out), len(s.buf)
	s.noList = false
	err := s.parts(p.Parts, inDouble)
	if s.noList && len(s.out) == fields && len(s.buf) == text {
		s.some = some
	}
	return err
}

// extGlob appends an extended pattern, in which quotes and expansions are parsed only now.
func (s *sink) extGlob(p *syntax.ExtGlob, q quoting) error {
	s.bare(p.Op.String())
	if err := s.parts(rawWord(p.Pattern.Value).Parts, q); err != nil {
		return err
	}
	s.bare(")")
	if s.kind == toFields {
		s.meta = true
	}
	return nil
}

// lit appends a literal of the source; first and last say where it stands in its word.
func (s *sink) lit(text string, q quoting, first, last bool) {
	switch {
	case q&inDouble != 0:
		s.doubleLit(text, q)
	case q&tildes == 0 || strings.IndexByte(text, '~') < 0:
		s.bareLit(text, q)
	default:
		s.tildeLit(text, q, first, last)
	}
}

// bareLit appends unquoted text in which a backslash quotes the byte behind it.
func (s *sink) bareLit(text string, q quoting) {
	for text != "" {
		at := strings.IndexByte(text, '\\')
		if at < 0 || at == len(text)-1 {
			at = len(text)
		}
		if q&inOperand != 0 {
			s.split(text[:at])
		} else {
			s.bare(text[:at])
		}
		if at == len(text) {
			return
		}
		s.quoted(text[at+1 : at+2])
		text = text[at+2:]
	}
}

// doubleLit appends text in double quotes, where a backslash quotes few characters.
func (s *sink) doubleLit(text string, q quoting) {
	special := "$`\\\""
	switch {
	case q&inOperand != 0:
		special = "$`\\\"}"
	case q&inDocument != 0:
		special = "$`\\"
	}
	for {
		at := strings.IndexByte(text, '\\')
		if at < 0 || at == len(text)-1 {
			s.quoted(text)
			return
		}
		switch c := text[at+1]; {
		case c == '\n':
			s.quoted(text[:at])
			text = text[at+2:]
		case strings.IndexByte(special, c) >= 0:
			s.quoted(text[:at])
			s.quoted(text[at+1 : at+2])
			text = text[at+2:]
		default:
			s.quoted(text[:at+2])
			text = text[at+2:]
		}
		if text == "" {
			return
		}
	}
}

// litSpecial are the bytes for which a literal in a word of a command is more than its text; 0xF4 begins the
// rune of a byte, see encodeSource.
var litSpecial = [256]bool{'\\': true, '{': true, '~': true, '*': true, '?': true, '[': true, '(': true, 0xF4: true}

// plainLit reports whether a literal stands for itself.
func plainLit(text string) bool {
	for i := 0; i < len(text); i++ {
		if litSpecial[text[i]] {
			return false
		}
	}
	return true
}
