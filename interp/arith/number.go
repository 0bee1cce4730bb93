package arith

// number converts a constant: decimal, 0 octal, 0x hexadecimal or base#digits.
// It returns bash's words for what is wrong, or "". Overflow wraps around.
func number(s string) (int64, string) {
	base, fixed := int64(10), false
	if s[0] == '0' {
		base, fixed, s = 8, true, s[1:]
		if s != "" && (s[0] == 'x' || s[0] == 'X') {
			base, s = 16, s[1:]
		}
	}
	var n int64
	for i := 0; i < len(s); i++ {
		if s[i] != '#' {
			d := digit(s[i], base)
			if d >= base {
				return 0, "value too great for base"
			}
			n = n*base + d
			continue
		}
		switch {
		case fixed:
			return 0, "invalid number"
		case n < 2 || n > 64:
			return 0, "invalid arithmetic base"
		case i+1 == len(s) || s[i+1] == '#':
			return 0, "invalid integer constant"
		}
		base, fixed, n = n, true, 0
	}
	return n, ""
}

// digit gives the value of a digit: 0-9 a-z A-Z @ _, where up to base 36 the
// case of letters does not matter.
func digit(c byte, base int64) int64 {
	switch {
	case isDigit(c):
		return int64(c - '0')
	case c >= 'a' && c <= 'z':
		return int64(c-'a') + 10
	case c >= 'A' && c <= 'Z' && base <= 36:
		return int64(c-'A') + 10
	case c >= 'A' && c <= 'Z':
		return int64(c-'A') + 36
	case c == '@':
		return 62
	}
	return 63 // _, the last that the lexer lets in
}
