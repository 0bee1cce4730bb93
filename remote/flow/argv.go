package flow

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// piece is literal text or a replacement string.
type piece struct {
	lit    string
	token  token
	isTok  bool
	quoted bool // within quotes, where several values are one word
}

// argvTemplate is an argument vector with replacement strings: words made of pieces.
type argvTemplate [][]piece

// parseWords finds the replacement strings in an argument vector. If none is of a value and add is set, all values are added
// as words.
func parseWords(words []string, t tokens, add bool) argvTemplate {
	var argv argvTemplate
	found := false
	for _, w := range words {
		var word []piece
		for {
			at, size, tok := t.next(w)
			if at > 0 {
				word = append(word, piece{lit: w[:at]})
			}
			if size == 0 {
				break
			}
			found = true
			word = append(word, piece{token: tok, isTok: true})
			w = w[at+size:]
		}
		argv = append(argv, word)
	}
	if !found && add {
		argv = append(argv, []piece{{isTok: true}})
	}
	return argv
}

// fixed returns a word that is the same for all tasks.
func (a argvTemplate) fixed(i int) (string, bool) {
	switch word := a[i]; {
	case len(word) == 0:
		return "", true
	case len(word) == 1 && !word[0].isTok:
		return word[0].lit, true
	}
	return "", false
}

// fill returns the arguments for values.
func (a argvTemplate) fill(v values) []string {
	argv := make([]string, 0, len(a)+len(v.args))
	for _, word := range a {
		argv = append(argv, fillWord(word, v, bare)...)
	}
	return argv
}

// bare leaves a value as it is.
func bare(s string) string { return s }

// fillWord returns what becomes of a word. A replacement string that stands for several values is several words if it is all
// of a word; if not, the word is repeated for each if v.repeat says so. One that stands for none leaves its word out if it
// is all of it. write is how values are written.
func fillWord(word []piece, v values, write func(string) string) []string {
	alone := len(word) == 1 && word[0].isTok && !word[0].quoted
	switch {
	case alone && len(v.of(word[0].token)) == 0:
		return nil
	case len(v.args) > 1 && repeats(word) && (alone || v.repeat):
		var words []string
		for i := range v.args {
			one := v
			one.args = v.args[i : i+1]
			words = append(words, join(word, one, v, write))
		}
		return words
	}
	return []string{join(word, v, v, write)}
}

// repeats reports whether a word holds a replacement string for all values that may become several words.
func repeats(word []piece) bool {
	for _, p := range word {
		if p.isTok && !p.quoted && p.token.n == 0 && p.token.isValue() {
			return true
		}
	}
	return false
}

// join returns a word. one stands in for all values.
func join(word []piece, one, all values, write func(string) string) string {
	if len(word) == 1 && !word[0].isTok {
		return word[0].lit
	}
	var b strings.Builder
	for _, p := range word {
		if !p.isTok {
			b.WriteString(p.lit)
			continue
		}
		v := all
		if p.token.n == 0 && !p.quoted {
			v = one
		}
		for i, value := range v.of(p.token) {
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(write(value))
		}
	}
	return b.String()
}

// simpleWords returns the words of source that is one simple command whose words are literal, with or without quotes: nothing
// that a shell would have to expand.
func (s *sourceTemplate) simpleWords() (argvTemplate, bool) {
	if len(s.file.Stmts) != 1 || len(s.file.Last) > 0 {
		return nil, false
	}
	st := s.file.Stmts[0]
	call, ok := st.Cmd.(*syntax.CallExpr)
	if !ok || st.Negated || st.Background || st.Coprocess || st.Disown || len(st.Redirs) > 0 || len(st.Comments) > 0 ||
		len(call.Assigns) > 0 || len(call.Args) == 0 {
		return nil, false
	}
	var argv argvTemplate
	for _, w := range call.Args {
		word, ok := s.simpleWord(w)
		if !ok {
			return nil, false
		}
		argv = append(argv, word)
	}
	return argv, true
}

func (s *sourceTemplate) simpleWord(w *syntax.Word) ([]piece, bool) {
	word := []piece{}
	for _, part := range w.Parts {
		switch part := part.(type) {
		case *syntax.Lit:
			if strings.ContainsAny(part.Value, "\\~{*?[!") {
				return nil, false
			}
			word = append(word, s.between(part.Pos().Offset(), part.End().Offset(), false)...)
		case *syntax.SglQuoted:
			if part.Dollar {
				return nil, false
			}
			word = append(word, s.between(part.Pos().Offset()+1, part.End().Offset()-1, true)...)
		case *syntax.DblQuoted:
			text, ok := onlyLit(part.Parts)
			if !ok || part.Dollar || strings.Contains(text, `\`) {
				return nil, false
			}
			word = append(word, s.between(part.Pos().Offset()+1, part.End().Offset()-1, true)...)
		default:
			return nil, false
		}
	}
	return word, true
}

// between returns the source between two offsets of the text that was parsed.
func (s *sourceTemplate) between(from, to uint, quoted bool) []piece {
	var list []piece
	at, shift := int(from), 0
	for _, m := range s.marks {
		if m.offset >= at && m.offset < int(to) {
			list = append(list, lit(s.src[at+shift:m.at])...)
			list = append(list, piece{token: m.token, isTok: true, quoted: quoted})
			at = m.offset + 1
		}
		if m.offset < at {
			shift += m.size - 1
		}
	}
	return append(list, lit(s.src[at+shift:int(to)+shift])...)
}

func lit(s string) []piece {
	if s == "" {
		return nil
	}
	return []piece{{lit: s}}
}
