// Package pattern matches shell patterns: what stands in case, [[ == ]],
// ${x#p}, ${x%p} and ${x/p/r}, and in file names. It owns the pattern
// language, extglob included, and pathname expansion over a file system that
// the caller may supply.
//
// Strings are bytes. Where both the pattern and the string are valid UTF-8,
// * ? and [ ] work on code points; where either is not, or with Bytes, they
// work on single bytes. This is bash's rule, in a UTF-8 and in the C locale.
// Ranges compare by code point.
//
// Matching takes time in the order of the lengths of pattern and string
// multiplied, whatever the pattern; only !( ) may take the square of the
// string's length. A Pattern never changes once it is compiled, and serves
// any number of goroutines.
//
// Differences from bash 5.2 that stay, since there it contradicts its manual:
//
//   - Behind a *, a group @( +( or !( may match nothing at the end of the
//     string: a matches *@(b|). In bash it does not, and *!(a)b matches the
//     empty string.
//   - [![=b=]] matches what is not b. In bash the bracket behind an equivalence
//     class is taken for a member, and nothing matches.
//   - Whether a string is valid UTF-8 is asked of the whole string. For # and %
//     bash asks it of every part of the string that might match.
//   - ${x/p/r} replaces what matches p. bash first looks for *p*, and so misses
//     some matches where p is malformed or begins with a parenthesis.
//
// [=c=] knows no equivalents beyond c itself, as in the C and C.UTF-8 locales.
package pattern

import (
	"sync"
	"unicode/utf8"
)

// Flags change how a pattern is read or matched.
type Flags uint8

const (
	// ExtGlob gives ?( *( +( @( and !( their meaning.
	ExtGlob Flags = 1 << iota
	// NoCase matches letters in either case.
	NoCase
	// FileName matches paths: nothing but a slash matches a slash, and a dot at
	// the start of a component must be matched by a dot. For Match only.
	FileName
	// DotGlob lifts FileName's rule on dots.
	DotGlob
	// Period asks for a dot where the string starts with a dot. For Match only.
	Period
	// Bytes makes every byte a character, as the C locale does.
	Bytes

	// ignoring is FileName as GLOBIGNORE has it in bash: a * at the end of a
	// pattern or of an alternative, and a !( ), match slashes too.
	ignoring
)

// Pattern is a compiled pattern.
type Pattern struct {
	text  string
	flags Flags
	// In mode, runes has the pattern read as UTF-8; it is nil if the text is
	// not valid, or with Bytes.
	runes *program
	// fixed says that both readings match the same strings.
	fixed bool

	bytesOnce sync.Once
	byteProg  *program
}

// fault is an error that is a constant, so that nothing is made of it when a
// shell starts.
type fault string

// Error implements error.
func (f fault) Error() string { return string(f) }

const errTooDeep fault = "pattern too deeply nested"

// Compile reads a pattern. Characters that were quoted in the shell's source
// have a backslash before them; \x is a literal x. Text that is no well-formed
// pattern, such as a [ without a ], matches itself, as in bash: the only error
// is nesting beyond a thousand levels.
func Compile(pat string, flags Flags) (*Pattern, error) {
	p := &Pattern{text: pat, flags: flags}
	if flags&Bytes == 0 && utf8.ValidString(pat) {
		prog, err := compile([]rune(pat), flags, false)
		if err != nil {
			return nil, err
		}
		p.runes, p.fixed = prog, prog.modeless()
		return p, nil
	}
	prog, err := compile(bytesOf(pat), flags, true)
	if err != nil {
		return nil, err
	}
	p.bytesOnce.Do(func() { p.byteProg = prog })
	return p, nil
}

// String returns the text that p was compiled from.
func (p *Pattern) String() string { return p.text }

// bytesOf spells s with one rune a byte.
func bytesOf(s string) []rune {
	r := make([]rune, len(s))
	for i := range r {
		r[i] = rune(s[i])
	}
	return r
}

// program returns the reading of the pattern that suits s.
func (p *Pattern) program(s string) *program {
	if p.runes != nil && (p.fixed || utf8.ValidString(s)) {
		return p.runes
	}
	p.bytesOnce.Do(func() {
		// The nesting has been found good by the other reading.
		p.byteProg, _ = compile(bytesOf(p.text), p.flags, true)
	})
	return p.byteProg
}

// Match reports whether p matches the whole of s.
func (p *Pattern) Match(s string) bool {
	g := p.program(s)
	switch {
	case g.choice != nil:
		return g.choice.match(s)
	case g.nfa != nil:
		return g.nfa.match(s)
	}
	return !g.hides(s) && g.match(s)
}

// PrefixLen returns the length of the shortest or the longest prefix of s that
// p matches, as ${s#p} and ${s##p} remove it.
func (p *Pattern) PrefixLen(s string, longest bool) (n int, ok bool) {
	g := p.program(s)
	if g.nfa != nil {
		n, _ = g.nfa.end(s, 0, longest)
	} else {
		n = g.prefix(s, longest)
	}
	return max(n, 0), n >= 0
}

// SuffixStart returns where the shortest or the longest suffix of s that p
// matches starts, as ${s%p} and ${s%%p} remove it.
func (p *Pattern) SuffixStart(s string, longest bool) (i int, ok bool) {
	g := p.program(s)
	if g.nfa != nil {
		i, _ = g.backward().end(s, len(s), longest)
	} else {
		i = g.suffix(s, longest)
	}
	return max(i, 0), i >= 0
}

// Find returns the leftmost match in s that starts at from or behind it, and
// of those at that place the longest, as ${s/p/r} wants it. What is before
// from counts for nothing, not even for the validity of the text. A match may
// be empty. For all matches, All is the faster way.
func (p *Pattern) Find(s string, from int) (start, end int, ok bool) {
	f := finder{g: p.program(s[from:]), s: s}
	return p.find(&f, from)
}

// find leaves out what bash does not see: at the end of s, it lets only
// patterns that begin with a * match.
func (p *Pattern) find(f *finder, from int) (start, end int, ok bool) {
	start, end, ok = f.find(from)
	if ok && start == len(f.s) && p.text != "" && p.text[0] != '*' {
		return 0, 0, false
	}
	return start, end, ok
}
