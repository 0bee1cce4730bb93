package flow

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"mvdan.cc/sh/v3/syntax"
)

// place is the kind of place in shell source where a replacement string stands. It decides how a value is written there so
// that it stays data.
type place uint8

const (
	inCode       place = iota // a word, or a part of one: in single quotes
	inBareWord                // the same, where a plain value needs no quotes
	inDouble                  // within "…"
	inParam                   // within "${…}": in double quotes of its own
	inSingle                  // within '…'
	inAnsi                    // within $'…'
	inHeredoc                 // the body of a here-document that is expanded
	inRawHeredoc              // the body of one that is not
	inArith                   // a number
	inComment                 // after #
)

// spot is a replacement string in shell source.
type spot struct {
	place  place
	ticks  int    // how many backquoted commands it is in, each of which takes away a level of backslashes
	marker string // the delimiter of the here-document it is in
	// afterName says that it follows $NAME without braces, so that the parser took it for a part of the name.
	afterName bool
	// word is the argument of a command that it is in, if a shell would look at nothing else in it.
	word *syntax.Word
}

// render writes values where the spot is.
func (s spot) render(vals []string) (string, error) {
	if len(vals) == 0 && (s.place == inCode || s.place == inBareWord) {
		return "", nil
	}
	written := make([]string, len(vals))
	for i, v := range vals {
		var err error
		if written[i], err = s.write(v); err != nil {
			return "", err
		}
	}
	text := strings.Join(written, " ")
	for range s.ticks {
		text = strings.NewReplacer(`\`, `\\`, "`", "\\`").Replace(text)
	}
	return text, nil
}

func (s spot) write(v string) (string, error) {
	switch s.place {
	case inBareWord:
		return quote(v), nil
	case inDouble:
		return double(v, true), nil
	case inParam:
		return `"` + double(v, true) + `"`, nil
	case inSingle:
		return strings.ReplaceAll(v, "'", `'"'"'`), nil
	case inAnsi:
		return ansi(v), nil
	case inHeredoc:
		return double(v, false), s.checkHeredoc(v)
	case inRawHeredoc:
		return v, s.checkHeredoc(v)
	case inArith:
		return v, checkNumber(v)
	case inComment:
		return strings.ReplaceAll(v, "\n", " "), nil
	}
	return single(v), nil
}

// checkHeredoc refuses a value that could end the here-document, or lose its tabs to one that strips them.
func (s spot) checkHeredoc(v string) error {
	if strings.Contains(v, "\n") && (s.marker == "" || strings.Contains(v, s.marker)) {
		return fmt.Errorf("a value holds the here-document's delimiter %s", s.marker)
	}
	return nil
}

// number is what may stand in an arithmetic expression: a number in any base, or a name.
var number = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[ \t]*[-+]?[0-9A-Za-z_][0-9A-Za-z_#@]*[ \t]*$`) })

// checkNumber refuses what an arithmetic expression would evaluate as more than that: subscripts run commands.
func checkNumber(v string) error {
	if !number().MatchString(v) {
		return fmt.Errorf("%s: not a number, where one is needed", quote(v))
	}
	return nil
}

// errNowhere says that a replacement string stands where shell source has no place for a value.
var errNowhere = errors.New("a replacement string stands where no value can")

// locate finds the spot at an offset of a parsed source.
func locate(file *syntax.File, src string, offset int) (spot, error) {
	at := uint(offset)
	var path, found []syntax.Node
	syntax.Walk(file, func(n syntax.Node) bool {
		if n == nil {
			path = path[:len(path)-1]
			return true
		}
		path = append(path, n)
		if isLeaf(n) && holds(n, at) {
			found = append(found[:0], path...)
		}
		return true
	})
	if len(found) < 2 {
		return spot{}, errNowhere
	}
	s := spot{}
	switch parent := found[len(found)-2].(type) {
	case *syntax.ParamExp:
		if parent.Param == found[len(found)-1] {
			if !parent.Short {
				return spot{}, errNowhere
			}
			s.afterName = true
			found = found[:len(found)-2]
		}
	case *syntax.FuncDecl, *syntax.WordIter, *syntax.Redirect:
		return spot{}, errNowhere
	case *syntax.Assign:
		if !parent.Naked && parent.Name == found[len(found)-1] {
			return spot{}, errNowhere
		}
	}
	for _, n := range found {
		s.enter(n, at)
	}
	if s.place == inCode && s.ticks == 0 {
		s.setWord(found, src)
	}
	return s, nil
}

// isLeaf reports whether n is text.
func isLeaf(n syntax.Node) bool {
	switch n.(type) {
	case *syntax.Lit, *syntax.SglQuoted, *syntax.Comment:
		return true
	}
	return false
}

func holds(n syntax.Node, at uint) bool {
	return n.Pos().IsValid() && n.Pos().Offset() <= at && at < n.End().Offset()
}

// enter takes account of one node around the spot, from the outermost to the text itself.
func (s *spot) enter(n syntax.Node, at uint) {
	switch n := n.(type) {
	case *syntax.Comment:
		s.place = inComment
	case *syntax.CmdSubst:
		s.place = inCode
		if n.Backquotes {
			s.ticks++
		}
	case *syntax.ProcSubst:
		s.place = inCode
	case *syntax.SglQuoted:
		if s.place != inArith {
			s.place = inSingle
		}
		if n.Dollar {
			s.place = inAnsi
		}
	case *syntax.DblQuoted:
		if s.place != inArith {
			s.place = inDouble
		}
	case *syntax.ParamExp:
		s.enterParam(n, at)
	case *syntax.Redirect:
		if n.Hdoc != nil && holds(n.Hdoc, at) {
			s.place, s.marker = heredoc(n.Word)
		}
	case *syntax.ArithmExp, *syntax.ArithmCmd, *syntax.LetClause, *syntax.CStyleLoop:
		s.place = inArith
	case *syntax.Assign:
		if n.Index != nil && holds(n.Index, at) {
			s.place = inArith
		}
	case *syntax.BinaryTest:
		switch n.Op {
		case syntax.TsEql, syntax.TsNeq, syntax.TsLeq, syntax.TsGeq, syntax.TsLss, syntax.TsGtr:
			s.place = inArith
		}
	case *syntax.UnaryTest:
		if n.Op == syntax.TsVarSet || n.Op == syntax.TsRefVar {
			s.place = inArith
		}
	}
}

func (s *spot) enterParam(n *syntax.ParamExp, at uint) {
	switch {
	case n.Index != nil && holds(n.Index, at), n.Slice != nil && inSlice(n.Slice, at):
		s.place = inArith
	case s.place == inDouble || s.place == inHeredoc:
		s.place = inParam
	}
}

func inSlice(s *syntax.Slice, at uint) bool {
	return s.Offset != nil && holds(s.Offset, at) || s.Length != nil && holds(s.Length, at)
}

// heredoc returns the kind of a here-document's body and its delimiter.
func heredoc(delimiter *syntax.Word) (place, string) {
	kind := inHeredoc
	var text strings.Builder
	for _, p := range delimiter.Parts {
		switch p := p.(type) {
		case *syntax.Lit:
			if strings.Contains(p.Value, `\`) {
				kind = inRawHeredoc
			}
			text.WriteString(strings.ReplaceAll(p.Value, `\`, ""))
		case *syntax.SglQuoted:
			kind = inRawHeredoc
			text.WriteString(p.Value)
		case *syntax.DblQuoted:
			kind = inRawHeredoc
			if lit, ok := onlyLit(p.Parts); ok {
				text.WriteString(lit)
			}
		}
	}
	return kind, text.String()
}

// onlyLit returns the text of parts that are at most one literal.
func onlyLit(parts []syntax.WordPart) (string, bool) {
	if len(parts) == 0 {
		return "", true
	}
	lit, ok := parts[0].(*syntax.Lit)
	if !ok || len(parts) > 1 {
		return "", false
	}
	return lit.Value, true
}

// setWord finds out whether the spot is in a word that is one literal without anything that the shell looks at, so that a
// plain value can stand there as it is.
func (s *spot) setWord(path []syntax.Node, src string) {
	if len(path) < 3 {
		return
	}
	word, isWord := path[len(path)-2].(*syntax.Word)
	lit, isLit := path[len(path)-1].(*syntax.Lit)
	if !isWord || !isLit || len(word.Parts) > 1 || strings.ContainsAny(lit.Value, "~{}\\*?[]!=^") {
		return
	}
	switch parent := path[len(path)-3].(type) {
	case *syntax.Redirect:
		if parent.Hdoc == nil {
			s.place = inBareWord
		}
	case *syntax.CallExpr:
		end := int(word.End().Offset())
		if parent.Args[0] != word && !(end < len(src) && (src[end] == '<' || src[end] == '>')) {
			s.place, s.word = inBareWord, word
		}
	}
}
