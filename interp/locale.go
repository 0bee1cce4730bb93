package interp

import (
	"strings"
	"unicode/utf8"
)

// localeState is what the locale's variables say, kept until one of them changes.
type localeState struct {
	known bool
	utf8  bool
}

// utf8Locale reports whether the characters of strings are UTF-8, as LC_ALL, LC_CTYPE or LANG say; otherwise
// they are bytes.
func (sh *Shell) utf8Locale() bool {
	l := &sh.exp.locale
	if !l.known {
		l.known, l.utf8 = true, false
		for _, name := range [...]string{"LC_ALL", "LC_CTYPE", "LANG"} {
			if s, _ := sh.lookup(name).value(sh); s != "" {
				l.utf8 = namesUTF8(s)
				break
			}
		}
	}
	return l.utf8
}

// namesUTF8 reports whether a locale's name says that its characters are UTF-8.
func namesUTF8(locale string) bool {
	_, charset, ok := strings.Cut(locale, ".")
	if !ok {
		return false
	}
	charset, _, _ = strings.Cut(charset, "@")
	return strings.EqualFold(charset, "UTF-8") || strings.EqualFold(charset, "utf8")
}

// textLen is the number of characters in s.
func (sh *Shell) textLen(s string) int {
	if ascii(s) || !sh.utf8Locale() {
		return len(s)
	}
	return utf8.RuneCountInString(s)
}

// offset gives where the n-th character of s begins, len(s) when it has fewer.
func (sh *Shell) offset(s string, n int) int {
	if n <= 0 {
		return 0
	}
	if n >= len(s) {
		return len(s)
	}
	if ascii(s) || !sh.utf8Locale() {
		return n
	}
	at := 0
	for ; n > 0 && at < len(s); n-- {
		_, size := utf8.DecodeRuneInString(s[at:])
		at += size
	}
	return at
}

// charLen is the length of the character that s, which is not empty, begins with.
func (sh *Shell) charLen(s string) int {
	if s[0] < utf8.RuneSelf || !sh.utf8Locale() {
		return 1
	}
	_, n := utf8.DecodeRuneInString(s)
	return n
}

func ascii(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
