package format

import (
	"strconv"
	"strings"
	"time"
)

// Strftime appends t laid out by the format of C's strftime in the C locale, with glibc's flags and widths.
func Strftime(b []byte, layout string, t time.Time) []byte {
	for {
		i := strings.IndexByte(layout, '%')
		if i < 0 {
			return append(b, layout...)
		}
		b = append(b, layout[:i]...)
		f, n := readField(layout[i:])
		b = f.put(b, t, layout[i:i+n])
		layout = layout[i+n:]
	}
}

// field is one conversion of strftime.
type field struct {
	pad           byte // '_', '-', '0', or 0 for what the conversion has by default
	upper, change bool // ^ and #
	width         int
	modifier      byte // E or O
	verb          byte // 0 at the end of the format
}

// readField reads the conversion that s begins with and gives its length.
func readField(s string) (f field, n int) {
	n = 1
flags:
	for ; n < len(s); n++ {
		switch s[n] {
		case '_', '-', '0':
			f.pad = s[n]
		case '^':
			f.upper = true
		case '#':
			f.change = true
		default:
			break flags
		}
	}
	f.width, n = digits(s, n)
	if n < len(s) && (s[n] == 'E' || s[n] == 'O') {
		f.modifier = s[n]
		n++
	}
	if n < len(s) {
		f.verb = s[n]
		n++
	}
	return f, n
}

// eraVerbs and altVerbs are what glibc lets the modifiers E and O stand before.
const (
	eraVerbs = "cCnpPrRstTuxXyYzZ"
	altVerbs = "bBCdegGhHIjklmMnpPrRsStTuUVwWyzZ"
)

// put appends the field; text is its source, which stands for a conversion that does not exist.
func (f *field) put(b []byte, t time.Time, text string) []byte {
	if f.verb == '%' {
		return f.text(b, "%")
	}
	if f.verb == 0 || !f.allowed() {
		return f.text(b, text)
	}
	switch f.verb {
	case 'n':
		return f.text(b, "\n")
	case 't':
		return f.text(b, "\t")
	case 'a', 'A', 'b', 'B', 'h', 'p', 'P', 'Z':
		return f.name(b, t)
	case 'c':
		return f.compound(b, "%a %b %e %H:%M:%S %Y", t)
	case 'D', 'x':
		return f.compound(b, "%m/%d/%y", t)
	case 'F':
		return f.compound(b, "%Y-%m-%d", t)
	case 'r':
		return f.compound(b, "%I:%M:%S %p", t)
	case 'R':
		return f.compound(b, "%H:%M", t)
	case 'T', 'X':
		return f.compound(b, "%H:%M:%S", t)
	case 'z':
		return f.offset(b, t)
	}
	if v, n, ok := number(f.verb, t); ok {
		if f.pad == 0 && strings.IndexByte("ekls", f.verb) >= 0 {
			f.pad = '_'
		}
		return f.number(b, v, n)
	}
	return f.text(b, text)
}

// allowed reports whether the field's modifier can stand before its verb.
func (f *field) allowed() bool {
	switch f.modifier {
	case 'E':
		return strings.IndexByte(eraVerbs, f.verb) >= 0
	case 'O':
		return strings.IndexByte(altVerbs, f.verb) >= 0
	}
	return true
}

// text appends s in the field's width, padded in front.
func (f *field) text(b []byte, s string) []byte {
	c := byte(' ')
	if f.pad == '0' {
		c = '0'
	}
	for n := len(s); n < f.width; n++ {
		b = append(b, c)
	}
	if f.upper {
		s = strings.ToUpper(s)
	}
	return append(b, s...)
}

// compound appends another format's result as one text.
func (f *field) compound(b []byte, layout string, t time.Time) []byte {
	return f.text(b, string(Strftime(nil, layout, t)))
}

// name appends a word: of a day, a month, a half of the day, or a zone.
func (f *field) name(b []byte, t time.Time) []byte {
	var s string
	switch f.verb {
	case 'a':
		s = t.Weekday().String()[:3]
	case 'A':
		s = t.Weekday().String()
	case 'b', 'h':
		s = t.Month().String()[:3]
	case 'B':
		s = t.Month().String()
	case 'Z':
		s, _ = t.Zone()
	case 'p', 'P':
		if s = "AM"; t.Hour() >= 12 {
			s = "PM"
		}
	}
	switch {
	case f.verb == 'P', f.change && (f.verb == 'p' || f.verb == 'Z'):
		s, f.upper = strings.ToLower(s), false
	case f.change:
		f.upper = true
	}
	return f.text(b, s)
}

// offset appends the zone's distance from Greenwich, +hhmm.
func (f *field) offset(b []byte, t time.Time) []byte {
	_, seconds := t.Zone()
	mark := "+"
	if seconds < 0 {
		mark, seconds = "-", -seconds
	}
	b = f.text(b, mark)
	minutes := seconds / 60
	return f.number(b, int64(minutes/60*100+minutes%60), 4)
}

// number appends v with at least n digits. Padding with zeros stands behind a minus sign.
func (f *field) number(b []byte, v int64, n int) []byte {
	n = max(n, f.width)
	s := strconv.FormatInt(v, 10)
	if f.pad == '-' || f.pad == '_' {
		if f.pad == '-' {
			n = f.width
		}
		for i := len(s); i < n; i++ {
			b = append(b, ' ')
		}
		return append(b, s...)
	}
	if v < 0 {
		b, s = append(b, '-'), s[1:]
		n--
	}
	for i := len(s); i < n; i++ {
		b = append(b, '0')
	}
	return append(b, s...)
}

// number gives the value of a numeric conversion and how many digits it has at least.
func number(verb byte, t time.Time) (v int64, n int, ok bool) {
	year := t.Year()
	isoYear, isoWeek := t.ISOWeek()
	hour12 := (t.Hour()+11)%12 + 1
	two := func(v int) (int64, int, bool) { return int64(v), 2, true }
	switch verb {
	case 'C':
		return int64(floorDiv(year, 100)), 1, true
	case 'd', 'e':
		return two(t.Day())
	case 'g':
		return two(isoYear - floorDiv(isoYear, 100)*100)
	case 'G':
		return int64(isoYear), 1, true
	case 'H', 'k':
		return two(t.Hour())
	case 'I', 'l':
		return two(hour12)
	case 'j':
		return int64(t.YearDay()), 3, true
	case 'm':
		return two(int(t.Month()))
	case 'M':
		return two(t.Minute())
	case 's':
		return t.Unix(), 1, true
	case 'S':
		return two(t.Second())
	case 'u':
		return int64(t.Weekday()+6)%7 + 1, 1, true
	case 'U':
		return two((t.YearDay() - 1 + 7 - int(t.Weekday())) / 7)
	case 'V':
		return two(isoWeek)
	case 'w':
		return int64(t.Weekday()), 1, true
	case 'W':
		return two((t.YearDay() - 1 + 7 - int(t.Weekday()+6)%7) / 7)
	case 'y':
		return two(year - floorDiv(year, 100)*100)
	case 'Y':
		return int64(year), 1, true
	}
	return 0, 0, false
}

func floorDiv(a, b int) int {
	if a < 0 {
		return -((-a + b - 1) / b)
	}
	return a / b
}
