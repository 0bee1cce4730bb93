package interp

import (
	"strings"
	"unicode/utf8"

	"mvdan.cc/sh/v3/syntax"
)

// Some words are known only as text: the patterns of @(…), subscripts in arithmetic and in names that builtins
// are given, prompts. They are parsed when they are expanded.

var rawWords, rawDocuments nodeCache[string, *syntax.Word]

// rawWord parses text as one word, blanks and operators in it being literal. Text that is no word, because a
// quote or an expansion in it does not end, is literal as a whole.
func rawWord(text string) *syntax.Word {
	if w, ok := rawWords.get(text); ok {
		return w
	}
	var word *syntax.Word
	parser := parsers.Get().(*syntax.Parser)
	defer parsers.Put(parser)
	for w, err := range parser.WordsSeq(strings.NewReader(wordSource(text))) {
		if err != nil {
			word = nil
			break
		}
		word = w
	}
	if word == nil {
		word = &syntax.Word{Parts: []syntax.WordPart{&syntax.SglQuoted{Value: text}}}
	}
	return rawWords.put(strings.Clone(text), word)
}

// rawDocument parses text as the body of a here-document: quotes in it are literal.
func rawDocument(text string) (*syntax.Word, error) {
	if w, ok := rawDocuments.get(text); ok {
		return w, nil
	}
	parser := parsers.Get().(*syntax.Parser)
	defer parsers.Put(parser)
	w, err := parser.Document(strings.NewReader(text))
	if err != nil {
		return nil, err
	}
	if w == nil {
		w = &syntax.Word{}
	}
	return rawDocuments.put(strings.Clone(text), w), nil
}

// wordSource writes text so that the parser takes it for one word: what would end a word, and what begins
// anything but a quote or an expansion, stands as the rune of its byte.
func wordSource(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == '\\' && i+1 < len(text) && strings.IndexByte("$`\"'\\", text[i+1]) >= 0:
			b.WriteString(text[i : i+2])
			i += 2
		case c == '\\', c == '_', c >= utf8.RuneSelf, isAlnum(c):
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

func isAlnum(c byte) bool { return c-'0' < 10 || c|0x20 >= 'a' && c|0x20 <= 'z' }

// expansionLen is the length of the quoted string or the expansion that text begins with, at most len(text).
func expansionLen(text string) int {
	switch text[0] {
	case '\'':
		return endOf(text, 1, '\'', false)
	case '"', '`':
		return endOf(text, 1, text[0], true)
	case '$':
		if len(text) > 1 {
			switch text[1] {
			case '(':
				return endOf(text, 2, ')', true)
			case '{':
				return endOf(text, 2, '}', true)
			case '\'':
				return endOf(text, 2, '\'', true)
			}
		}
	}
	return 1
}

// endOf gives the length of text to the end that stands behind from, with what is nested in between.
func endOf(text string, from int, end byte, nests bool) int {
	depth := 0
	for i := from; i < len(text); {
		c := text[i]
		switch {
		case c == end:
			if depth == 0 {
				return i + 1
			}
			depth--
		case !nests:
		case c == '\\':
			i++
		case c == '(' && end == ')', c == '[' && end == ']':
			depth++
		case end == '\'', end == '"' && c == '\'', end == '`':
		case c == '\'' || c == '"' || c == '`' || c == '$':
			i += expansionLen(text[i:])
			continue
		}
		i++
	}
	return len(text)
}
