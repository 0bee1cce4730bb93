package interp

import (
	"bytes"
	"errors"
	"iter"
	"strings"
	"unicode/utf8"

	"mvdan.cc/sh/v3/syntax"
)

// The parser takes subscripts and arithmetic apart, and refuses what it does not know: ${m[a.b]}, m[$x:$y]=,
// $((1 $op 2)), $(( )). To bash they are text until they are expanded. So where a text cannot be parsed, the
// subscript or expression around the fault is written in the runes of its bytes, which the parser takes for
// one word; decodeSource gives the text back. A text that bash would refuse too stays refused, or fails when
// it is evaluated.

// repairWork bounds what is parsed to mend one text, in bytes; the parser takes 24 MB/s. It is enough for a
// function of 10 KB with a hundred faults.
const repairWork = 2 << 20

// repair mends text, which is encoded and cannot be parsed. ok says that the fault is gone, or that only the
// end of the text is missing now.
func repair(text string) (mended string, ok bool) {
	at, whole := firstFault(text)
	if whole {
		return text, false
	}
	left := repairWork
	for left > 0 {
		if text, at, whole = repairAt(text, at, &left); whole {
			return text, true
		}
		if at < 0 {
			break
		}
	}
	return text, false
}

// firstFault gives the place of the first fault in text; whole says that there is none, or only that text ends
// too early.
func firstFault(text string) (at int, whole bool) {
	parser := parsers.Get().(*syntax.Parser)
	defer parsers.Put(parser)
	_, err := parser.Parse(strings.NewReader(text), "")
	var pe syntax.ParseError
	var le syntax.LangError
	switch {
	case err == nil:
		return 0, true
	case errors.As(err, &pe):
		return int(pe.Pos.Offset()), pe.Incomplete || strings.HasPrefix(pe.Text, "unclosed here-document")
	case errors.As(err, &le):
		return int(le.Pos.Offset()), false
	}
	return 0, false
}

// repairAt mends what is around the fault at offset at: the innermost that helps. It gives the place of the next
// fault, -1 where nothing helped.
func repairAt(text string, at int, left *int) (mended string, next int, whole bool) {
	for open := min(at+2, len(text)-1); open >= 0 && at-open <= maxRegion; open-- {
		for _, mend := range [...]func(string, int, int) string{
			mendEqual, mendElement, mendBracket, mendExpression, mendSlice, mendParens, mendClause,
		} {
			mended := mend(text, open, at)
			if mended == "" || mended == text {
				continue
			}
			if *left -= len(mended); *left < 0 {
				return text, -1, false
			}
			// What stands in front of the fault is as long as before, or longer by what was encoded.
			if fault, whole := firstFault(mended); whole || len(mended)-fault < len(text)-at {
				return mended, fault, whole
			}
		}
	}
	return text, -1, false
}

// maxRegion is how far in front of a fault the beginning of what it is in is looked for, in bytes.
const maxRegion = 4096

// mendEqual encodes an equal sign where the fault is, which in an array literal may follow an expansion, or in the
// word that begins there, which in front of it has what is no name: `declare 1x=2`.
func mendEqual(text string, open, at int) string {
	if open != at {
		return ""
	}
	i := strings.IndexAny(text[at:], "= \t\n;&|<>()\"'`$")
	if i < 0 || text[at+i] != '=' {
		return ""
	}
	return text[:at+i] + string(rune(byteRune+'=')) + text[at+i+1:]
}

// mendClause encodes the first letter of a word that the parser takes for the beginning of a clause: `let` without
// an expression is a command like others, and there may be a function `local`.
func mendClause(text string, open, _ int) string {
	for _, word := range [...]string{"let", "declare", "local", "export", "readonly", "typeset"} {
		if strings.HasPrefix(text[open:], word) && (open == 0 || strings.IndexByte(" \t\n;&|({", text[open-1]) >= 0) {
			return text[:open] + string(rune(byteRune+rune(word[0]))) + text[open+1:]
		}
	}
	return ""
}

// mendBracket encodes the subscript, or the $[…], that opens at open.
func mendBracket(text string, open, at int) string {
	if text[open] != '[' {
		return ""
	}
	end := endOf(text, open+1, ']', true)
	if open == 0 || strings.IndexByte(" \t\n;&|([", text[open-1]) >= 0 && !strings.HasPrefix(text[end:], "=") {
		return "" // a command, [ or [[
	}
	if end+2 < at || text[end-1] != ']' {
		return ""
	}
	return text[:open+1] + encodeRegion(text[open+1:end-1], "") + text[end-1:]
}

