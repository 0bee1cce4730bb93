// Package format is the engine of the printf builtin: it lays out arguments by a format as bash 5.2 does on
// x86-64 Linux, where floating point is the 80-bit long double. It is pure: what it needs of the shell comes
// through Host.
package format

import (
	"math"
	"time"

	"sshell/interp/quote"
)

// Host is the shell that a printf runs in.
type Host interface {
	// UTF8 reports whether the locale's characters are UTF-8.
	UTF8() bool
	// Complain shows one message. Formatting may go on after it.
	Complain(msg string)
	// Assign gives a variable the value that %n asks for. An error ends the printf; its text is shown.
	Assign(name, value string) error
	// Clock is asked for %(…)T only.
	Clock() Clock
}

// Clock is what %(…)T knows of time.
type Clock struct {
	Now, Started time.Time // for the arguments -1 and -2
	Zone         *time.Location
}

// Printf appends args laid out by format to b and gives printf's exit status. The format is used again while
// arguments are left. What b had before counts for nothing, not even for %n.
func Printf(b []byte, format string, args []string, host Host) ([]byte, int) {
	p := printer{out: b, start: len(b), args: args, host: host}
	for {
		before := len(p.args)
		if !p.pass(format) {
			break
		}
		if len(p.args) == 0 || len(p.args) == before {
			break
		}
	}
	return p.out, p.status
}

// printer is the state of one printf.
type printer struct {
	out    []byte
	start  int
	args   []string
	host   Host
	status int
}

// pass goes through the format once. It gives false when the printf is over.
func (p *printer) pass(format string) bool {
	for i := 0; i < len(format); {
		switch c := format[i]; {
		case c == '\\':
			var n int
			var complaints []string
			p.out, n, complaints = quote.PrintfFormat(p.out, format[i:], p.host.UTF8())
			p.complain(complaints)
			i += n
		case c != '%':
			p.out = append(p.out, c)
			i++
		case i+1 < len(format) && format[i+1] == '%':
			p.out = append(p.out, '%')
			i += 2
		default:
			d, n := p.directive(format[i:])
			if n == 0 {
				p.fail("`" + format[i:] + "': missing format character")
				return false
			}
			n, ok := p.convert(d, format[i:], n)
			if !ok {
				return false
			}
			i += n
		}
	}
	return true
}

func (p *printer) complain(complaints []string) {
	for _, msg := range complaints {
		p.host.Complain(msg)
	}
}

func (p *printer) fail(msg string) {
	p.host.Complain(msg)
	p.status = 1
}

// directive is one conversion of a format.
type directive struct {
	minus, plus, space, zero, alt bool
	width                         int
	prec                          int  // -1 when there is none
	barePrec, starPrec            bool // the precision was a point alone, or a star
	verb                          byte
}

// directive reads the conversion that s begins with, and the arguments for its stars. It gives the
// conversion's length, 0 when it has no end.
func (p *printer) directive(s string) (d directive, n int) {
	n = 1
flags:
	for ; n < len(s); n++ {
		switch s[n] {
		case '-':
			d.minus = true
		case '+':
			d.plus = true
		case ' ':
			d.space = true
		case '0':
			d.zero = true
		case '#':
			d.alt = true
		case '\'': // groups digits, of which the C locale has none
		default:
			break flags
		}
	}
	d.prec = -1
	if n < len(s) && s[n] == '*' {
		n++
		if d.width = p.intArg(); d.width < 0 {
			d.minus, d.width = true, -d.width
		}
	} else {
		d.width, n = digits(s, n)
	}
	if n < len(s) && s[n] == '.' {
		n++
		switch {
		case n < len(s) && s[n] == '*':
			n++
			d.prec, d.starPrec = max(p.intArg(), -1), true
		case n < len(s) && s[n] == '-':
			_, n = digits(s, n+1)
			d.prec, d.barePrec = 0, true
		default:
			first := n
			d.prec, n = digits(s, n)
			d.barePrec = n == first
		}
	}
	for n < len(s) && modifier(s[n]) {
		n++
	}
	if n == len(s) {
		return d, 0
	}
	d.verb = s[n]
	return d, n + 1
}

// modifier reports whether c is a size of C's, which has no meaning here.
func modifier(c byte) bool {
	switch c {
	case 'h', 'j', 'l', 'L', 't', 'z':
		return true
	}
	return false
}

// digits reads a number at s[n], at most what a C int holds.
func digits(s string, n int) (value, end int) {
	for ; n < len(s) && s[n] >= '0' && s[n] <= '9'; n++ {
		value = min(value*10+int(s[n]-'0'), math.MaxInt32)
	}
	return value, n
}

// convert does one conversion, whose text begins s and is n bytes long. It gives the length in s of what was
// used, and false when the printf is over.
func (p *printer) convert(d directive, s string, n int) (int, bool) {
	switch d.verb {
	case 's':
		p.text(d, p.next())
	case 'd', 'i':
		p.signed(d)
	case 'u', 'o', 'x', 'X':
		p.unsigned(d)
	case 'a', 'A', 'e', 'E', 'f', 'F', 'g', 'G':
		p.float(d)
	case 'c':
		c := byte(0)
		if arg := p.next(); arg != "" {
			c = arg[0]
		}
		d.prec = -1
		p.text(d, string([]byte{c}))
	case 'b':
		out, stop, complaints := quote.Printf(nil, p.next(), p.host.UTF8())
		p.complain(complaints)
		p.text(d, string(out))
		if stop {
			p.status = 0 // as in bash, whatever went wrong before
		}
		return n, !stop
	case 'q':
		p.text(d, quote.Escape(p.next(), p.host.UTF8()))
	case 'Q':
		p.quoted(d)
	case '(':
		return p.time(d, s, n)
	case 'n':
		return n, p.count()
	default:
		p.fail("`" + string(d.verb) + "': invalid format character")
		return n, false
	}
	return n, true
}

// next takes an argument; "" when none is left.
func (p *printer) next() string {
	if len(p.args) == 0 {
		return ""
	}
	arg := p.args[0]
	p.args = p.args[1:]
	return arg
}

// quoted is %Q, which applies a precision before it quotes. As in bash, one that is a star does nothing, and a
// point alone leaves nothing, not even quotes.
func (p *printer) quoted(d directive) {
	arg := p.next()
	switch {
	case d.starPrec || d.prec < 0:
	case d.barePrec:
		p.text(d, "")
		return
	case d.prec < len(arg):
		arg = arg[:d.prec]
	}
	d.prec = -1
	p.text(d, quote.Escape(arg, p.host.UTF8()))
}

// count is %n: it assigns the number of bytes printed so far.
func (p *printer) count() bool {
	name := p.next()
	if name == "" {
		return true
	}
	if err := p.host.Assign(name, itoa(len(p.out)-p.start)); err != nil {
		p.fail(err.Error())
		return false
	}
	return true
}

// text prints s within d's width and precision.
func (p *printer) text(d directive, s string) {
	if d.prec >= 0 && d.prec < len(s) {
		s = s[:d.prec]
	}
	if !d.minus {
		p.pad(' ', d.width-len(s))
	}
	p.out = append(p.out, s...)
	if d.minus {
		p.pad(' ', d.width-len(s))
	}
}

func (p *printer) pad(c byte, n int) {
	for ; n > 0; n-- {
		p.out = append(p.out, c)
	}
}
