package quote

import (
	"unicode"
	"unicode/utf8"
)

// NeedsANSI reports whether s has anything that does not print, so that only $'…' can show it.
func NeedsANSI(s string, utf8Locale bool) bool {
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c >= ' ' && c <= '~':
			i++
		case c < utf8.RuneSelf || !utf8Locale:
			return true
		default:
			n := printableLen(s[i:])
			if n == 0 {
				return true
			}
			i += n
		}
	}
	return false
}

// printableLen is the length of the printable character that s, which does not begin with ASCII, begins
// with; 0 when it begins with none.
func printableLen(s string) int {
	r, n := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && n == 1 || !printable(r) {
		return 0
	}
	return n
}

// printable is the C library's iswprint: all that is assigned, but for controls and the separators of lines
// and paragraphs.
func printable(r rune) bool {
	return unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Zs, unicode.Cf, unicode.Co)
}

// ansiLetters maps the controls that have an escape of one letter to it.
var ansiLetters = [...]byte{'\a': 'a', '\b': 'b', '\t': 't', '\n': 'n', '\v': 'v', '\f': 'f', '\r': 'r', 0x1b: 'E'}

// ANSI writes s as $'…'. What does not print is a letter escape or three octal digits a byte.
func ANSI(s string, utf8Locale bool) string {
	b := make([]byte, 0, len(s)+8)
	b = append(b, '$', '\'')
	for i := 0; i < len(s); {
		c := s[i]
		i++
		switch {
		case c == '\\' || c == '\'':
			b = append(b, '\\', c)
		case c >= ' ' && c <= '~':
			b = append(b, c)
		case int(c) < len(ansiLetters) && ansiLetters[c] != 0:
			b = append(b, '\\', ansiLetters[c])
		case c < utf8.RuneSelf || !utf8Locale:
			b = appendOctal(b, c)
		default:
			n := printableLen(s[i-1:])
			if n > 0 {
				b = append(b, s[i-1:i-1+n]...)
			} else {
				_, n = utf8.DecodeRuneInString(s[i-1:])
				for _, c := range []byte(s[i-1 : i-1+n]) {
					b = appendOctal(b, c)
				}
			}
			i += n - 1
		}
	}
	return string(append(b, '\''))
}

func appendOctal(b []byte, c byte) []byte {
	return append(b, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
}
