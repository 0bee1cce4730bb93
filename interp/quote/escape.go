package quote

import (
	"fmt"
	"strings"
)

// dialect is one of the three sets of rules for backslash escapes.
type dialect uint8

const (
	dollar  dialect = iota // $'…' and ${x@E}
	echo                   // echo -e
	printfB                // the argument of printf %b
	printf                 // the format of printf
)

// Dollar decodes what stands between $' and '. A NUL ends the string, as it does every string of the shell.
func Dollar(s string, utf8Locale bool) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	d := decoder{dialect: dollar, utf8: utf8Locale}
	out := d.all(s)
	if i := strings.IndexByte(string(out), 0); i >= 0 {
		out = out[:i]
	}
	return string(out)
}

// Echo decodes an argument of echo -e onto b. stop says that it had \c: nothing more is printed.
func Echo(b []byte, s string, utf8Locale bool) (out []byte, stop bool) {
	d := decoder{dialect: echo, utf8: utf8Locale, out: b}
	return d.all(s), d.stop
}

// Printf decodes an argument of printf %b onto b. stop says that it had \c; each of complaints is a
// message for an escape without its digits, which stays as it is.
func Printf(b []byte, s string, utf8Locale bool) (out []byte, stop bool, complaints []string) {
	d := decoder{dialect: printfB, utf8: utf8Locale, out: b}
	return d.all(s), d.stop, d.complaints
}

// PrintfFormat decodes one escape of printf's format, which s begins with, onto b and gives its length in s.
func PrintfFormat(b []byte, s string, utf8Locale bool) (out []byte, length int, complaints []string) {
	d := decoder{dialect: printf, utf8: utf8Locale, out: b}
	length = d.escape(s)
	return d.out, length, d.complaints
}

// decoder turns escapes into bytes, by one dialect.
type decoder struct {
	dialect    dialect
	utf8       bool
	out        []byte
	stop       bool
	complaints []string
}

func (d *decoder) all(s string) []byte {
	for s != "" && !d.stop {
		i := strings.IndexByte(s, '\\')
		if i < 0 {
			i = len(s)
		}
		d.out = append(d.out, s[:i]...)
		if s = s[i:]; s != "" {
			s = s[d.escape(s):]
		}
	}
	return d.out
}

// letters are the escapes of one letter that all dialects have.
const (
	letters      = "abeEfnrtv\\"
	letterValues = "\a\b\x1b\x1b\f\n\r\t\v\\"
)

// escape decodes the escape that s begins with and gives the length of what it took. An escape that is none
// stays as it is.
func (d *decoder) escape(s string) int {
	if len(s) == 1 {
		d.out = append(d.out, '\\')
		return 1
	}
	c := s[1]
	if i := strings.IndexByte(letters, c); i >= 0 {
		d.out = append(d.out, letterValues[i])
		return 2
	}
	switch c {
	case '0', '1', '2', '3', '4', '5', '6', '7':
		return d.octal(s)
	case 'x':
		return d.hex(s)
	case 'u', 'U':
		return d.unicode(s)
	case '\'', '"', '?':
		if d.dialect == dollar || d.dialect == printf {
			d.out = append(d.out, c)
			return 2
		}
	case 'c':
		switch d.dialect {
		case echo, printfB:
			d.stop = true
			return len(s)
		case dollar:
			if len(s) > 2 {
				return d.control(s)
			}
		}
	}
	d.out = append(d.out, '\\', c)
	return 2
}

// octal decodes \nnn; echo and %b want it as \0nnn, and %b takes the other form too.
func (d *decoder) octal(s string) int {
	digits := 3
	switch d.dialect {
	case echo:
		if s[1] != '0' {
			d.out = append(d.out, '\\', s[1])
			return 2
		}
		digits = 4
	case printfB:
		if s[1] == '0' {
			digits = 4
		}
	}
	v, n := 0, 1
	for ; n < len(s) && n <= digits && s[n] >= '0' && s[n] <= '7'; n++ {
		v = v*8 + int(s[n]-'0')
	}
	d.out = append(d.out, byte(v))
	return n
}

// hex decodes \xHH and, in $'…', \x{H…}, of which the low byte counts.
func (d *decoder) hex(s string) int {
	n, limit := 2, 2
	braced := d.dialect == dollar && strings.HasPrefix(s[2:], "{")
	if braced {
		n, limit = 3, len(s)
	}
	v, used := hexValue(s[n:], limit)
	n += used
	switch {
	case braced:
		if n < len(s) && s[n] == '}' {
			n++
		}
	case used == 0:
		d.incomplete(`missing hex digit for \x`)
		d.out = append(d.out, '\\', 'x')
		return 2
	}
	d.out = append(d.out, byte(v))
	return n
}

// unicode decodes \uHHHH and \UHHHHHHHH.
func (d *decoder) unicode(s string) int {
	limit := 4
	if s[1] == 'U' {
		limit = 8
	}
	v, used := hexValue(s[2:], limit)
	if used == 0 {
		d.incomplete(`missing unicode digit for \` + s[1:2])
		d.out = append(d.out, '\\', s[1])
		return 2
	}
	d.out = AppendRune(d.out, v, d.utf8)
	return 2 + used
}

// control decodes \cX of $'…'; a backslash is written twice there.
func (d *decoder) control(s string) int {
	c, n := s[2], 3
	if c == '\\' && len(s) > 3 && s[3] == '\\' {
		n = 4
	}
	switch {
	case c == '?':
		c = 0x7f
	case c >= 'a' && c <= 'z':
		c -= 'a' - 'A'
		fallthrough
	default:
		c &= 0x1f
	}
	d.out = append(d.out, c)
	return n
}

// incomplete keeps a complaint that only printf makes.
func (d *decoder) incomplete(msg string) {
	if d.dialect == printf || d.dialect == printfB {
		d.complaints = append(d.complaints, msg)
	}
}

// hexValue reads up to limit hexadecimal digits.
func hexValue(s string, limit int) (v uint32, n int) {
	for ; n < len(s) && n < limit; n++ {
		c := s[n]
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return v, n
		}
		v = v<<4 | uint32(c)
	}
	return v, n
}

// AppendRune appends the character numbered v. Numbers beyond Unicode take UTF-8's old long forms, those
// beyond 31 bits nothing. A locale that is not UTF-8 has ASCII only: the rest stays an escape.
func AppendRune(b []byte, v uint32, utf8Locale bool) []byte {
	switch {
	case v < 0x80:
		return append(b, byte(v))
	case v > 0x7fffffff:
		return b
	case !utf8Locale && v < 0x10000:
		return fmt.Appendf(b, `\u%04X`, v)
	case !utf8Locale:
		return fmt.Appendf(b, `\U%08X`, v)
	}
	// A lead byte of n ones begins a sequence of n bytes, and holds what their 6 bits each leave over.
	n := 2
	for limit := uint32(0x800); v >= limit && n < 6; n++ {
		limit <<= 5
	}
	b = append(b, byte(uint32(0xff00)>>n)|byte(v>>(6*(n-1))))
	for i := n - 2; i >= 0; i-- {
		b = append(b, 0x80|byte(v>>(6*i))&0x3f)
	}
	return b
}
