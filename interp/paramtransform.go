package interp

import (
	"strings"

	"sshell/interp/quote"
)

// transform is ${x@op}.
func (sh *Shell) transform(val *paramValue, op string) error {
	wide := sh.utf8Locale()
	switch op {
	case "a":
		val.transformAttributes()
		return nil
	case "A":
		return sh.transformDeclaration(val)
	case "K", "k":
		return sh.transformPairs(val, op == "k")
	}
	if !val.isList && !val.set {
		return nil
	}
	return val.each(func(s string) (string, error) {
		switch op {
		case "Q":
			return quote.Reusable(s, wide), nil
		case "E":
			return quote.Dollar(s, wide), nil
		case "P":
			return sh.promptText(s)
		case "U":
			return sh.caseOf(s, true, false, nil), nil
		case "u":
			return sh.caseOf(s, true, true, nil), nil
		case "L":
			return sh.caseOf(s, false, false, nil), nil
		}
		return "", expansionErrorf("@%s: bad substitution", op)
	})
}

// transformAttributes is ${x@a}, which an array that was declared and never assigned has as well.
func (val *paramValue) transformAttributes() {
	val.text = val.v.letters()
	if !val.isList {
		return
	}
	list := make([]string, len(val.list))
	for i := range list {
		list[i] = val.text
	}
	switch {
	case val.text == "":
		list = nil
	case len(list) == 0 && val.v.list == nil && val.v.assoc == nil:
		list = []string{val.text}
	}
	val.list = list
}

// letters are the attributes of v as ${x@a} shows them.
func (v *Var) letters() string {
	if v == nil {
		return ""
	}
	b := make([]byte, 0, 8)
	for _, a := range [...]struct {
		attr   Attr
		letter byte
	}{
		{ListVar, 'a'}, {AssocVar, 'A'}, {Integer, 'i'}, {NameRef, 'n'}, {ReadOnly, 'r'}, {Traced, 't'},
		{Exported, 'x'}, {Capital, 'c'}, {Lower, 'l'}, {Upper, 'u'},
	} {
		if v.attr&a.attr != 0 {
			b = append(b, a.letter)
		}
	}
	return string(b)
}

// transformDeclaration is ${x@A}: the command that makes x again.
func (sh *Shell) transformDeclaration(val *paramValue) error {
	wide := sh.utf8Locale()
	if val.positional {
		words := []string{"set", "--"}
		for _, s := range val.list {
			words = append(words, quote.Reusable(s, wide))
		}
		val.setWords(sh, words)
		return nil
	}
	letters := val.v.letters()
	if val.v == nil || !val.set && !val.isList && letters == "" {
		*val = paramValue{}
		return nil
	}
	text := val.name
	switch {
	case val.isList && val.v.isArray():
		text += "=" + val.v.listing(sh, wide)
		if len(val.list) == 0 && val.v.list == nil && val.v.assoc == nil {
			text = val.name
		}
	case val.isList && len(val.list) > 0:
		text += "=" + quote.Reusable(val.list[0], wide)
	case val.set:
		text += "=" + quote.Reusable(val.text, wide)
	}
	words := []string{text}
	if letters != "" {
		words = []string{"declare", "-" + letters, text}
	}
	val.setWords(sh, words)
	return nil
}

// setWords makes the words of a command the value: several for @, where blanks split, else one text.
func (val *paramValue) setWords(sh *Shell, words []string) {
	if val.isList && !val.star && sh.ifs().class[' ']&ifsSpace != 0 {
		*val = paramValue{isList: true, list: words}
		return
	}
	*val = paramValue{text: strings.Join(words, " "), set: true}
}

// listing is an array as declare -p shows it.
func (v *Var) listing(sh *Shell, wide bool) string {
	var b strings.Builder
	b.WriteByte('(')
	keys, elems := v.keys(sh), v.elements(sh)
	assoc := v.is(AssocVar)
	for i, key := range keys {
		if i > 0 && !assoc {
			b.WriteByte(' ')
		}
		if assoc {
			key = quote.Key(key, wide)
		}
		b.WriteString("[" + key + "]=" + quote.Value(elems[i], wide))
		if assoc {
			b.WriteByte(' ')
		}
	}
	b.WriteByte(')')
	return b.String()
}

// transformPairs is ${a[@]@K} and ${a[@]@k}: keys and values, as one word quoted or as words of their own.
func (sh *Shell) transformPairs(val *paramValue, words bool) error {
	wide := sh.utf8Locale()
	if !val.isList || val.positional || !val.v.isArray() {
		if !val.isList && !val.set {
			return nil
		}
		return val.each(func(s string) (string, error) { return quote.Reusable(s, wide), nil })
	}
	keys := val.v.keys(sh)
	pairs := make([]string, 0, 2*len(keys))
	for i, key := range keys {
		if words {
			pairs = append(pairs, key, val.list[i])
			continue
		}
		if val.v.is(AssocVar) {
			key = quote.Key(key, wide)
		}
		pairs = append(pairs, key, quote.Value(val.list[i], wide))
	}
	if words {
		val.list = pairs
		return nil
	}
	text := strings.Join(pairs, " ")
	if val.v.is(AssocVar) && len(pairs) > 0 {
		text += " "
	}
	if !val.star && len(pairs) == 0 {
		val.list = nil
		return nil
	}
	*val = paramValue{text: text, set: len(pairs) > 0}
	return nil
}
