package interp

import (
	"strings"
	"unicode/utf8"
)

// expandState is what one shell's expansion keeps between words. A clone begins with an empty one.
type expandState struct {
	ifs    ifsTable
	locale localeState
	sinks  []*sink // not in use
}

// How a byte of unquoted text is treated.
const (
	ifsSpace byte = 1 << iota // blank, tab or newline, and in IFS
	ifsOther                  // any other byte in IFS
	globMeta                  // may begin a pattern
	wideIFS                   // may begin a character of IFS of several bytes

	ifsAny = ifsSpace | ifsOther | wideIFS
)

// defaultIFS is what IFS is when a shell starts, and how words are split where it is unset.
const defaultIFS = " \t\n"

// ifsTable is IFS made ready for splitting. It is good for one scope, and made again when IFS changes.
type ifsTable struct {
	at    *scope // the innermost scope when it was made; nil when it is stale
	class [256]byte
	wide  string // IFS, if it has characters of several bytes
	join  string // what separates the elements of "$*"
	null  bool   // IFS is set and empty: nothing is split
	value string
	made  bool
}

// ifs gives the table for IFS as it is here and now.
func (sh *Shell) ifs() *ifsTable {
	t := &sh.exp.ifs
	if t.at != sh.scope {
		t.make(sh)
	}
	return t
}

func (t *ifsTable) make(sh *Shell) {
	value, set := sh.lookup("IFS").value(sh)
	if !set {
		value = defaultIFS
	}
	t.at = sh.scope
	if t.made && value == t.value {
		return
	}
	*t = ifsTable{at: sh.scope, value: value, null: value == "", made: true}
	for _, c := range []byte("*?[(") {
		t.class[c] |= globMeta
	}
	if value == "" {
		return
	}
	wide := sh.utf8Locale()
	_, n := utf8.DecodeRuneInString(value)
	t.join = value[:1]
	if wide {
		t.join = value[:n]
	}
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case c == ' ' || c == '\t' || c == '\n':
			t.class[c] |= ifsSpace
		case c >= utf8.RuneSelf && wide:
			t.class[c] |= wideIFS
			t.wide = value
		default:
			t.class[c] |= ifsOther
		}
	}
}

// wideLen gives the length of the character that s begins with if it is one of IFS, else 0.
func (t *ifsTable) wideLen(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	if strings.Contains(t.wide, s[:n]) {
		return n
	}
	return 0
}

// plain reports whether unquoted s is one field as it stands: nothing in it splits, and it is no pattern.
func (t *ifsTable) plain(s string) bool {
	for i := 0; i < len(s); i++ {
		if t.class[s[i]] != 0 {
			return false
		}
	}
	return true
}
