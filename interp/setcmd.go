package interp

import (
	"fmt"
	"strings"
)

// runSet is set.
func runSet(sh *Shell, args []string) int {
	words := args[1:]
	if len(words) == 0 {
		return sh.listVariables("set")
	}
	if !sh.checkSetWords(words) {
		return sh.specialFailed(2)
	}
	for len(words) > 0 {
		word := words[0]
		switch {
		case word == "--":
			sh.params = words[1:]
			return 0
		case word == "-":
			sh.opts.xtrace, sh.opts.verbose = false, false
			if len(words) > 1 {
				sh.params = words[1:]
			}
			return 0
		case word == "" || word[0] != '-' && word[0] != '+':
			sh.params = words
			return 0
		}
		words = words[1:]
		for _, c := range []byte(word[1:]) {
			if c != 'o' {
				sh.setOption(setLetter(c), word[0] == '-')
				continue
			}
			if len(words) == 0 {
				return sh.listSetOptions(word[0] == '+')
			}
			o := setNamed(words[0])
			if o == nil {
				sh.Errorf("set: %s: invalid option name", words[0])
				return sh.specialFailed(2)
			}
			sh.setOption(o, word[0] == '-')
			words = words[1:]
		}
	}
	return 0
}

// checkSetWords looks at all letters before any option is set. It reports the first that is none.
func (sh *Shell) checkSetWords(words []string) bool {
	for len(words) > 0 && len(words[0]) > 1 && (words[0][0] == '-' || words[0][0] == '+') && words[0] != "--" {
		word := words[0]
		words = words[1:]
		for _, c := range []byte(word[1:]) {
			switch {
			case c == 'o' && len(words) > 0:
				words = words[1:]
			case c != 'o' && setLetter(c) == nil:
				sh.Errorf("set: %c%c: invalid option", word[0], c)
				sh.usage("set")
				return false
			}
		}
	}
	return true
}

// setLetter finds the option that a letter of set stands for.
func setLetter(c byte) *option {
	for _, o := range setOptions() {
		if o.letter == c && c != 0 {
			return &o
		}
	}
	return nil
}

// setNamed finds an option of `set -o`.
func setNamed(name string) *option { return findOption(setOptions(), name) }

func findOption(table []option, name string) *option {
	for _, o := range table {
		if o.name == name {
			return &o
		}
	}
	return nil
}

// setOption turns an option on or off, with what follows from it.
func (sh *Shell) setOption(o *option, on bool) {
	*o.at(&sh.opts) = on
	switch o.name {
	case "emacs":
		if on {
			sh.opts.vi = false
		}
	case "vi":
		if on {
			sh.opts.emacs = false
		}
	case "posix":
		sh.setPosix(on)
	case "hashall":
		if !on {
			sh.hash = nil
		}
	}
}

// setPosix does what goes with posix mode: the variable that shows it, and options that it implies.
func (sh *Shell) setPosix(on bool) {
	if !on {
		sh.unsetQuietly("POSIXLY_CORRECT")
		sh.opts.posix = false
		sh.opts.expandAliases, sh.opts.shiftVerbose = sh.opts.interactive, false
		return
	}
	if sh.lookup("POSIXLY_CORRECT") == nil {
		v := &Var{own: sh.own}
		v.setText("y")
		sh.put(sh.global(), "POSIXLY_CORRECT", v)
	}
	sh.opts.posix = true
	sh.opts.interactiveComments, sh.opts.sourcepath, sh.opts.expandAliases = true, true, true
	sh.opts.inheritErrexit, sh.opts.shiftVerbose = true, true
}

func (sh *Shell) unsetQuietly(name string) {
	if v := sh.lookup(name); v != nil && !v.is(ReadOnly) {
		sh.unsetVar(name)
	}
}

// listSetOptions is `set -o`, or as commands `set +o`.
func (sh *Shell) listSetOptions(asCommands bool) int {
	var b strings.Builder
	for _, o := range setOptions() {
		b.WriteString(sh.setOptionLine(o, asCommands))
	}
	return boolStatus(sh.Out("set", []byte(b.String())))
}

func (sh *Shell) setOptionLine(o option, asCommand bool) string {
	on := *o.at(&sh.opts)
	switch {
	case !asCommand:
		return stateLine(o.name, on)
	case on:
		return "set -o " + o.name + "\n"
	}
	return "set +o " + o.name + "\n"
}

// stateLine shows an option and whether it is on.
func stateLine(name string, on bool) string {
	if on {
		return fmt.Sprintf("%-15s\ton\n", name)
	}
	return fmt.Sprintf("%-15s\toff\n", name)
}
