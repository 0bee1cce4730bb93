package interp

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"sshell/interp/pattern"
)

// patternFlags are how patterns are read that match strings, not file names.
func (sh *Shell) patternFlags() pattern.Flags {
	var flags pattern.Flags
	if sh.opts.extglob {
		flags |= pattern.ExtGlob
	}
	if !sh.utf8Locale() {
		flags |= pattern.Bytes
	}
	return flags
}

// matchPattern reports whether pat, which pattern made, matches the whole of text, as case has it.
func (sh *Shell) matchPattern(pat, text string) (bool, error) {
	flags := sh.patternFlags()
	if sh.opts.nocasematch {
		flags |= pattern.NoCase
	}
	p, err := pattern.Cached(pat, flags)
	if err != nil {
		return false, expansionErrorf("%s: %s", pat, err)
	}
	return p.Match(text), nil
}

// compiled expands and compiles the pattern of an operator.
func (sh *Shell) compiled(w *syntax.Word) (*pattern.Pattern, error) {
	text, err := sh.pattern(w)
	if err != nil {
		return nil, err
	}
	return sh.compilePattern(text, sh.patternFlags())
}

func (sh *Shell) compilePattern(text string, flags pattern.Flags) (*pattern.Pattern, error) {
	p, err := pattern.Cached(text, flags)
	if err != nil {
		return nil, expansionErrorf("%s: %s", text, err)
	}
	return p, nil
}

// remove is ${x#p}, ${x##p}, ${x%p} and ${x%%p}.
func (sh *Shell) remove(val *paramValue, e *syntax.Expansion) error {
	p, err := sh.compiled(e.Word)
	if err != nil {
		return err
	}
	longest := e.Op == syntax.RemLargePrefix || e.Op == syntax.RemLargeSuffix
	if e.Op == syntax.RemSmallPrefix || e.Op == syntax.RemLargePrefix {
		return val.each(func(s string) (string, error) {
			if n, ok := p.PrefixLen(s, longest); ok {
				return s[n:], nil
			}
			return s, nil
		})
	}
	return val.each(func(s string) (string, error) {
		if n, ok := p.SuffixStart(s, longest); ok {
			return s[:n], nil
		}
		return s, nil
	})
}

// replacement is what ${x/p/r} puts in the place of a match: texts, between which the match itself stands.
type replacement []string

// replacement expands the word behind the second slash.
func (sh *Shell) replacement(w *syntax.Word) (replacement, error) {
	if w == nil {
		return replacement{""}, nil
	}
	s := sh.sink(toPattern)
	defer s.release()
	if err := s.parts(w.Parts, tildeStart); err != nil {
		return nil, err
	}
	if !sh.opts.patsubReplacement {
		return replacement{string(s.buf)}, nil
	}
	var r replacement
	var b strings.Builder
	mark := 0
	for i := 0; i < len(s.buf); i++ {
		for mark < len(s.marks) && i >= s.marks[mark+1] {
			mark += 2
		}
		c := s.buf[i]
		switch {
		case mark < len(s.marks) && i >= s.marks[mark]: // quoted
		case c == '\\' && i+1 < len(s.buf) && (s.buf[i+1] == '&' || s.buf[i+1] == '\\'):
			i++
			c = s.buf[i]
		case c == '&':
			r = append(r, b.String())
			b.Reset()
			continue
		}
		b.WriteByte(c)
	}
	return append(r, b.String()), nil
}

// append appends what stands in the place of match.
func (r replacement) append(b []byte, match string) []byte {
	for i, text := range r {
		if i > 0 {
			b = append(b, match...)
		}
		b = append(b, text...)
	}
	return b
}

// slashPattern gives the pattern and the word of ${x//…} where the parser found no pattern. A third slash is
// the pattern's first character.
func slashPattern(p *syntax.ParamExp) *syntax.Replace {
	repl := &syntax.Replace{All: true}
	if p.Repl.With == nil {
		if p.Rbrace.Offset()-p.Param.End().Offset() == uint(len("///")) {
			repl.Orig = &syntax.Word{Parts: []syntax.WordPart{&syntax.Lit{Value: "/"}}}
		}
		return repl
	}
	orig := &syntax.Word{Parts: []syntax.WordPart{&syntax.Lit{Value: "/"}}}
	repl.Orig = orig
	for i, part := range p.Repl.With.Parts {
		lit, ok := part.(*syntax.Lit)
		if !ok {
			orig.Parts = append(orig.Parts, part)
			continue
		}
		before, after, found := strings.Cut(lit.Value, "/")
		orig.Parts = append(orig.Parts, &syntax.Lit{Value: before})
		if found {
			rest := append([]syntax.WordPart{&syntax.Lit{Value: after}}, p.Repl.With.Parts[i+1:]...)
			repl.With = &syntax.Word{Parts: rest}
			break
		}
	}
	return repl
}

// replacePattern expands the pattern of a replacement. first is its first character if that says which match
// is meant, and is not quoted: a variable may hold it.
func (sh *Shell) replacePattern(w *syntax.Word) (pat string, first byte, err error) {
	if w == nil {
		return "", 0, nil
	}
	s := sh.sink(toPattern)
	defer s.release()
	if err := s.parts(w.Parts, tildeStart); err != nil {
		return "", 0, err
	}
	if len(s.buf) > 0 && (len(s.marks) == 0 || s.marks[0] > 0) && (s.buf[0] == '#' || s.buf[0] == '%') {
		first = s.buf[0]
	}
	return s.text(), first, nil
}

// replace is ${x/p/r} and its kin.
func (sh *Shell) replace(val *paramValue, p *syntax.ParamExp) error {
	repl := p.Repl
	if repl.All && repl.Orig == nil {
		repl = slashPattern(p)
	}
	pat, first, err := sh.replacePattern(repl.Orig)
	if err != nil {
		return err
	}
	all, anchor := repl.All, byte(0)
	if !all && first != 0 {
		anchor, pat = first, pat[1:]
	}
	with, err := sh.replacement(repl.With)
	if err != nil {
		return err
	}
	if pat == "" && anchor == 0 {
		return nil
	}
	flags := sh.patternFlags()
	if sh.opts.nocasematch {
		flags |= pattern.NoCase
	}
	compiled, err := sh.compilePattern(pat, flags)
	if err != nil {
		return err
	}
	return val.each(func(s string) (string, error) {
		return replaceIn(s, compiled, with, all, anchor), nil
	})
}

// replaceIn replaces the first match of p in s, all of them, or the one at the beginning ('#') or end ('%').
func replaceIn(s string, p *pattern.Pattern, with replacement, all bool, anchor byte) string {
	var b []byte
	at := 0
	take := func(from, to int) {
		b = append(b, s[at:from]...)
		b = with.append(b, s[from:to])
		at = to
	}
	switch {
	case anchor == '#':
		if n, ok := p.PrefixLen(s, true); ok {
			take(0, n)
		}
	case anchor == '%':
		if n, ok := p.SuffixStart(s, true); ok {
			take(n, len(s))
		}
	case all:
		for from, to := range p.All(s) {
			take(from, to)
		}
	default:
		if from, to, ok := p.Find(s, 0); ok {
			take(from, to)
		}
	}
	if b == nil {
		return s[at:]
	}
	return string(append(b, s[at:]...))
}
