package interp

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

var braceWords nodeCache[*syntax.Word, []*syntax.Word]

// braces gives the words that brace expansion makes of w, nil when that is w itself.
func (sh *Shell) braces(w *syntax.Word) []*syntax.Word {
	if !sh.opts.braceexpand || !mayHaveBraces(w) {
		return nil
	}
	if words, ok := braceWords.get(w); ok {
		return words
	}
	return braceWords.put(w, expandBraces(w))
}

// mayHaveBraces is quick, and right where it says no.
func mayHaveBraces(w *syntax.Word) bool {
	open := false
	for _, part := range w.Parts {
		if lit, ok := part.(*syntax.Lit); ok {
			open = open || strings.IndexByte(lit.Value, '{') >= 0
			if open && (strings.IndexByte(lit.Value, ',') >= 0 || strings.Contains(lit.Value, "..")) {
				return true
			}
		}
	}
	return false
}

func expandBraces(w *syntax.Word) []*syntax.Word {
	items := braceItems(w)
	results := expandItems(items)
	if len(results) == 1 && len(results[0]) == len(items) {
		return nil
	}
	words := make([]*syntax.Word, len(results))
	for i, result := range results {
		words[i] = wordOf(result)
	}
	return words
}

// braceItem is one byte of a literal, escaped or not, or a part in which braces mean nothing.
type braceItem struct {
	part    syntax.WordPart
	c       byte
	escaped bool
}

func (it braceItem) is(c byte) bool { return it.part == nil && !it.escaped && it.c == c }

// braceItems cuts a word into items.
func braceItems(w *syntax.Word) []braceItem {
	var items []braceItem
	for _, part := range w.Parts {
		lit, ok := part.(*syntax.Lit)
		if !ok {
			items = append(items, braceItem{part: part})
			continue
		}
		for i := 0; i < len(lit.Value); i++ {
			it := braceItem{c: lit.Value[i]}
			if it.c == '\\' && i+1 < len(lit.Value) {
				i++
				it = braceItem{c: lit.Value[i], escaped: true}
			}
			items = append(items, it)
		}
	}
	return items
}

// wordOf makes a word of items again.
func wordOf(items []braceItem) *syntax.Word {
	w := &syntax.Word{}
	var text []byte
	flush := func() {
		if rest := extendName(w, text); len(rest) > 0 {
			w.Parts = append(w.Parts, &syntax.Lit{Value: string(rest)})
		}
		text = text[:0]
	}
	for _, it := range items {
		lit, ok := it.part.(*syntax.Lit)
		switch {
		case ok:
			text = append(text, lit.Value...)
		case it.part != nil:
			flush()
			w.Parts = append(w.Parts, it.part)
		case it.escaped:
			text = append(text, '\\', it.c)
		default:
			text = append(text, it.c)
		}
	}
	flush()
	return w
}

// extendName gives the rest of text behind what belongs to the name of $x, if that is what w ends in:
// $x{a,b} is $xa and $xb.
func extendName(w *syntax.Word, text []byte) []byte {
	last := len(w.Parts) - 1
	if last < 0 {
		return text
	}
	p, ok := w.Parts[last].(*syntax.ParamExp)
	if !ok || !p.Short || !validName(p.Param.Value) {
		return text
	}
	n := 0
	for n < len(text) && (text[n] == '_' || isAlnum(text[n])) {
		n++
	}
	if n > 0 {
		longer := *p
		longer.Param = &syntax.Lit{Value: p.Param.Value + string(text[:n]), ValuePos: p.Param.ValuePos, ValueEnd: p.Param.ValueEnd}
		w.Parts[last] = &longer
	}
	return text[n:]
}

// expandItems expands the first brace expression and, by recursion, all others.
func expandItems(items []braceItem) [][]braceItem {
	open, end := findBraces(items)
	if open < 0 {
		return [][]braceItem{items}
	}
	before, inside, after := items[:open], items[open+1:end], items[end+1:]
	var middles [][]braceItem
	if hasComma(inside) {
		for _, elem := range splitItems(inside) {
			middles = append(middles, expandItems(elem)...)
		}
	} else if middles = sequence(inside); middles == nil {
		if len(after) == 0 {
			return [][]braceItem{items}
		}
		middles = [][]braceItem{items[open : end+1]}
	}
	tails := expandItems(after)
	results := make([][]braceItem, 0, len(middles)*len(tails))
	for _, middle := range middles {
		for _, tail := range tails {
			word := make([]braceItem, 0, len(before)+len(middle)+len(tail))
			word = append(append(append(word, before...), middle...), tail...)
			results = append(results, word)
		}
	}
	return results
}

// findBraces finds the first open brace that begins an expression, and the brace that ends it.
func findBraces(items []braceItem) (open, end int) {
	for i, it := range items {
		if !it.is('{') || i == 0 && len(items) > 1 && items[1].is('}') {
			continue
		}
		if end := closingBrace(items, i+1); end >= 0 {
			return i, end
		}
	}
	return -1, -1
}

// closingBrace finds the brace that ends what begins at from. It counts only behind a comma, or the dots of
// a sequence, that is in no braces of its own.
func closingBrace(items []braceItem, from int) int {
	level, seps := 0, 0
	for i := from; i < len(items); i++ {
		switch it := items[i]; {
		case it.is('}') && level == 0 && seps > 0:
			return i
		case it.is('{'):
			level++
		case it.is('}') && level > 0:
			level--
		case level > 0:
		case it.is(','):
			seps++
		case it.is('.') && i+2 < len(items) && items[i+1].is('.') && !items[i+2].is('}'):
			seps++
		}
	}
	return -1
}

// hasComma reports whether the braces around items are those of a list. bash takes a comma in quotes or in
// an expansion for a sign of that as well, though it does not cut there.
func hasComma(items []braceItem) bool {
	for _, it := range items {
		if it.is(',') || it.part != nil && strings.IndexByte(partSource(it.part), ',') >= 0 {
			return true
		}
	}
	return false
}

// partSource is a part of a word as it was written.
func partSource(part syntax.WordPart) string {
	return printNode(&syntax.Word{Parts: []syntax.WordPart{part}})
}

// splitItems cuts at the commas that are in no braces.
func splitItems(items []braceItem) [][]braceItem {
	var elems [][]braceItem
	level, at := 0, 0
	for i, it := range items {
		switch {
		case it.is('{'):
			level++
		case it.is('}') && level > 0:
			level--
		case it.is(',') && level == 0:
			elems = append(elems, items[at:i])
			at = i + 1
		}
	}
	return append(elems, items[at:])
}
