// Package quote writes strings so that the shell reads them back as they are, in each of the forms that
// bash 5.2 has for it, and decodes the backslash escapes of $'…', echo -e and printf.
//
// Which form a listing takes is part of what scripts see, so there is a function for each place that quotes.
// All of them take any bytes. Where utf8 is a parameter it says that the locale's characters are UTF-8: then
// printable characters stay as they are; otherwise every byte above 0x7e is written as an escape.
package quote

import "strings"

// Single puts s into single quotes, as alias -p and trap -p do. A single quote in it closes the string, stands
// escaped, and opens it again; a string that is one single quote is only escaped.
func Single(s string) string {
	if s == "'" {
		return `\'`
	}
	if strings.IndexByte(s, '\'') < 0 {
		return "'" + s + "'"
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// Double puts s into double quotes, with a backslash before what is special there.
func Double(s string) string {
	b := make([]byte, 0, len(s)+2)
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '$', '`', '"', '\\':
			b = append(b, '\\')
		}
		b = append(b, s[i])
	}
	return string(append(b, '"'))
}

// backslashed are the bytes that printf %q puts a backslash before, wherever they stand.
const backslashed = " \t\n!\"$&'()*,;<>?[\\]^`{|}"

// backslash puts a backslash before each byte that the shell would take for more than itself.
func backslash(s string) string {
	var b strings.Builder
	b.Grow(len(s) + 8)
	for i := 0; i < len(s); i++ {
		c := s[i]
		if strings.IndexByte(backslashed, c) >= 0 || c == '#' && i == 0 || c == '~' && tildeAt(s, i) {
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	}
	return b.String()
}

// tildeAt reports whether a tilde at s[i] would be expanded, in a word or in an assignment.
func tildeAt(s string, i int) bool { return i == 0 || s[i-1] == ':' || s[i-1] == '=' }

// HasMeta reports whether s has anything that the shell would take for more than itself.
func HasMeta(s string) bool {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case ' ', '\t', '\n', '\'', '"', '\\', '|', '&', ';', '(', ')', '<', '>', '!', '{', '}',
			'*', '[', '?', ']', '^', '$', '`':
			return true
		case '~':
			if tildeAt(s, i) {
				return true
			}
		case '#':
			if i == 0 { // after a blank too, which the first case has found
				return true
			}
		}
	}
	return false
}

// Escape is printf %q.
func Escape(s string, utf8 bool) string {
	switch {
	case s == "":
		return "''"
	case NeedsANSI(s, utf8):
		return ANSI(s, utf8)
	}
	return backslash(s)
}

// Reusable is ${s@Q}.
func Reusable(s string, utf8 bool) string {
	if NeedsANSI(s, utf8) {
		return ANSI(s, utf8)
	}
	return Single(s)
}

// Value is the right side of what declare -p prints, for scalars and elements.
func Value(s string, utf8 bool) string {
	if NeedsANSI(s, utf8) {
		return ANSI(s, utf8)
	}
	return Double(s)
}

// Key is the subscript of an associative array as declare -p prints it.
func Key(s string, utf8 bool) string {
	switch {
	case HasMeta(s) && NeedsANSI(s, utf8):
		return ANSI(s, utf8)
	case HasMeta(s), s == "@":
		return Double(s)
	case NeedsANSI(s, utf8):
		return ANSI(s, utf8)
	}
	return s
}

// Listing is a value as set without arguments prints it: quoted only where it must be.
func Listing(s string, utf8 bool) string {
	switch {
	case NeedsANSI(s, utf8):
		return ANSI(s, utf8)
	case HasMeta(s):
		return Single(s)
	}
	return s
}

// Trace is the value of an assignment as set -x prints it.
func Trace(s string, utf8 bool) string {
	switch {
	case HasMeta(s):
		return Single(s)
	case NeedsANSI(s, utf8):
		return ANSI(s, utf8)
	}
	return s
}

// TraceWord is a word of a command as set -x prints it.
func TraceWord(s string, utf8 bool) string {
	if s == "" {
		return "''"
	}
	return Trace(s, utf8)
}
