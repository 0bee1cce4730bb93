package objstore

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// set is a bracket expression of a pattern.
type set struct {
	not     bool
	ranges  []runeRange
	classes []func(rune) bool
}

type runeRange struct{ first, last rune }

func (s set) has(c rune) bool {
	for _, r := range s.ranges {
		if r.first <= c && c <= r.last {
			return !s.not
		}
	}
	for _, is := range s.classes {
		if is(c) {
			return !s.not
		}
	}
	return s.not
}

// class gives one of POSIX's character classes, by the Unicode properties nearest to it, and nil for other names.
func class(name string) func(rune) bool {
	switch name {
	case "alnum":
		return func(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) }
	case "alpha":
		return unicode.IsLetter
	case "blank":
		return func(c rune) bool { return c == ' ' || c == '\t' }
	case "cntrl":
		return unicode.IsControl
	case "digit":
		return func(c rune) bool { return '0' <= c && c <= '9' }
	case "graph":
		return func(c rune) bool { return unicode.IsGraphic(c) && !unicode.IsSpace(c) }
	case "lower":
		return unicode.IsLower
	case "print":
		return unicode.IsGraphic
	case "punct":
		return func(c rune) bool { return unicode.IsPunct(c) || unicode.IsSymbol(c) }
	case "space":
		return unicode.IsSpace
	case "upper":
		return unicode.IsUpper
	case "xdigit":
		return func(c rune) bool { return c < utf8.RuneSelf && strings.ContainsRune("0123456789abcdefABCDEF", c) }
	}
	return nil
}

// compileSet reads the bracket expression that s begins with and returns it with its length, which is 0 if the '['
// stands for itself: nothing closes it before the segment ends.
func compileSet(s string) (set, int) {
	s, _, _ = strings.Cut(s, "/")
	var out set
	i := 1
	if i < len(s) && (s[i] == '!' || s[i] == '^') {
		out.not = true
		i++
	}
	for first := true; i < len(s); first = false {
		if s[i] == ']' && !first {
			return out, i + 1
		}
		if name, n := className(s[i:]); n > 0 {
			if is := class(name); is != nil {
				out.classes = append(out.classes, is)
			}
			i += n
			continue
		}
		low, n := setRune(s[i:])
		i += n
		high := low
		if len(s) > i+1 && s[i] == '-' && s[i+1] != ']' {
			high, n = setRune(s[i+1:])
			i += 1 + n
		}
		out.ranges = append(out.ranges, runeRange{low, high})
	}
	return set{}, 0
}

// className reads [:name:] at the beginning of s.
func className(s string) (name string, n int) {
	rest, ok := strings.CutPrefix(s, "[:")
	if !ok {
		return "", 0
	}
	end := strings.IndexFunc(rest, func(c rune) bool { return c < 'a' || c > 'z' })
	if end < 0 || !strings.HasPrefix(rest[end:], ":]") {
		return "", 0
	}
	return rest[:end], end + len("[::]")
}

func setRune(s string) (rune, int) {
	if s[0] == '\\' && len(s) > 1 {
		c, n := decode(s[1:])
		return c, n + 1
	}
	return decode(s)
}
