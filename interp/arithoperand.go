package interp

import (
	"errors"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"sshell/interp/arith"
)

// An expression such as $x + 1 is text that differs each time. Where every expansion in it is an operand by
// itself, and a plain number, it means the same as one in which variables stand in their place; that one is
// parsed once.

// operandPrefix begins the names that stand for expansions. No script has such variables.
const operandPrefix = "sshell_expanded_operand_"

// maxOperands is how many expansions an expression may have to be treated so; more are rare.
const maxOperands = 4

// operandForm is an expression with names in the place of its expansions.
type operandForm struct {
	expr   *arith.Expr
	params []string // the parameters, in the order of the names
}

// newOperandForm gives the form of an expression in pieces, nil if it has none.
func newOperandForm(pieces []arithPiece) *operandForm {
	form := &operandForm{}
	var text strings.Builder
	for _, piece := range pieces {
		switch {
		case piece.part == nil:
			text.WriteString(piece.text)
			continue
		case !piece.operand || len(form.params) == maxOperands:
			return nil
		}
		text.WriteString(operandPrefix + strconv.Itoa(len(form.params)))
		form.params = append(form.params, piece.part.(*syntax.ParamExp).Param.Value)
	}
	form.expr, _ = arith.Parse(text.String())
	return form
}

// operandVars are arithVars with the values of expansions.
type operandVars struct {
	arithVars
	values [maxOperands]int64
}

// GetInt implements arith.IntVars.
func (v *operandVars) GetInt(name string) (int64, bool) {
	if i := len(operandPrefix); len(name) == i+1 && name[:i] == operandPrefix {
		return v.values[name[i]-'0'], true
	}
	return v.arithVars.GetInt(name)
}

// eval evaluates the expression if each parameter is a plain number; else ok is false, and nothing was done.
func (f *operandForm) eval(sh *Shell) (n int64, ok bool, err error) {
	vars := operandVars{arithVars: arithVars{sh}}
	for i, name := range f.params {
		text, err := sh.param(name)
		if err != nil {
			return 0, false, err
		}
		if vars.values[i], ok = plainDecimal(text); !ok {
			return 0, false, nil
		}
	}
	n, err = f.expr.Eval(&vars)
	if fault := (*arith.Error)(nil); errors.As(err, &fault) {
		fault.Text, fault.Token = vars.shown(fault.Text), vars.shown(fault.Token)
	}
	return n, true, arithError(err)
}

// shown is text with the values in the place of their names.
func (v *operandVars) shown(text string) string {
	for i, n := range v.values {
		text = strings.ReplaceAll(text, operandPrefix+strconv.Itoa(i), strconv.FormatInt(n, 10))
	}
	return text
}

// maxPlainDigits is how many digits a number has that cannot overflow 64 bits.
const maxPlainDigits = 18

// plainDecimal converts a number that is digits alone, without zeros in front.
func plainDecimal(text string) (n int64, ok bool) {
	if text == "" || len(text) > maxPlainDigits || text[0] == '0' && len(text) > 1 {
		return 0, false
	}
	for i := 0; i < len(text); i++ {
		c := text[i] - '0'
		if c > 9 {
			return 0, false
		}
		n = n*10 + int64(c)
	}
	return n, true
}
