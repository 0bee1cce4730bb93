// Package arith evaluates shell arithmetic: the text between (( and )), in
// $((…)), in a subscript, and as the operand of let, [[ -eq ]] and ${x:n:m}.
//
// It owns the grammar, the numbers and the errors. It works on text in which
// the caller has already expanded everything that begins with a dollar sign or
// a backquote, as bash does, and reaches variables only through Vars. Numbers
// are 64 bits wide and wrap around. A variable's value is itself an
// expression, evaluated when it is read, to a depth of 1024.
//
// Parse is pure, and an Expr never changes: one Expr serves any number of
// goroutines, each with its own Vars.
package arith

import "strconv"

// Vars gives an expression its variables. A method's error ends the evaluation
// and comes back from Eval as it is. Names are shell identifiers; subscripts
// are the raw text between the brackets, which the implementer evaluates (as
// arithmetic for an indexed array, as a string for an associative one).
type Vars interface {
	// Get returns the value of a scalar, or of element 0 of an array. An unset
	// variable counts as 0; an implementer that minds (set -u) returns an error.
	Get(name string) (value string, set bool, err error)
	// Set assigns a decimal number to a scalar, or to element 0 of an array.
	Set(name, value string) error
	// GetElem returns one element of an array.
	GetElem(name, subscript string) (value string, set bool, err error)
	// SetElem assigns a decimal number to one element of an array.
	SetElem(name, subscript, value string) error
}

// IntVars is what a Vars may offer besides, to save converting numbers to
// text and back.
type IntVars interface {
	// GetInt returns the value of a variable that is known to be a number. With
	// ok false Get is asked instead: GetInt itself never fails.
	GetInt(name string) (n int64, ok bool)
	// SetInt assigns a number; it is asked instead of Set.
	SetInt(name string, n int64) error
}

// IndexVars is what a Vars may offer besides, so that arith evaluates the
// subscripts of indexed arrays itself: once for a[i++]+=2, as bash does, and
// without parsing them again. Subscripts that hold quotes, a backslash, a
// dollar sign or a backquote, and @, * and the empty one, still go to GetElem
// and SetElem as they are.
type IndexVars interface {
	// Indexed reports whether name's elements are reached by number. That is
	// everything but an associative array; unset names and scalars too.
	Indexed(name string) bool
	// GetIndex returns element i; a negative i counts from the end.
	GetIndex(name string, i int64) (value string, set bool, err error)
	// SetIndex assigns n to element i; a negative i counts from the end.
	SetIndex(name string, i, n int64) error
}

// Error is a fault in an expression or in its evaluation.
type Error struct {
	Text  string // the expression at fault, which may be a variable's value
	Msg   string // bash's words, such as "division by 0"
	Token string // the rest of Text from where the fault was seen
}

// Error gives the message without Text, which bash prints in front of it.
func (e *Error) Error() string {
	return e.Msg + ` (error token is "` + e.Token + `")`
}

// Expr is a parsed expression. The zero value is the empty expression, 0.
type Expr struct {
	text    string
	root    *node
	err     *Error // of the text itself; what stands before the fault still runs
	careful bool   // what && || ?: skip can fail: a ** is in it, or a fault
}

// Parse parses text. Where it returns an error, an *Error, the Expr is usable
// too: its Eval does what bash does with such a text, which is to evaluate
// what comes before the fault, side effects and all, and then to fail.
func Parse(text string) (*Expr, error) {
	e := parse(text)
	if e.err != nil {
		return e, e.err
	}
	return e, nil
}

// Eval evaluates e. Errors are an *Error or what v returned.
func (e *Expr) Eval(v Vars) (int64, error) {
	if e.root == nil {
		if e.err != nil {
			return 0, e.err
		}
		return 0, nil
	}
	if e.root.op == opConst && e.err == nil {
		return e.root.val, nil
	}
	ev := evaluator{vars: v, expr: e}
	ev.ints, _ = v.(IntVars)
	ev.index, _ = v.(IndexVars)
	return ev.run()
}

// Text returns the text that e was parsed from.
func (e *Expr) Text() string { return e.text }

// Eval parses and evaluates text, with the parsed form cached.
func Eval(text string, v Vars) (int64, error) {
	if n, ok := decimal(text); ok {
		return n, nil
	}
	e, _ := Cached(text)
	return e.Eval(v)
}

// decimal converts the commonest text, a decimal number as the shell writes
// it, without parsing. What it refuses may still be a number.
func decimal(s string) (int64, bool) {
	digits := s
	if len(s) > 0 && s[0] == '-' {
		digits = s[1:]
	}
	// 18 digits cannot overflow.
	if len(digits) == 0 || len(digits) > 18 || digits[0] == '0' && len(digits) > 1 {
		return 0, false
	}
	var n int64
	for i := 0; i < len(digits); i++ {
		c := digits[i] - '0'
		if c > 9 {
			return 0, false
		}
		n = n*10 + int64(c)
	}
	if len(digits) < len(s) {
		n = -n
	}
	return n, true
}

func format(n int64) string { return strconv.FormatInt(n, 10) }
