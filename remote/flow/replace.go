package flow

import (
	"slices"
	"strconv"
	"strings"
)

// part says what of a value a replacement string stands for.
type part uint8

const (
	whole      part = iota // {}
	noExt                  // {.}
	base                   // {/}
	dir                    // {//}
	baseNoExt              // {/.}
	seqNumber              // {#}
	slotNumber             // {%}
)

// partSigns is what stands between the braces for each part, the number of a value aside.
var partSigns = [...]string{whole: "", noExt: ".", base: "/", dir: "//", baseNoExt: "/.", seqNumber: "#", slotNumber: "%"}

// token is one replacement string.
type token struct {
	part part
	// n is the number of a value, from 1; negative numbers count from the last value, 0 stands for all of them.
	n int
}

// isValue reports whether a value of the input stands there, as against a number of the run's.
func (t token) isValue() bool { return t.part < seqNumber }

// values is what replacement strings of one task stand for.
type values struct {
	args   []string
	seq    int64
	slot   int
	repeat bool // a word with several values in it is repeated for each (-N)
}

// tokens finds replacement strings. The zero value knows GNU parallel's.
type tokens struct {
	instead string // of {}, if it is not empty
	none    bool   // there are none
}

// next finds the first replacement string in s: the index where it begins and its length; the length is 0 if there is
// none.
func (t tokens) next(s string) (at, size int, found token) {
	if t.none {
		return len(s), 0, token{}
	}
	for i := 0; i < len(s); i++ {
		if t.instead != "" && strings.HasPrefix(s[i:], t.instead) {
			return i, len(t.instead), token{}
		}
		if s[i] != '{' {
			continue
		}
		end := strings.IndexByte(s[i:], '}')
		if end < 0 {
			if t.instead == "" {
				break
			}
			continue
		}
		if tok, ok := parseToken(s[i+1 : i+end]); ok && (t.instead == "" || tok != token{}) {
			return i, end + 1, tok
		}
	}
	return len(s), 0, token{}
}

// parseToken reads what stands between braces.
func parseToken(s string) (token, bool) {
	digits := len(s) - len(strings.TrimLeft(s, "-0123456789"))
	sign := slices.Index(partSigns[:], s[digits:])
	if sign < 0 {
		return token{}, false
	}
	t := token{part: part(sign)}
	if digits == 0 {
		return t, true
	}
	n, err := strconv.Atoi(s[:digits])
	t.n = n
	return t, err == nil && t.isValue()
}

// of returns what t stands for: one string for each value that it names. There may be none.
func (v values) of(t token) []string {
	switch t.part {
	case seqNumber:
		return []string{strconv.FormatInt(v.seq, 10)}
	case slotNumber:
		return []string{strconv.Itoa(v.slot)}
	}
	named := v.args
	if t.n != 0 {
		i := t.n - 1
		if t.n < 0 {
			i = len(v.args) + t.n
		}
		if i < 0 || i >= len(v.args) {
			return nil
		}
		named = v.args[i : i+1]
	}
	if t.part == whole {
		return named
	}
	parts := make([]string, len(named))
	for i, value := range named {
		parts[i] = t.part.cut(value)
	}
	return parts
}

// cut returns a part of a path.
func (p part) cut(path string) string {
	switch p {
	case noExt:
		return cutExt(path)
	case base:
		return path[strings.LastIndexByte(path, '/')+1:]
	case dir:
		return dirOf(path)
	case baseNoExt:
		return cutExt(base.cut(path))
	}
	return path
}

// cutExt cuts off what follows the last dot of the last component.
func cutExt(path string) string {
	if dot := strings.LastIndexByte(path, '.'); dot > strings.LastIndexByte(path, '/') {
		return path[:dot]
	}
	return path
}

// dirOf is dirname's answer.
func dirOf(path string) string {
	rest := strings.TrimRight(path, "/")
	rest = strings.TrimRight(rest[:strings.LastIndexByte(rest, '/')+1], "/")
	switch {
	case rest != "":
		return rest
	case strings.HasPrefix(path, "/"):
		return "/"
	}
	return "."
}
