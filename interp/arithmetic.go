package interp

import (
	"errors"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"sshell/interp/arith"
)

// arithValue evaluates an expression of the source: what begins with a dollar sign or a backquote is expanded
// first, and the resulting text evaluated.
func (sh *Shell) arithValue(x syntax.ArithmExpr) (int64, error) {
	form := arithFormOf(x)
	if form.expr != nil {
		n, err := form.expr.Eval(arithVars{sh})
		return n, arithError(err)
	}
	if form.operands != nil {
		if n, ok, err := form.operands.eval(sh); ok || err != nil {
			return n, err
		}
	}
	text, err := sh.arithExpand(form)
	if err != nil {
		return 0, err
	}
	return sh.arithText(text)
}

// letValue is arithValue for an operand of let: a word of a command, from which quotes are removed before it
// is evaluated.
func (sh *Shell) letValue(x syntax.ArithmExpr) (int64, error) {
	form, ok := letForms.get(x)
	if !ok {
		form = letForms.put(x, newLetForm(x))
	}
	if form.expr != nil {
		n, err := form.expr.Eval(arithVars{sh})
		return n, arithError(err)
	}
	text, err := sh.arithExpand(form)
	if err != nil {
		return 0, err
	}
	return sh.arithText(text)
}

// arithText evaluates text in which everything has been expanded.
func (sh *Shell) arithText(text string) (int64, error) {
	n, err := arith.Eval(text, arithVars{sh})
	return n, arithError(err)
}

// arithError makes of a fault in an expression the error that the shell reports.
func arithError(err error) error {
	if err == nil {
		return nil
	}
	var fault *arith.Error
	if !errors.As(err, &fault) {
		return err
	}
	return &expansionError{msg: fault.Text + ": " + fault.Error(), arith: true}
}

// arithExpand gives the text of an expression with its expansions made.
func (sh *Shell) arithExpand(form *arithForm) (string, error) {
	s := sh.sink(toText)
	defer s.release()
	for _, piece := range form.pieces {
		switch {
		case piece.part == nil:
			s.buf = append(s.buf, piece.text...)
			continue
		case !piece.inSub:
			if err := s.part(piece.part, inDouble); err != nil {
				return "", err
			}
			continue
		}
		from := len(s.buf)
		if err := s.part(piece.part, inDouble); err != nil {
			return "", err
		}
		if value := string(s.buf[from:]); strings.ContainsAny(value, subscriptSpecial) {
			s.buf = appendEscaped(s.buf[:from], value, subscriptSpecial)
		}
	}
	return string(s.buf), nil
}

// subscriptSpecial are the bytes that would mean something in the text of a subscript.
const subscriptSpecial = "[]\\\"'$`"

func appendEscaped(b []byte, text, special string) []byte {
	for i := 0; i < len(text); i++ {
		if strings.IndexByte(special, text[i]) >= 0 {
			b = append(b, '\\')
		}
		b = append(b, text[i])
	}
	return b
}

// index evaluates a subscript as the number of an element.
func (sh *Shell) index(sub subscript) (int64, error) {
	if sub.expr != nil {
		return sh.arithValue(sub.expr)
	}
	text := sub.text
	if !sub.final && strings.ContainsAny(text, "'\"\\$`") {
		var err error
		if text, err = sh.expandText(text); err != nil {
			return 0, err
		}
	}
	return sh.arithText(text)
}

// key expands a subscript as the key of an associative array.
func (sh *Shell) key(sub subscript) (string, error) {
	if sub.expr == nil {
		if !strings.ContainsAny(sub.text, "'\"\\$`") {
			return sub.text, nil
		}
		return sh.expandText(sub.text)
	}
	if w, ok := sub.expr.(*syntax.Word); ok {
		return sh.keyText(w)
	}
	form := arithFormOf(sub.expr)
	if form.expr != nil {
		return sh.key(subscript{text: form.expr.Text()})
	}
	s := sh.sink(toText)
	defer s.release()
	for _, piece := range form.pieces {
		if piece.part != nil {
			if err := s.part(piece.part, 0); err != nil {
				return "", err
			}
			continue
		}
		text, err := sh.key(subscript{text: piece.text})
		if err != nil {
			return "", err
		}
		s.bare(text)
	}
	return s.text(), nil
}

// keyText expands a word as the key of an associative array: a tilde is a character like others.
func (sh *Shell) keyText(w *syntax.Word) (string, error) {
	if len(w.Parts) == 1 {
		if text, done, err := sh.simpleText(w.Parts[0]); done || err != nil {
			return text, err
		}
	}
	return sh.expandTo(w, toText, 0)
}

// expandText expands text that was made at run time, and removes its quotes.
func (sh *Shell) expandText(text string) (string, error) {
	return sh.expandTo(rawWord(string(encodeSource([]byte(text)))), toText, 0)
}
