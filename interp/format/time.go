package format

import (
	"math"
	"time"
)

// timeLimit is the size of bash's buffer for a formatted time (printf.def); a result that does not fit with
// its NUL is empty.
const timeLimit = 128

// time is %(FORMAT)T. s begins with the directive, whose parenthesis is at n-1.
func (p *printer) time(d directive, s string, n int) (int, bool) {
	depth, end := 1, n
	for ; end < len(s); end++ {
		switch s[end] {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth == 0 {
			break
		}
	}
	if end+1 >= len(s) || s[end+1] != 'T' {
		found := ""
		if end+1 < len(s) {
			found = s[end+1 : end+2]
		}
		p.host.Complain("warning: `" + found + "': invalid time format specification")
		p.out = append(p.out, '%')
		return 1, true
	}
	layout := s[n:end]
	if layout == "" {
		layout = "%X"
	}
	when := int64(-1)
	if len(p.args) > 0 {
		when = p.signedArg()
	}
	clock := p.host.Clock()
	var at time.Time
	switch when {
	case -1:
		at = clock.Now
	case -2:
		at = clock.Started
	default:
		at = time.Unix(when, 0)
	}
	if !validYear(at) {
		at = time.Unix(0, 0)
	}
	text := Strftime(nil, layout, at.In(clock.Zone))
	if len(text) >= timeLimit {
		text = nil
	}
	p.text(d, string(text))
	return end + 2, true
}

// validYear reports whether C's struct tm can hold t, whose year is an int counted from 1900.
func validYear(t time.Time) bool {
	const second = 31556952 // the mean length of a Gregorian year is this many
	years := t.Unix()/second + 70
	return years < math.MaxInt32-1 && years > math.MinInt32+1
}
