package interp

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// fields expands the words of a command in every way there is: braces, tildes, parameters, commands,
// arithmetic, process substitutions, splitting, file names, and the removal of quotes.
func (sh *Shell) fields(words ...*syntax.Word) ([]string, error) {
	out := make([]string, 0, len(words))
	for _, w := range words {
		if len(w.Parts) == 1 {
			field, done, err := sh.simpleField(w.Parts[0])
			if err != nil {
				return nil, err
			}
			if done {
				out = append(out, field)
				continue
			}
		}
		var err error
		if out, err = sh.appendFields(out, w); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// simpleField expands the commonest words, those of one part that give one field.
func (sh *Shell) simpleField(part syntax.WordPart) (field string, done bool, err error) {
	switch p := part.(type) {
	case *syntax.Lit:
		if plainLit(p.Value) {
			return decodeSource(p.Value), true, nil
		}
	case *syntax.SglQuoted:
		if !p.Dollar {
			return decodeSource(p.Value), true, nil
		}
	case *syntax.DblQuoted:
		if len(p.Parts) != 1 {
			return "", len(p.Parts) == 0, nil
		}
		switch q := p.Parts[0].(type) {
		case *syntax.Lit:
			if strings.IndexByte(q.Value, '\\') < 0 {
				return decodeSource(q.Value), true, nil
			}
		case *syntax.ParamExp:
			if simpleParam(q) && !listParam(q.Param.Value) {
				field, err = sh.param(q.Param.Value)
				return field, err == nil, err
			}
		}
	case *syntax.ParamExp:
		if simpleParam(p) && !listParam(p.Param.Value) {
			field, err = sh.param(p.Param.Value)
			if err == nil && field != "" && sh.ifs().plain(field) {
				return field, true, nil
			}
			return "", false, err
		}
	}
	return "", false, nil
}

// appendFields is fields for one word.
func (sh *Shell) appendFields(out []string, w *syntax.Word) ([]string, error) {
	s := sh.sink(toFields)
	s.out = out
	var err error
	if words := sh.braces(w); words == nil {
		err = s.commandWord(w)
	} else {
		err = s.commandWords(words)
	}
	out = s.out
	s.out = nil
	s.release()
	return out, err
}

// commandWords expands the words that brace expansion made of one.
func (s *sink) commandWords(words []*syntax.Word) error {
	for _, w := range words {
		if len(w.Parts) == 1 {
			field, done, err := s.sh.simpleField(w.Parts[0])
			if err != nil {
				return err
			}
			if done {
				s.out = append(s.out, field)
				continue
			}
		}
		if err := s.commandWord(w); err != nil {
			return err
		}
	}
	return nil
}

// commandWord expands one word after brace expansion.
func (s *sink) commandWord(w *syntax.Word) error {
	q := tildeStart
	if !s.sh.opts.posix && assignmentWord(w) {
		q = tildeAssign
	}
	if err := s.parts(w.Parts, q); err != nil {
		return err
	}
	s.end()
	return s.err
}

// text expands a word to one string: nothing is split, and no file name is looked for.
func (sh *Shell) text(w *syntax.Word) (string, error) { return sh.expandTo(w, toText, tildeStart) }

// assignText is text for the right side of an assignment, and for the word behind <<<: a tilde is expanded behind
// a colon as well.
func (sh *Shell) assignText(w *syntax.Word) (string, error) { return sh.valueText(w, joinAssign) }

// valueText is assignText with another way of joining lists.
func (sh *Shell) valueText(w *syntax.Word, joins joinMode) (string, error) {
	if w == nil {
		return "", nil
	}
	if len(w.Parts) == 1 {
		if text, done, err := sh.simpleText(w.Parts[0]); done || err != nil {
			return text, err
		}
	}
	s := sh.sink(toText)
	defer s.release()
	s.joins = joins
	if err := s.parts(w.Parts, tildeValue); err != nil {
		return "", err
	}
	return s.text(), nil
}

// pattern is text in which quoted characters have a backslash, so that a pattern takes them literally.
func (sh *Shell) pattern(w *syntax.Word) (string, error) {
	if w != nil && len(w.Parts) == 1 {
		if lit, ok := w.Parts[0].(*syntax.Lit); ok && strings.IndexByte(lit.Value, '\\') < 0 && !strings.HasPrefix(lit.Value, "~") {
			return decodeSource(lit.Value), nil
		}
	}
	return sh.expandTo(w, toPattern, tildeStart)
}

// regexText is text in which what is quoted is literal for a regular expression.
func (sh *Shell) regexText(w *syntax.Word) (string, error) {
	return sh.expandTo(w, toRegex, tildeStart)
}

func (sh *Shell) expandTo(w *syntax.Word, kind sinkKind, q quoting) (string, error) {
	if w == nil {
		return "", nil
	}
	if kind == toText && len(w.Parts) == 1 {
		if text, done, err := sh.simpleText(w.Parts[0]); done || err != nil {
			return text, err
		}
	}
	s := sh.sink(kind)
	defer s.release()
	if err := s.parts(w.Parts, q); err != nil {
		return "", err
	}
	return s.text(), nil
}

// simpleText expands the commonest words that become one string.
func (sh *Shell) simpleText(part syntax.WordPart) (text string, done bool, err error) {
	if p, ok := part.(*syntax.ParamExp); ok {
		if !simpleParam(p) || listParam(p.Param.Value) {
			return "", false, nil
		}
		text, err = sh.param(p.Param.Value)
		return text, err == nil, err
	}
	return sh.simpleField(part)
}

// redirectTarget expands the word of a redirection, which must give one field.
func (sh *Shell) redirectTarget(w *syntax.Word) (string, error) {
	if sh.opts.posix && !sh.opts.interactive {
		return sh.text(w)
	}
	sh.globStored = true
	fields, err := sh.fields(w)
	sh.globStored = false
	if err != nil {
		return "", err
	}
	if len(fields) != 1 {
		return "", expansionErrorf("%s: ambiguous redirect", printNode(w))
	}
	return fields[0], nil
}

// document expands the body of a here-document, which is nil when it is empty. Nothing happens to one whose
// delimiter was quoted.
func (sh *Shell) document(w *syntax.Word, quoted bool) (string, error) {
	if w == nil {
		return "", nil
	}
	s := sh.sink(toText)
	defer s.release()
	if !quoted {
		if err := s.parts(w.Parts, inDouble|inDocument); err != nil {
			return "", err
		}
		return s.text(), nil
	}
	for _, part := range w.Parts {
		if lit, ok := part.(*syntax.Lit); ok {
			s.quoted(decodeSource(lit.Value))
			continue
		}
		// The parser takes a delimiter that is quoted in part for one that is not.
		s.quoted(printNode(&syntax.Word{Parts: []syntax.WordPart{part}}))
	}
	return s.text(), nil
}

var untabbedWords nodeCache[*syntax.Word, *syntax.Word]

// untabbed gives the body of a here-document behind <<- without the tabs that lines begin with. Those in the
// words of expansions stay.
func untabbed(w *syntax.Word) *syntax.Word {
	if w == nil {
		return nil
	}
	if bare, ok := untabbedWords.get(w); ok {
		return bare
	}
	bare := &syntax.Word{Parts: make([]syntax.WordPart, len(w.Parts))}
	for i, part := range w.Parts {
		if lit, ok := part.(*syntax.Lit); ok {
			part = &syntax.Lit{ValuePos: lit.ValuePos, ValueEnd: lit.ValueEnd,
				Value: withoutTabs(lit.Value, lit.ValuePos.Col() == 1)}
		}
		bare.Parts[i] = part
	}
	return untabbedWords.put(w, bare)
}

// withoutTabs drops the tabs behind each newline and, where text begins a line, at its beginning.
func withoutTabs(text string, lineStart bool) string {
	var b strings.Builder
	for line := range strings.SplitAfterSeq(text, "\n") {
		if lineStart {
			line = strings.TrimLeft(line, "\t")
		}
		lineStart = true
		b.WriteString(line)
	}
	return b.String()
}
