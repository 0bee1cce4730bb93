package format

import (
	"math"
	"math/big"
	"strings"
)

// The long double of x86-64: 64 bits of mantissa; exponents as big.Float counts them, for a mantissa in
// [0.5, 1). Source: LDBL_MANT_DIG, LDBL_MAX_EXP and LDBL_MIN_EXP of <float.h>.
const (
	mantissaBits = 64
	maxExponent  = 16384
	minExponent  = -16381
)

// longDouble is one value: a finite number, an infinity, or no number.
type longDouble struct {
	neg bool
	nan bool
	inf bool
	abs *big.Float // the absolute value of a finite number, nil for 0
}

// parseFloat reads a number as C's strtold does. The value is that of the longest beginning that is one.
func parseFloat(arg string) (longDouble, error) {
	s, neg := sign(arg)
	v := longDouble{neg: neg}
	if n := word(s, "inf"); n > 0 {
		v.inf = true
		if word(s, "infinity") > 0 {
			n = len("infinity")
		}
		return v, ends(s, n)
	}
	if n := word(s, "nan"); n > 0 {
		v.nan = true
		if n < len(s) && s[n] == '(' {
			if end := nanPayload(s[n+1:]); end >= 0 {
				n += end + 2
			}
		}
		return v, ends(s, n)
	}
	var number scanned
	if len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x' && (hexDigit(s[2]) >= 0 || s[2] == '.' && len(s) > 3 && hexDigit(s[3]) >= 0) {
		number = scan(s[2:], 16)
		number.length += 2
	} else {
		number = scan(s, 10)
	}
	if number.length == 0 {
		return longDouble{}, errSyntax
	}
	abs, inf, exact := number.round()
	v.abs, v.inf = abs, inf
	if err := ends(s, number.length); err != nil || exact {
		return v, err
	}
	return v, errRange
}

// ends is nil when s ends at n.
func ends(s string, n int) error {
	if n < len(s) {
		return errSyntax
	}
	return nil
}

// word gives w's length if s begins with it, in any case.
func word(s, w string) int {
	if len(s) >= len(w) && strings.EqualFold(s[:len(w)], w) {
		return len(w)
	}
	return 0
}

// nanPayload gives where the parenthesis closes behind letters, digits and underscores, -1 when it does not.
func nanPayload(s string) int {
	for i := 0; i < len(s); i++ {
		c := s[i] | 0x20
		switch {
		case s[i] == ')':
			return i
		case c >= 'a' && c <= 'z', s[i] >= '0' && s[i] <= '9', s[i] == '_':
		default:
			return -1
		}
	}
	return -1
}

// scanned is a number before rounding: digits × base^-point × scale^exponent, where scale is 10 or 2.
type scanned struct {
	digits   string // without zeros in front
	base     int
	exponent int64 // of 10, or of 2 for base 16; the point is counted in
	length   int   // of the text, 0 when there is no number
}

// exponentLimit bounds exponents where every further one means 0 or infinity, for texts of any length that
// fit in memory.
const exponentLimit = 1 << 40

func scan(s string, base int) scanned {
	r := scanned{base: base}
	var digits strings.Builder
	seen, point := false, false
	i := 0
	for ; i < len(s); i++ {
		if s[i] == '.' && !point {
			point = true
			continue
		}
		d := hexDigit(s[i])
		if d < 0 || d >= base {
			break
		}
		seen = true
		if d != 0 || digits.Len() > 0 {
			digits.WriteByte(s[i])
		}
		if point {
			r.exponent--
		}
	}
	if !seen {
		return scanned{}
	}
	if base == 16 {
		r.exponent *= 4
	}
	r.digits, r.length = digits.String(), i
	mark := byte('e')
	if base == 16 {
		mark = 'p'
	}
	if i < len(s) && s[i]|0x20 == mark {
		if e, n := scanExponent(s[i+1:]); n > 0 {
			r.exponent += e
			r.length = i + 1 + n
		}
	}
	return r
}

func scanExponent(s string) (e int64, n int) {
	neg := false
	if s != "" && (s[0] == '-' || s[0] == '+') {
		neg, n = s[0] == '-', 1
	}
	first := n
	for ; n < len(s) && s[n] >= '0' && s[n] <= '9'; n++ {
		e = min(e*10+int64(s[n]-'0'), exponentLimit)
	}
	if n == first {
		return 0, 0
	}
	if neg {
		e = -e
	}
	return e, n
}

// round gives the nearest long double, nil for 0. exact is false where C sets ERANGE: at infinity, and below
// the normal numbers when digits were lost.
func (r *scanned) round() (abs *big.Float, inf, exact bool) {
	if r.digits == "" {
		return nil, false, true
	}
	bitsPerDigit := 4.0
	perExponent := 1.0
	if r.base == 10 {
		bitsPerDigit, perExponent = math.Log2(10), math.Log2(10)
	}
	magnitude := float64(len(r.digits))*bitsPerDigit + float64(r.exponent)*perExponent
	switch { // a good way beyond the limits, so that the powers below stay small
	case magnitude > maxExponent+64:
		return nil, true, false
	case magnitude < minExponent-mantissaBits-64:
		return nil, false, false
	}
	exactly, ok := new(big.Int).SetString(r.digits, r.base)
	if !ok {
		return nil, false, true
	}
	num, den := exactly, big.NewInt(1)
	scale := big.NewInt(2)
	if r.base == 10 {
		scale.SetInt64(10)
	}
	power := scale.Exp(scale, big.NewInt(max(r.exponent, -r.exponent)), nil)
	if r.exponent < 0 {
		den = power
	} else {
		num.Mul(num, power)
	}
	return nearest(num, den)
}

// nearest rounds num/den to a long double.
func nearest(num, den *big.Int) (abs *big.Float, inf, exact bool) {
	quotient := func(prec uint) *big.Float {
		n, d := new(big.Float).SetInt(num), new(big.Float).SetInt(den) // these hold any integer exactly
		return new(big.Float).SetPrec(prec).Quo(n, d)
	}
	f := quotient(mantissaBits)
	e := f.MantExp(nil)
	if e > maxExponent {
		return nil, true, false
	}
	if e >= minExponent {
		return f, false, true
	}
	// Below the normal numbers the last bit has a fixed weight; e may have been rounded up, which does no harm:
	// the number of bits left is then the same or exact.
	left := mantissaBits - (minExponent - quotient(mantissaBits*2).MantExp(nil))
	if left > 0 {
		f = quotient(uint(left))
		return f, false, f.Acc() == big.Exact
	}
	smallest := new(big.Float).SetMantExp(big.NewFloat(0.5), minExponent-mantissaBits+1)
	half := new(big.Float).SetMantExp(smallest, -1)
	if quotient(mantissaBits*2).Cmp(half) > 0 {
		return smallest, false, false
	}
	return nil, false, false
}
