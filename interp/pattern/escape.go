package pattern

import "strings"

// special holds what may have a meaning somewhere in a pattern: outside and
// inside brackets, and in extglob groups.
const special = `\*?[]()|+@!^-:=.`

// Escape puts a backslash before each character of s that could mean something
// in a pattern, so that the result matches s and nothing else wherever it is
// put, in brackets too.
func Escape(s string) string {
	n := 0
	for i := 0; i < len(s); i++ {
		if strings.IndexByte(special, s[i]) >= 0 {
			n++
		}
	}
	if n == 0 {
		return s
	}
	b := make([]byte, 0, len(s)+n)
	for i := 0; i < len(s); i++ {
		if strings.IndexByte(special, s[i]) >= 0 {
			b = append(b, '\\')
		}
		b = append(b, s[i])
	}
	return string(b)
}

// Unescape removes the backslashes that quote: of a pattern without
// metacharacters it gives the one string that matches. A backslash at the end
// stays.
func Unescape(pat string) string {
	i := strings.IndexByte(pat, '\\')
	if i < 0 {
		return pat
	}
	b := make([]byte, 0, len(pat))
	b = append(b, pat[:i]...)
	for ; i < len(pat); i++ {
		if pat[i] == '\\' && i+1 < len(pat) {
			i++
		}
		b = append(b, pat[i])
	}
	return string(b)
}

// HasMeta reports whether pat can match more than one string, and so is worth
// a look into directories: a * or ?, a [ with a ] behind it in the same path
// component, or with ExtGlob the start of a group, not quoted. Other flags do
// not matter.
func HasMeta(pat string, flags Flags) bool {
	bracket := false
	for i := 0; i < len(pat); i++ {
		switch pat[i] {
		case '*', '?':
			return true
		case '+', '@', '!':
			if flags&ExtGlob != 0 && i+1 < len(pat) && pat[i+1] == '(' {
				return true
			}
		case '[':
			bracket = true
		case ']':
			if bracket {
				return true
			}
		case '/':
			bracket = false
		case '\\':
			i++
		}
	}
	return false
}
