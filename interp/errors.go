package interp

import "fmt"

// expansionError is why a word could not be expanded, or an assignment not be made. The command that asked for
// it is given up.
type expansionError struct {
	msg    string // as it is printed behind the location; "" when it has been printed already
	exits  bool   // a shell that is not interactive ends
	status int    // `$?` afterwards, 0 for the usual 1
	// readonly says that a variable could not be assigned to. A command behind such an assignment runs.
	readonly bool
	// mild says that a loop over words ends by it, and nothing else.
	mild bool
	// arith says that text could not be evaluated; the command is given up even where a builtin met it.
	arith bool
}

func (e *expansionError) Error() string { return e.msg }

// expansionErrorf makes an error that gives up the command and lets the shell go on.
func expansionErrorf(format string, args ...any) *expansionError {
	return &expansionError{msg: fmt.Sprintf(format, args...)}
}

// unbound is the error of `set -u`. what is the parameter as the message names it.
func unbound(what string) *expansionError {
	return &expansionError{msg: what + ": unbound variable", exits: true}
}

// readonlyError is that of an assignment to a readonly variable.
func readonlyError(name string) *expansionError {
	return &expansionError{msg: name + ": readonly variable", readonly: true, mild: true}
}
