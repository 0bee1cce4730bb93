package interp

import (
	"unicode"
	"unicode/utf8"

	"mvdan.cc/sh/v3/syntax"

	"sshell/interp/pattern"
)

// changeCase is ${x^p}, ${x^^p}, ${x,p} and ${x,,p}: characters that match p change.
func (sh *Shell) changeCase(val *paramValue, e *syntax.Expansion) error {
	var p *pattern.Pattern
	if e.Word != nil {
		var err error
		if p, err = sh.compiled(e.Word); err != nil {
			return err
		}
	}
	upper := e.Op == syntax.UpperFirst || e.Op == syntax.UpperAll
	first := e.Op == syntax.UpperFirst || e.Op == syntax.LowerFirst
	return val.each(func(s string) (string, error) {
		return sh.caseOf(s, upper, first, p), nil
	})
}

// caseOf changes the case of the characters of s that p matches, nil meaning all; or only of the first one.
func (sh *Shell) caseOf(s string, upper, first bool, p *pattern.Pattern) string {
	b := make([]byte, 0, len(s))
	for at := 0; at < len(s); {
		n := sh.charLen(s[at:])
		if char := s[at : at+n]; p == nil || p.Match(char) {
			b = appendCased(b, char, upper)
		} else {
			b = append(b, char...)
		}
		at += n
		if first {
			b = append(b, s[at:]...)
			break
		}
	}
	return string(b)
}

// appendCased appends one character in upper or lower case.
func appendCased(b []byte, char string, upper bool) []byte {
	r, n := utf8.DecodeRuneInString(char)
	switch {
	case r == utf8.RuneError && n == 1:
		return append(b, char...)
	case upper:
		r = unicode.ToUpper(r)
	default:
		r = unicode.ToLower(r)
	}
	return utf8.AppendRune(b, r)
}
