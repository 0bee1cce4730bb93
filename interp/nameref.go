package interp

import "strings"

// target is what a name means once name references have been followed.
type target struct {
	name     string
	sub      string // the subscript that a reference to an element of an array brings, as text
	hasSub   bool
	circular bool // the references lead back to one of themselves
	unset    bool // a reference that points nowhere yet; name is the reference itself
}

// noArray is the error of a subscript, or a list, for a reference to an element.
func (t target) noArray() error {
	return expansionErrorf("`%s[%s]': not a valid identifier", t.name, t.sub)
}

// maxReferences is how many references are followed, as bash has it (NAMEREF_MAX in variables.h).
const maxReferences = 8

// deref follows name references from name, which may be no reference at all.
func (sh *Shell) deref(name string) target {
	first := name
	for range maxReferences {
		v := sh.lookup(name)
		if !v.is(NameRef) {
			return target{name: name}
		}
		text, _ := v.value(sh)
		if text == "" {
			return target{name: name, unset: true}
		}
		base, sub, ok := splitRef(text)
		if !ok {
			if !validName(text) {
				return target{name: name, unset: true}
			}
			base = text
		}
		if ok {
			return target{name: base, sub: sub, hasSub: true}
		}
		if base == first || base == name {
			return target{name: first, circular: true}
		}
		name = base
	}
	return target{name: first, circular: true}
}

// splitRef cuts NAME[subscript]; ok says that text has that form.
func splitRef(text string) (name, sub string, ok bool) {
	open := strings.IndexByte(text, '[')
	if open <= 0 || text[len(text)-1] != ']' || !validName(text[:open]) {
		return "", "", false
	}
	return text[:open], text[open+1 : len(text)-1], true
}

// validName reports whether s can name a variable.
func validName(s string) bool {
	if s == "" || s[0]-'0' < 10 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if s[i] != '_' && !isAlnum(s[i]) {
			return false
		}
	}
	return true
}
