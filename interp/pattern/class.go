package pattern

import "unicode"

// Class returns the test for membership in the character class of that name,
// as in [:alpha:], or nil if there is none. Beyond ASCII the classes are those
// of the C.UTF-8 locale of the GNU C library.
func Class(name string) func(r rune) bool {
	switch name {
	case "alnum":
		return isAlnum
	case "alpha":
		return isAlpha
	case "ascii":
		return func(r rune) bool { return r < 0x80 }
	case "blank":
		return func(r rune) bool { return r == '\t' || isSpace(r) && unicode.Is(unicode.Zs, r) }
	case "cntrl":
		return isControl
	case "digit":
		return isDigit
	case "graph":
		return isGraphic
	case "lower":
		return isLower
	case "print":
		return isPrint
	case "punct":
		return func(r rune) bool { return isGraphic(r) && !isAlnum(r) }
	case "space":
		return isSpace
	case "upper":
		return isUpper
	case "word":
		return func(r rune) bool { return isAlnum(r) || r == '_' }
	case "xdigit":
		return func(r rune) bool { return isDigit(r) || r|0x20 >= 'a' && r|0x20 <= 'f' }
	}
	return nil
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }
func isAlnum(r rune) bool { return isDigit(r) || isAlpha(r) }

// isAlpha counts digits of other scripts as letters: they are in alnum, and
// digit has only the ten.
func isAlpha(r rune) bool {
	if r < 0x80 {
		return r|0x20 >= 'a' && r|0x20 <= 'z'
	}
	return unicode.In(r, unicode.L, unicode.Nd, unicode.Nl, unicode.Other_Alphabetic)
}

func isUpper(r rune) bool {
	if r < 0x80 {
		return r >= 'A' && r <= 'Z'
	}
	return unicode.In(r, unicode.Lu, unicode.Other_Uppercase) || unicode.ToLower(r) != r
}

func isLower(r rune) bool {
	if r < 0x80 {
		return r >= 'a' && r <= 'z'
	}
	return unicode.In(r, unicode.Ll, unicode.Other_Lowercase) || unicode.ToUpper(r) != r
}

// isSpace leaves out the spaces at which a line must not break.
func isSpace(r rune) bool {
	if r < 0x80 {
		return r == ' ' || r >= '\t' && r <= '\r'
	}
	return unicode.IsSpace(r) && r != 0x85 && r != 0xa0 && r != 0x2007 && r != 0x202f
}

func isControl(r rune) bool {
	return unicode.Is(unicode.Cc, r) || r == 0x2028 || r == 0x2029
}

func isPrint(r rune) bool {
	if r < 0x80 {
		return r >= ' ' && r < 0x7f
	}
	return !isControl(r) && unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S,
		unicode.Z, unicode.Cf, unicode.Co)
}

func isGraphic(r rune) bool { return isPrint(r) && !isSpace(r) }

// fold maps the letters that NoCase takes for the same to one.
func fold(r rune, bytes bool) rune {
	switch {
	case r >= 'A' && r <= 'Z':
		return r + 'a' - 'A'
	case r < 0x80 || bytes:
		return r
	}
	return unicode.ToLower(r)
}
