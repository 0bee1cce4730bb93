package format

import (
	"errors"
	"math"
	"math/bits"
	"strconv"
	"strings"
	"unicode/utf8"
)

func itoa(n int) string { return strconv.Itoa(n) }

// errRange says that a number does not fit its type; the nearest that does is used.
var errRange = errors.New("out of range")

// reject complains about a numeric argument. A bad number makes the status 1, one out of range does not.
func (p *printer) reject(arg string, err error) {
	if errors.Is(err, errRange) {
		p.host.Complain("warning: " + arg + ": Numerical result out of range")
		return
	}
	kind := "invalid number"
	if len(arg) > 1 && arg[0] == '0' {
		switch {
		case arg[1] >= '0' && arg[1] <= '9':
			kind = "invalid octal number"
		case arg[1] == 'x':
			kind = "invalid hex number"
		}
	}
	p.fail(arg + ": " + kind)
}

// errSyntax says that a number is followed by something else, or is none.
var errSyntax = errors.New("invalid number")

// character gives the code of the character behind the quote that arg begins with.
func (p *printer) character(arg string) int64 {
	arg = arg[1:]
	if arg == "" {
		return 0
	}
	if p.host.UTF8() {
		if r, n := utf8.DecodeRuneInString(arg); r != utf8.RuneError || n > 1 {
			return int64(r)
		}
	}
	return int64(arg[0])
}

func isQuoted(arg string) bool { return arg != "" && (arg[0] == '\'' || arg[0] == '"') }

// intArg takes the argument of a star. As in bash, a number that is too large is reported under the name of the
// argument behind it.
func (p *printer) intArg() int {
	n := p.signedArg()
	if n >= math.MinInt32 && n <= math.MaxInt32 {
		return int(n)
	}
	behind := ""
	if len(p.args) > 0 {
		behind = p.args[0]
	}
	p.reject(behind, errRange)
	return int(min(max(n, math.MinInt32), math.MaxInt32))
}

// signedArg takes an argument as a C intmax_t.
func (p *printer) signedArg() int64 {
	arg := p.next()
	if arg == "" {
		return 0
	}
	if isQuoted(arg) {
		return p.character(arg)
	}
	v, neg, err := parseUint(arg)
	n := int64(v)
	switch {
	case errors.Is(err, errRange) || !neg && v > math.MaxInt64 || neg && v > 1<<63:
		n = math.MaxInt64
		if neg {
			n = math.MinInt64
		}
		if err == nil {
			err = errRange
		}
	case neg:
		n = -n
	}
	if err != nil {
		p.reject(arg, err)
	}
	return n
}

// unsignedArg takes an argument as a C uintmax_t, in which negative numbers wrap.
func (p *printer) unsignedArg() uint64 {
	arg := p.next()
	if arg == "" {
		return 0
	}
	if isQuoted(arg) {
		return uint64(p.character(arg))
	}
	v, neg, err := parseUint(arg)
	if neg && !errors.Is(err, errRange) {
		v = -v
	}
	if err != nil {
		p.reject(arg, err)
	}
	return v
}

// blanks are what C's isspace accepts in front of a number.
const blanks = " \t\n\v\f\r"

// sign takes the blanks and the sign in front of a number off s.
func sign(s string) (rest string, neg bool) {
	s = strings.TrimLeft(s, blanks)
	if s != "" && (s[0] == '-' || s[0] == '+') {
		return s[1:], s[0] == '-'
	}
	return s, false
}

// parseUint reads a number as C's strtoumax does for any base: 0x and 0 in front choose hexadecimal and
// octal. The value is that of the longest beginning that is a number.
func parseUint(arg string) (v uint64, neg bool, err error) {
	s, neg := sign(arg)
	base := uint64(10)
	switch {
	case len(s) > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X') && hexDigit(s[2]) >= 0:
		base, s = 16, s[2:]
	case s != "" && s[0] == '0':
		base = 8
	}
	overflow := false
	i := 0
	for ; i < len(s); i++ {
		d := hexDigit(s[i])
		if d < 0 || uint64(d) >= base {
			break
		}
		hi, lo := bits.Mul64(v, base)
		lo, carry := bits.Add64(lo, uint64(d), 0)
		if hi+carry > 0 {
			overflow = true
		}
		v = lo
	}
	if overflow {
		v = math.MaxUint64
	}
	switch {
	case i == 0 || i < len(s):
		err = errSyntax
		if overflow {
			v = math.MaxUint64
		}
	case overflow:
		err = errRange
	}
	return v, neg, err
}

// hexDigit gives the value of a hexadecimal digit, -1 for another byte.
func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// signed is %d.
func (p *printer) signed(d directive) {
	n := p.signedArg()
	lead := ""
	switch {
	case n < 0:
		lead = "-"
	case d.plus:
		lead = "+"
	case d.space:
		lead = " "
	}
	v := uint64(n)
	if n < 0 {
		v = -v
	}
	p.integer(d, lead, v, 10)
}

// unsigned is %u, %o, %x and %X.
func (p *printer) unsigned(d directive) {
	v := p.unsignedArg()
	switch d.verb {
	case 'o':
		p.integer(d, "", v, 8)
	case 'x', 'X':
		lead := ""
		if d.alt && v != 0 {
			lead = "0" + string(d.verb)
		}
		p.integer(d, lead, v, 16)
	default:
		p.integer(d, "", v, 10)
	}
}

// integer lays out v behind lead, a sign or a prefix.
func (p *printer) integer(d directive, lead string, v uint64, base int) {
	var buf [32]byte
	number := strconv.AppendUint(buf[:0], v, base)
	if d.verb == 'X' {
		upper(number)
	}
	if v == 0 && d.prec == 0 {
		number = number[:0]
	}
	zeros := max(d.prec-len(number), 0)
	if base == 8 && d.alt && zeros == 0 && (len(number) == 0 || number[0] != '0') {
		zeros = 1
	}
	fill := d.width - len(lead) - zeros - len(number)
	if d.zero && !d.minus && d.prec < 0 && fill > 0 {
		zeros, fill = zeros+fill, 0
	}
	if !d.minus {
		p.pad(' ', fill)
	}
	p.out = append(p.out, lead...)
	p.pad('0', zeros)
	p.out = append(p.out, number...)
	if d.minus {
		p.pad(' ', fill)
	}
}

// upper makes ASCII letters capitals.
func upper(b []byte) {
	for i, c := range b {
		if c >= 'a' && c <= 'z' {
			b[i] = c - ('a' - 'A')
		}
	}
}
