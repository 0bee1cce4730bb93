package interp

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// appendMark at the end of the subscript of an array literal's element stands for the + of [k]+=v, for which
// the parser has no place. Whoever prepares source for the parser puts it there.
const appendMark = "\U0010FEFE"

// markedSubscripts has subscripts without the mark that stood in them.
var markedSubscripts nodeCache[*syntax.Word, *syntax.Word]

// elementSubscript gives the subscript of an element of an array literal, and whether its value is appended.
func elementSubscript(x syntax.ArithmExpr) (sub subscript, add bool) {
	w, ok := x.(*syntax.Word)
	if !ok {
		return nodeSubscript(x), false
	}
	lit, ok := w.Parts[len(w.Parts)-1].(*syntax.Lit)
	if !ok || !strings.HasSuffix(lit.Value, appendMark) {
		return nodeSubscript(x), false
	}
	plain, ok := markedSubscripts.get(w)
	if !ok {
		last := *lit
		last.Value = strings.TrimSuffix(lit.Value, appendMark)
		parts := append([]syntax.WordPart(nil), w.Parts[:len(w.Parts)-1]...)
		plain = markedSubscripts.put(w, &syntax.Word{Parts: append(parts, &last)})
	}
	return nodeSubscript(plain), true
}
