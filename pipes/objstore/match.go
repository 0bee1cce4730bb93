package objstore

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Match reports whether key matches pattern as a shell's user expects of files: "*" and "?" and "[…]" do not match
// '/', "**" does, and "**/" also matches nothing; a name that begins with '.' is matched by a pattern that writes that
// dot only; a backslash makes the next character literal. A key that ends in '/' is matched only by a pattern that
// does. "?" and "[…]" take one UTF-8 character, or one byte where the key is not valid UTF-8.
func Match(pattern, key string) bool { return compile(pattern).matches(key) }

// HasMeta reports whether pattern means anything but the key that it spells.
func HasMeta(pattern string) bool { return strings.ContainsAny(pattern, `*?[\`) }

// literal is what every key that matches pattern begins with.
func literal(pattern string) string {
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\' && i+1 < len(pattern):
			i++
			b.WriteByte(pattern[i])
		case c == '*' || c == '?':
			return b.String()
		case c == '[':
			if _, n := compileSet(pattern[i:]); n > 0 {
				return b.String()
			}
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

type tokenKind uint8

const (
	tokenByte   tokenKind = iota // one byte, as it is
	tokenAny                     // ?
	tokenSet                     // […]
	tokenStar                    // *
	tokenDeep                    // **
	tokenLevels                  // **/ at the beginning of a segment: any number of levels, or none
)

type token struct {
	kind tokenKind
	c    byte
	set  set
}

type pattern []token

func compile(s string) pattern {
	var p pattern
	for i := 0; i < len(s); {
		start := i == 0 || s[i-1] == '/'
		switch c := s[i]; {
		case start && strings.HasPrefix(s[i:], "**/"):
			p, i = append(p, token{kind: tokenLevels}), i+3
		case strings.HasPrefix(s[i:], "**"):
			p, i = append(p, token{kind: tokenDeep}), i+2
		case c == '*':
			p, i = append(p, token{kind: tokenStar}), i+1
		case c == '?':
			p, i = append(p, token{kind: tokenAny}), i+1
		case c == '\\' && i+1 < len(s):
			p, i = append(p, token{c: s[i+1]}), i+2
		default:
			if c == '[' {
				if set, n := compileSet(s[i:]); n > 0 {
					p, i = append(p, token{kind: tokenSet, set: set}), i+n
					continue
				}
			}
			p, i = append(p, token{c: c}), i+1
		}
	}
	return p
}

// matches tries every way to match, each pair of places in pattern and key once, so that its time is bounded by the
// product of their lengths.
func (p pattern) matches(key string) bool {
	if strings.HasSuffix(key, "/") && !p.endsInSlash() {
		return false
	}
	tried := make([]bool, (len(p)+1)*(len(key)+1))
	var from func(i, j int) bool
	from = func(i, j int) bool {
		if i == len(p) {
			return j == len(key)
		}
		at := i*(len(key)+1) + j
		if tried[at] {
			return false
		}
		tried[at] = true
		t := p[i]
		if t.kind == tokenByte {
			return j < len(key) && key[j] == t.c && from(i+1, j+1)
		}
		// Names that begin with a dot are for patterns that write it.
		start := j == 0 || key[j-1] == '/'
		hidden := start && j < len(key) && key[j] == '.'
		switch t.kind {
		case tokenAny, tokenSet:
			if j == len(key) || key[j] == '/' || hidden {
				return false
			}
			c, n := decode(key[j:])
			return (t.kind == tokenAny || t.set.has(c)) && from(i+1, j+n)
		case tokenLevels:
			if from(i+1, j) {
				return true
			}
			end := strings.IndexByte(key[j:], '/')
			return end >= 0 && !hidden && from(i, j+end+1)
		default:
			return from(i+1, j) || j < len(key) && !hidden && (t.kind == tokenDeep || key[j] != '/') && from(i, j+1)
		}
	}
	return from(0, 0)
}

func (p pattern) endsInSlash() bool {
	if len(p) == 0 {
		return false
	}
	last := p[len(p)-1]
	return last.kind == tokenLevels || last.kind == tokenByte && last.c == '/'
}

// decode reads one character of s, which is not empty. A byte that is not part of any is one by itself, beyond
// Unicode's.
func decode(s string) (rune, int) {
	c, n := utf8.DecodeRuneInString(s)
	if c == utf8.RuneError && n == 1 {
		c = unicode.MaxRune + 1 + rune(s[0])
	}
	return c, n
}
