package interp

import (
	"strconv"
	"strings"
)

// runShift is shift.
func runShift(sh *Shell, args []string) int {
	words := args[1:]
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	n := int64(1)
	switch {
	case len(words) > 1:
		sh.Errorf("shift: too many arguments")
		sh.status, sh.flow = 1, flowDiscard // as in bash, which gives the whole command up
		return 1
	case len(words) == 1:
		var err error
		if n, err = strconv.ParseInt(strings.TrimSpace(words[0]), 10, 64); err != nil {
			sh.Errorf("shift: %s: numeric argument required", words[0])
			return 1
		}
	}
	if n < 0 || n > int64(len(sh.params)) {
		if n < 0 || sh.opts.shiftVerbose {
			sh.Errorf("shift: %s: shift count out of range", strconv.FormatInt(n, 10))
		}
		return 1
	}
	sh.params = sh.params[n:]
	return 0
}

// specialFailed ends a script in posix mode, as a failing special builtin does unless `command` runs it, and gives
// the status.
func (sh *Shell) specialFailed(status int) int {
	if sh.opts.posix && !sh.opts.interactive && sh.plain == 0 {
		sh.exit(status)
	}
	return status
}
