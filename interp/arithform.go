package interp

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"sshell/interp/arith"
)

// arithForm is an expression of the source made ready: parsed, or, where something in it is expanded each
// time, as the pieces of its text.
type arithForm struct {
	expr     *arith.Expr
	pieces   []arithPiece
	operands *operandForm // nil where the pieces have to be put together
}

// arithPiece is text, or a part of a word that is expanded.
type arithPiece struct {
	text string
	part syntax.WordPart
	// inSub says that the part stands in a subscript: what it gives is not to end that.
	inSub bool
	// operand says that the part is a parameter, and an operand by itself.
	operand bool
}

var arithForms, letForms nodeCache[syntax.ArithmExpr, *arithForm]

func newArithForm(x syntax.ArithmExpr) *arithForm { return (&arithWriter{}).form(x) }

// arithFormOf gives the form of x, which is made once.
func arithFormOf(x syntax.ArithmExpr) *arithForm {
	form, ok := arithForms.get(x)
	if !ok {
		form = arithForms.put(x, newArithForm(x))
	}
	return form
}

func newLetForm(x syntax.ArithmExpr) *arithForm { return (&arithWriter{let: true}).form(x) }

func (w *arithWriter) form(x syntax.ArithmExpr) *arithForm {
	w.expr(x)
	w.flush()
	if len(w.pieces) == 0 {
		w.pieces = []arithPiece{{}}
	}
	if len(w.pieces) == 1 && w.pieces[0].part == nil {
		expr, _ := arith.Cached(w.pieces[0].text) // a fault comes again when it is evaluated
		return &arithForm{expr: expr}
	}
	return &arithForm{pieces: w.pieces, operands: newOperandForm(w.pieces)}
}

// arithSource is an expression as it was written.
func arithSource(x syntax.ArithmExpr) string {
	var w arithWriter
	w.expr(x)
	w.flush()
	var b strings.Builder
	for _, piece := range w.pieces {
		if piece.part != nil {
			b.WriteString(partSource(piece.part))
		} else {
			b.WriteString(piece.text)
		}
	}
	return b.String()
}

// arithWriter writes an expression back as text, with the blanks that stood in it: in the key of an
// associative array they count.
type arithWriter struct {
	pieces []arithPiece
	text   []byte
	end    uint // the offset behind what was written last, 0 when nothing was
	subs   int  // subscripts around the current place
	let    bool // quotes are removed
}

func (w *arithWriter) flush() {
	if len(w.text) > 0 {
		w.pieces = append(w.pieces, arithPiece{text: string(w.text)})
		w.text = nil
	}
}

// maxGap bounds the blanks between two tokens; positions that are farther apart are not to be believed.
const maxGap = 1024

// gap writes the blanks up to pos.
func (w *arithWriter) gap(pos syntax.Pos) {
	if !pos.IsValid() {
		return
	}
	at := pos.Offset()
	if w.end > 0 && at > w.end && at-w.end <= maxGap {
		for range at - w.end {
			w.text = append(w.text, ' ')
		}
	}
}

// token writes an operator that stood at pos.
func (w *arithWriter) token(pos syntax.Pos, text string) {
	w.gap(pos)
	w.text = append(w.text, text...)
	if pos.IsValid() {
		w.end = pos.Offset() + uint(len(text))
	}
}

func (w *arithWriter) expr(x syntax.ArithmExpr) {
	switch x := x.(type) {
	case *syntax.Word:
		for _, part := range x.Parts {
			w.part(part)
		}
		if p, ok := x.Parts[0].(*syntax.ParamExp); ok && len(x.Parts) == 1 && p.Dollar.IsValid() && w.subs == 0 &&
			simpleParam(p) && !listParam(p.Param.Value) {
			w.pieces[len(w.pieces)-1].operand = true
		}
	case *syntax.BinaryArithm:
		w.expr(x.X)
		w.token(x.OpPos, x.Op.String())
		w.expr(x.Y)
	case *syntax.UnaryArithm:
		if x.Post {
			w.expr(x.X)
			w.token(x.OpPos, x.Op.String())
			return
		}
		w.token(x.OpPos, x.Op.String())
		w.expr(x.X)
	case *syntax.ParenArithm:
		w.token(x.Lparen, "(")
		w.expr(x.X)
		w.token(x.Rparen, ")")
	}
}

func (w *arithWriter) part(part syntax.WordPart) {
	w.gap(part.Pos())
	switch p := part.(type) {
	case *syntax.Lit:
		w.text = append(w.text, decodeSource(p.Value)...)
	case *syntax.SglQuoted:
		if w.let {
			w.text = append(w.text, decodeSource(p.Value)...)
			break
		}
		w.text = append(w.text, '\'')
		w.text = append(w.text, decodeSource(p.Value)...)
		w.text = append(w.text, '\'')
	case *syntax.DblQuoted:
		w.quoted(p)
	case *syntax.ParamExp:
		if p.Dollar.IsValid() || p.Index == nil {
			w.expansion(p)
			break
		}
		w.text = append(w.text, p.Param.Value...)
		w.text = append(w.text, '[')
		w.end = p.Param.End().Offset() + 1
		w.subs++
		w.expr(p.Index)
		w.subs--
		w.text = append(w.text, ']')
	default:
		w.expansion(p)
	}
	if end := part.End(); end.IsValid() {
		w.end = end.Offset()
	}
}

// quoted writes a part in double quotes. They mean nothing but in a subscript, where they keep it together.
func (w *arithWriter) quoted(p *syntax.DblQuoted) {
	if w.subs == 0 {
		w.end = p.Left.Offset() + 1
		for _, part := range p.Parts {
			w.part(part)
		}
		return
	}
	w.text = append(w.text, '"')
	w.end = p.Left.Offset() + 1
	for _, part := range p.Parts {
		w.part(part)
	}
	w.text = append(w.text, '"')
}

func (w *arithWriter) expansion(p syntax.WordPart) {
	w.flush()
	w.pieces = append(w.pieces, arithPiece{part: p, inSub: w.subs > 0})
}
