// Package regex matches POSIX extended regular expressions, as [[ s =~ re ]]
// does in a bash linked to the GNU C library: its syntax with its extensions
// (\w \W \s \S \b \B \< \> \` \' and the back references \1 to \9), the
// leftmost-longest match, and for the groups the choice of its matcher: of the
// ways to the longest match the one that comes first, where repetitions rather
// go on than stop and alternatives are tried in their order.
//
// Strings are bytes. Where they are valid UTF-8 a character is a code point. A
// byte that is no part of one is matched by the same byte in the expression,
// and by nothing else, not even by a dot. With CompileBytes every byte is a
// character.
//
// Time is in the order of the lengths of the expression and of the string
// multiplied; only back references may take longer. A Regexp never changes and
// serves any number of goroutines.
//
// Differences from bash that stay:
//
//   - Characters beyond ASCII may bound a range and stand in [.x.] and [=x=],
//     for which the C.UTF-8 locale has an error.
//   - An anchor in a group that repeats, as in (^a)+, does not confuse the
//     matcher, and no expression keeps it from coming back.
//   - What a group holds after a last, empty round is seldom not the same,
//     where repetitions that can be empty stand in each other, as in
//     ((a?)*b){2}. The match itself is.
//   - A byte that is no part of a code point is not part of a word; the C
//     library goes by the character before it.
package regex

import (
	"strings"
	"sync"
)

// Regexp is a compiled expression.
type Regexp struct {
	text   string
	prog   *program
	groups int // parenthesized, without the whole

	machines sync.Pool // of *machine
}

// Compile reads an expression. Parts that were quoted in the shell's source
// have a backslash before each special character. With noCase letters match in
// either case. The error is for expressions that the C library refuses too:
// [[ then returns 2 and, in bash 5.2, says nothing.
func Compile(re string, noCase bool) (*Regexp, error) {
	return compile(re, noCase, false)
}

// CompileBytes is Compile for the C locale.
func CompileBytes(re string, noCase bool) (*Regexp, error) {
	return compile(re, noCase, true)
}

func compile(re string, noCase, bytes bool) (*Regexp, error) {
	p := &parser{text: re, chars: chars{bytes: bytes, folded: noCase}}
	n, err := p.parse()
	if err != nil {
		return nil, err
	}
	prog, err := p.compile(n)
	if err != nil {
		return nil, err
	}
	return &Regexp{text: re, prog: prog, groups: p.groups}, nil
}

// String returns the text that r was compiled from.
func (r *Regexp) String() string { return r.text }

// Groups returns the number of parenthesized groups in r.
func (r *Regexp) Groups() int { return r.groups }

// Match finds r in s. subs[0] has the start and end of the match, and subs[n]
// of the n-th group, or -1 twice for a group that has no part in the match.
func (r *Regexp) Match(s string) (subs [][2]int, ok bool) {
	if r.prog.literal {
		start, ok := r.prog.findLiteral(s)
		if !ok {
			return nil, false
		}
		return [][2]int{{start, start + len(r.prog.prefix)}}, true
	}
	if r.prog.refs != nil {
		return newBacktracker(r, s).match()
	}
	m, _ := r.machines.Get().(*machine)
	if m == nil {
		m = newMachine(r)
	}
	if m.match(s) {
		subs, ok = pairs(m.best[:r.prog.half]), true
	}
	r.machines.Put(m)
	return subs, ok
}

// pairs copies slots, a start and an end for each group, into pairs.
func pairs(slots []int) [][2]int {
	subs := make([][2]int, len(slots)/2)
	for i := range subs {
		if subs[i] = [2]int{slots[2*i], slots[2*i+1]}; subs[i][1] < 0 {
			subs[i][0] = -1
		}
	}
	return subs
}

// findLiteral finds an expression that is nothing but text and anchors.
func (p *program) findLiteral(s string) (start int, ok bool) {
	switch {
	case p.atStart && p.atEnd:
		return 0, s == p.prefix
	case p.atStart:
		return 0, strings.HasPrefix(s, p.prefix)
	case p.atEnd:
		return len(s) - len(p.prefix), strings.HasSuffix(s, p.prefix)
	}
	start = strings.Index(s, p.prefix)
	return start, start >= 0
}

// fault is an error of an expression. It is a constant, so that a shell that
// matches nothing does not spend time on it when it starts.
type fault string

// Error implements error.
func (f fault) Error() string { return string(f) }

// The faults that an expression can have, in words like the C library's.
const (
	errParen     fault = "unmatched ( or \\("
	errBracket   fault = "unmatched [, [^, [:, [., or [="
	errBrace     fault = "invalid content of \\{\\}"
	errRepeat    fault = "invalid preceding regular expression"
	errRange     fault = "invalid range end"
	errClass     fault = "invalid character class name"
	errCollate   fault = "invalid collation character"
	errEscape    fault = "trailing backslash"
	errReference fault = "invalid back reference"
	errSize      fault = "regular expression too big"
)
