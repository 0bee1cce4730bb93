package interp

import "strings"

// optionWords reads the options of a builtin: clusters of letters in front of the operands, as bash's own
// reader of options does.
type optionWords struct {
	name  string
	known string   // letters; one that takes an argument is followed by a colon
	plus  bool     // +letters are options as well
	rest  []string // what is not read yet; the operands at the end
	in    string   // the rest of the cluster that is being read

	letter byte
	arg    string // of a letter that takes one
	off    bool   // the letter stood behind a plus
	fault  string // why reading stopped, empty for no fault
}

func readOptions(args []string, known string) *optionWords {
	return &optionWords{name: args[0], known: known, rest: args[1:]}
}

// next reads one option. It gives false at the operands, and at a fault.
func (o *optionWords) next() bool {
	if o.in == "" {
		if len(o.rest) == 0 || len(o.rest[0]) < 2 || o.rest[0][0] != '-' && (o.rest[0][0] != '+' || !o.plus) {
			return false
		}
		word := o.rest[0]
		o.rest = o.rest[1:]
		if word == "--" {
			return false
		}
		o.in, o.off = word[1:], word[0] == '+'
	}
	o.letter, o.in = o.in[0], o.in[1:]
	i := strings.IndexByte(o.known, o.letter)
	switch {
	case i < 0 || o.letter == ':':
		sign := "-"
		if o.off {
			sign = "+"
		}
		o.fault = sign + string(rune(o.letter)) + ": invalid option"
		return false
	case i+1 == len(o.known) || o.known[i+1] != ':':
		return true
	case o.in != "":
		o.arg, o.in = o.in, ""
	case len(o.rest) > 0:
		o.arg, o.rest = o.rest[0], o.rest[1:]
	default:
		o.fault = "-" + string(rune(o.letter)) + ": option requires an argument"
		return false
	}
	return true
}

// failed reports a fault, with the builtin's usage; the builtin's status is then 2.
func (o *optionWords) failed(sh *Shell) bool {
	if o.fault == "" {
		return false
	}
	sh.Errorf("%s: %s", o.name, o.fault)
	sh.usage(o.name)
	return true
}

// usage prints how a builtin is used.
func (sh *Shell) usage(name string) { sh.errorLine(name + ": usage: " + usageOf(name)) }

// noOptions takes -- off the words of a builtin that has no options, and refuses others.
func noOptions(sh *Shell, args []string) (operands []string, ok bool) {
	o := readOptions(args, "")
	o.next()
	return o.rest, !o.failed(sh)
}
