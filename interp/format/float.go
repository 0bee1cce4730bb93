package format

import (
	"math/big"
	"math/bits"
	"strconv"
)

// floatArg takes an argument as a long double.
func (p *printer) floatArg() longDouble {
	arg := p.next()
	if arg == "" {
		return longDouble{}
	}
	if isQuoted(arg) {
		v := longDouble{}
		if c := p.character(arg); c != 0 {
			v.abs = new(big.Float).SetPrec(mantissaBits).SetInt64(c)
		}
		return v
	}
	v, err := parseFloat(arg)
	if err != nil {
		p.reject(arg, err)
	}
	return v
}

// float is the conversions of floating point.
func (p *printer) float(d directive) {
	v := p.floatArg()
	lead := ""
	switch {
	case v.neg:
		lead = "-"
	case d.plus:
		lead = "+"
	case d.space:
		lead = " "
	}
	var buf [64]byte
	number := buf[:0]
	switch {
	case v.nan || v.inf:
		number = v.word(number)
		d.zero = false
	case d.verb|0x20 == 'f':
		number = v.fixed(number, precision(d, 6), d.alt)
	case d.verb|0x20 == 'e':
		number = v.scientific(number, precision(d, 6), d.alt)
	case d.verb|0x20 == 'g':
		number = v.general(number, precision(d, 6), d.alt)
	default:
		lead += "0x"
		number = v.hexadecimal(number, d.prec, d.alt)
	}
	capitals := d.verb&0x20 == 0
	if capitals {
		upper(number)
	}
	fill := d.width - len(lead) - len(number)
	if !d.minus && !d.zero {
		p.pad(' ', fill)
	}
	at := len(p.out)
	p.out = append(p.out, lead...)
	if capitals {
		upper(p.out[at:])
	}
	if d.zero && !d.minus {
		p.pad('0', fill)
	}
	p.out = append(p.out, number...)
	if d.minus {
		p.pad(' ', fill)
	}
}

func precision(d directive, otherwise int) int {
	if d.prec < 0 {
		return otherwise
	}
	return d.prec
}

// word writes what is no number.
func (v longDouble) word(b []byte) []byte {
	if v.nan {
		return append(b, "nan"...)
	}
	return append(b, "inf"...)
}

// zero stands for a missing abs.
var zero big.Float

func (v longDouble) value() *big.Float {
	if v.abs == nil {
		return &zero
	}
	return v.abs
}

// fixed is %f.
func (v longDouble) fixed(b []byte, prec int, alt bool) []byte {
	b = v.value().Append(b, 'f', prec)
	if alt && prec == 0 {
		b = append(b, '.')
	}
	return b
}

// scientific is %e.
func (v longDouble) scientific(b []byte, prec int, alt bool) []byte {
	at := len(b)
	b = v.value().Append(b, 'e', prec)
	if alt && prec == 0 {
		b = append(b[:at+1], append([]byte{'.'}, b[at+1:]...)...)
	}
	return b
}

// general is %g: prec significant digits, in the shorter of the two forms.
func (v longDouble) general(b []byte, prec int, alt bool) []byte {
	prec = max(prec, 1)
	probe := v.value().Append(nil, 'e', prec-1)
	e := len(probe) - 1
	for probe[e] != 'e' {
		e--
	}
	exponent, err := strconv.Atoi(string(probe[e+1:]))
	if err != nil {
		exponent = 0
	}
	if exponent >= -4 && exponent < prec {
		at := len(b)
		b = v.fixed(b, prec-1-exponent, alt)
		if !alt {
			b = b[:at+trimmed(b[at:])]
		}
		return b
	}
	mantissa := probe[:e]
	if !alt {
		mantissa = mantissa[:trimmed(mantissa)]
	}
	b = append(b, mantissa...)
	if alt && prec == 1 {
		b = append(b, '.')
	}
	return append(b, probe[e:]...)
}

// trimmed is the length of number without zeros at the end of its fraction, and without a bare point.
func trimmed(number []byte) int {
	point := -1
	for i, c := range number {
		if c == '.' {
			point = i
		}
	}
	if point < 0 {
		return len(number)
	}
	n := len(number)
	for number[n-1] == '0' {
		n--
	}
	if n-1 == point {
		n--
	}
	return n
}

// hexadecimal is %a without its 0x: the mantissa's first four bits in front of the point, as the C library
// shows the 64 bits of a long double.
func (v longDouble) hexadecimal(b []byte, prec int, alt bool) []byte {
	const fraction = mantissaBits/4 - 1 // digits behind the point
	var m uint64
	exponent := 0
	if v.abs != nil {
		part := new(big.Float)
		e := v.abs.MantExp(part)
		m, _ = part.SetMantExp(part, mantissaBits).Uint64()
		if e < minExponent {
			m >>= minExponent - e
			e = minExponent
		}
		exponent = e - 4
	}
	digits := fraction
	carry := false
	if prec >= 0 && prec < fraction {
		digits = prec
		m, carry = roundHex(m, uint(fraction-prec)*4)
	}
	lead := byte('1')
	if carry {
		exponent += 4
	} else {
		lead = strconv.FormatUint(m>>60, 16)[0]
	}
	b = append(b, lead)
	text := make([]byte, 0, fraction)
	for i := range digits {
		text = append(text, "0123456789abcdef"[m>>(56-4*i)&15])
	}
	if prec < 0 {
		for len(text) > 0 && text[len(text)-1] == '0' {
			text = text[:len(text)-1]
		}
	}
	if alt || len(text) > 0 || prec > 0 {
		b = append(b, '.')
	}
	b = append(b, text...)
	for i := fraction; i < prec; i++ {
		b = append(b, '0')
	}
	b = append(b, 'p')
	if exponent >= 0 {
		b = append(b, '+')
	}
	return strconv.AppendInt(b, int64(exponent), 10)
}

// roundHex drops the last n bits of m, rounding to even, and reports whether all 64 bits overflowed.
func roundHex(m uint64, n uint) (uint64, bool) {
	last, half := uint64(1)<<n, uint64(1)<<(n-1)
	rest := m & (last - 1)
	m -= rest
	if rest > half || rest == half && m&last != 0 {
		sum, carry := bits.Add64(m, last, 0)
		return sum, carry != 0
	}
	return m, false
}