// mendElement encodes the subscript of [k]+=v, an element of an array literal, and marks it. What begins like
// a subscript and is none, as in ([ab]*), is a pattern.
func mendElement(text string, open, at int) string {
	if text[open] != '[' || open == 0 || strings.IndexByte(" \t\n(", text[open-1]) < 0 {
		return ""
	}
	end := endOf(text, open+1, ']', true)
	switch {
	case end+2 < at || strings.HasPrefix(text[end:], "="):
		return ""
	case !strings.HasPrefix(text[end:], "+="):
		return text[:open] + string(rune(byteRune+'[')) + text[open+1:]
	}
	return text[:open+1] + encodeRegion(text[open+1:end-1], "") + appendMark + "]" + text[end+1:]
}

// mendExpression encodes the expression of ((…)) and $((…)). The semicolons of a loop's head stay.
func mendExpression(text string, open, at int) string {
	if !strings.HasPrefix(text[open:], "((") {
		return ""
	}
	end := endOf(text, open+2, ')', true)
	if end >= len(text) || text[end] != ')' || end+3 < at {
		return ""
	}
	return text[:open+2] + encodeRegion(text[open+2:end-1], ";") + text[end-1:]
}

// mendSlice encodes the two expressions of ${x:offset:length}, and writes a blank for one that is missing.
func mendSlice(text string, open, at int) string {
	if !strings.HasPrefix(text[open:], "${") {
		return ""
	}
	end := endOf(text, open+2, '}', true)
	colon := open + 2
	for colon < end && (text[colon] == '_' || text[colon] == '@' || text[colon] == '*' || isAlnum(text[colon])) {
		colon++
	}
	if colon < end && text[colon] == '[' {
		colon = endOf(text, colon+1, ']', true)
	}
	if end+1 < at || colon+1 >= end || text[colon] != ':' || text[end-1] != '}' || strings.IndexByte("-+=?", text[colon+1]) >= 0 {
		return ""
	}
	offset, length, both := strings.Cut(text[colon+1:end-1], ":")
	mended := text[:colon+1] + encodeRegion(orBlank(offset), "")
	if both {
		mended += ":" + encodeRegion(orBlank(length), "")
	}
	return mended + text[end-1:]
}

func orBlank(s string) string {
	if s == "" {
		return " "
	}
	return s
}

// mendParens takes (( for two subshells.
func mendParens(text string, open, _ int) string {
	if !strings.HasPrefix(text[open:], "((") {
		return ""
	}
	return text[:open+1] + " " + text[open+1:]
}

// encodeRegion writes text in the runes of its bytes, but for quotes, expansions and the bytes in keep.
func encodeRegion(text, keep string) string {
	if strings.Trim(text, " \t\n") == "" {
		text = " "
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == '\\' && i+1 < len(text):
			b.WriteString(text[i : i+2])
			i += 2
		case c == '_', c >= utf8.RuneSelf, isAlnum(c), strings.IndexByte(keep, c) >= 0:
			b.WriteByte(c)
			i++
		case c == '\'', c == '"', c == '`', c == '$':
			n := expansionLen(text[i:])
			b.WriteString(text[i : i+n])
			i += n
		default:
			b.WriteRune(byteRune + rune(c))
			i++
		}
	}
	return b.String()
}

// statements gives the statements of in as the parser completes them, see its InteractiveSeq. What the parser
// refuses is mended where that can be, and parsed again.
func (sh *Shell) statements(parser *syntax.Parser, src *source, in *lines) iter.Seq2[[]*syntax.Stmt, error] {
	return func(yield func([]*syntax.Stmt, error) bool) {
		for again := true; again; {
			again = false
			for stmts, err := range parser.InteractiveSeq(in) {
				if err != nil && in.repaired() {
					sh.src = &source{name: src.name, line0: src.line0 + in.begin}
					again = true
					break
				}
				if !yield(stmts, err) {
					return
				}
			}
		}
	}
}

// repaired says whether what the parser was given since the last complete statement could be mended. The
// next parser is given the mended text.
func (l *lines) repaired() bool {
	mended, ok := repair(string(l.given))
	if ok {
		l.given = append(l.given[:0], mended...)
		l.rest, l.base = bytes.Clone(l.given), 0
	}
	return ok
}
