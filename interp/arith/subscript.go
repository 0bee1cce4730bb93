package arith

import "strings"

// subscriptLen returns the length of the subscript that s begins with, both
// brackets included, or -1 where it does not end. Brackets nest; quotes and
// expansions are passed over whole.
func subscriptLen(s string) int {
	depth := 0
	for i := 0; i < len(s); {
		switch s[i] {
		case '[':
			depth++
		case ']':
			depth--
			if depth == 0 {
				return i + 1
			}
		default:
			n := quotedLen(s[i:])
			if n < 0 {
				return -1
			}
			i += n
			continue
		}
		i++
	}
	return -1
}

// quotedLen returns the length of what s begins with: a backslash and the byte
// behind it, a quoted string, an expansion, or one byte. It is -1 where that
// does not end.
func quotedLen(s string) int {
	switch s[0] {
	case '\\':
		return min(2, len(s))
	case '\'':
		return closing(s, 1, '\'', false)
	case '"', '`':
		return closing(s, 1, s[0], true)
	case '$':
		if len(s) > 1 && s[1] == '(' {
			return closing(s, 2, ')', true)
		}
		if len(s) > 1 && s[1] == '{' {
			return closing(s, 2, '}', true)
		}
	}
	return 1
}

// closing returns the length of s up to and with the first end at or behind
// from. What is quoted in between does not count, if nests is set.
func closing(s string, from int, end byte, nests bool) int {
	for i := from; i < len(s); {
		if s[i] == end {
			return i + 1
		}
		n := 1
		if nests && (end != '"' || s[i] != '\'') && (end != '`' || s[i] == '\\') {
			n = quotedLen(s[i:])
		}
		if n < 0 {
			return -1
		}
		i += n
	}
	return -1
}

// plain reports whether a subscript can be evaluated here: there is nothing
// in it that asks for quote removal or for all elements.
func plain(sub string) bool {
	return sub != "" && sub != "@" && sub != "*" && !strings.ContainsAny(sub, "'\"\\$`")
}
