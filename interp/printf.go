package interp

import (
	"strings"
	"time"

	"sshell/interp/format"
)

// runPrintf is printf.
func runPrintf(sh *Shell, args []string) int {
	o := readOptions(args, "v:")
	name := ""
	for o.next() {
		name = o.arg
		if !assignable(name) {
			sh.Errorf("printf: `%s': not a valid identifier", name)
			return 2
		}
	}
	if o.failed(sh) {
		return 2
	}
	if len(o.rest) == 0 {
		sh.usage("printf")
		return 2
	}
	var room [512]byte
	b, status := format.Printf(room[:0], o.rest[0], o.rest[1:], (*printfHost)(sh))
	if name == "" {
		if !sh.Out("printf", b) {
			return 1
		}
		return status
	}
	if err := sh.setRef(name, untilNUL(string(b)), false); err != nil {
		return sh.refuse(err)
	}
	return status
}

// assignable reports whether ref has the form of what a builtin can assign to: NAME or NAME[subscript].
func assignable(ref string) bool {
	if validName(ref) {
		return true
	}
	_, sub, ok := splitRef(ref)
	return ok && sub != ""
}

// untilNUL is what a variable keeps of a string.
func untilNUL(s string) string {
	if i := strings.IndexByte(s, 0); i >= 0 {
		return s[:i]
	}
	return s
}

// refuse reports why a builtin could not assign, and gives its status. The message stands without the builtin's
// name, as bash has it.
func (sh *Shell) refuse(err error) int {
	if e, ok := err.(*expansionError); ok && e.arith {
		sh.fail(err)
		return 1
	}
	if msg := err.Error(); msg != "" {
		sh.Errorf("%s", msg)
	}
	if e, ok := err.(*expansionError); ok && e.exits && !sh.opts.interactive {
		sh.exit(1)
	}
	return 1
}

// printfHost is the shell as format sees it.
type printfHost Shell

func (h *printfHost) UTF8() bool { return (*Shell)(h).utf8Locale() }

func (h *printfHost) Complain(msg string) { (*Shell)(h).Errorf("printf: %s", msg) }

func (h *printfHost) Assign(name, value string) error {
	if !validName(name) {
		return expansionErrorf("`%s': not a valid identifier", name)
	}
	return (*Shell)(h).setVar(name, value)
}

func (h *printfHost) Clock() format.Clock {
	sh := (*Shell)(h)
	return format.Clock{Now: time.Now(), Started: sh.started, Zone: sh.zone()}
}
