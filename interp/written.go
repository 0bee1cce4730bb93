package interp

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// What runs elsewhere is sent as it was written: the printer puts blanks around operators, which count in the key of an
// associative array, ${m[i+1]}, and breaks lines anew, which LINENO shows.

// keep makes the statements of in that are parsed now the text of what runs next.
func (sh *Shell) keep(in *lines) {
	src := *sh.src
	src.text, src.base = string(in.given), in.base
	sh.src = &src
}

// writtenCommand gives the source of a command without the redirections of its statement, which somebody else makes, and the
// line on which it begins.
func (sh *Shell) writtenCommand(st *syntax.Stmt) (text string, line int) {
	sh.setLine(st.Cmd.Pos())
	bare := &syntax.Stmt{Position: st.Cmd.Pos(), Cmd: st.Cmd}
	for _, r := range st.Redirs {
		if r.Pos().Offset() < st.Cmd.End().Offset() {
			return printLines(bare), sh.line
		}
	}
	return writtenBy(sh.src, bare), sh.line
}

// writtenBy gives the source of a statement of src, printed where its text is not there as one piece: a body of a
// here-document that stands behind it, an alias.
func writtenBy(src *source, st *syntax.Stmt) string {
	printed := printNode(st)
	if text, ok := src.between(st.Pos(), st.End()); ok {
		if again, err := parseStmts(text); err == nil && len(again) == 1 && printNode(again[0]) == printed {
			return text
		}
	}
	return printLines(st)
}

// printLines writes a statement so that it keeps its lines as far as the printer can: on one line if it stood on one.
func printLines(st *syntax.Stmt) string {
	var b strings.Builder
	if st.Pos().Line() == st.End().Line() && syntax.NewPrinter(syntax.SingleLine(true)).Print(&b, st) == nil {
		return decodeSource(b.String())
	}
	return printNode(st)
}

// between gives the text between two positions.
func (s *source) between(from, to syntax.Pos) (string, bool) {
	if s == nil || !from.IsValid() || !to.IsValid() || from.Offset() < s.base || to.Offset() < from.Offset() ||
		to.Offset()-s.base > uint(len(s.text)) {
		return "", false
	}
	return decodeSource(s.text[from.Offset()-s.base : to.Offset()-s.base]), true
}

// writtenBodies are the bodies of functions as they are sent.
var writtenBodies nodeCache[*syntax.Stmt, string]

// written gives the body of a function, which begins on the line on which the function does.
func (f *function) written() string {
	text, ok := writtenBodies.get(f.body)
	if !ok {
		text = writtenBy(f.src, f.body)
		if f.src != nil {
			text = strings.Repeat("\n", max(int(f.body.Pos().Line())+f.src.line0-f.line, 0)) + text
		}
		writtenBodies.put(f.body, text)
	}
	return text
}
