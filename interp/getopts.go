package interp

import "strconv"

// getoptState is where getopts stands: OPTIND says which word is next, and within a cluster of letters only
// this knows how far it got.
type getoptState struct {
	index int // OPTIND as it was left
	at    int // the next letter of word index, 0 at a word that has not been begun
	// quiet says that getopts itself assigns OPTIND.
	quiet bool
	// saved are the states of functions that made OPTIND local, for their return.
	saved []savedGetopt
}

type savedGetopt struct {
	scope     *scope
	index, at int
}

// optindChanged notes an assignment to OPTIND, after which getopts begins with a word of its own. Where a
// function with a local OPTIND has returned, its caller's place comes back.
func (sh *Shell) optindChanged() {
	g := &sh.getopt
	if g.quiet {
		return
	}
	g.at = 0
	for n := len(g.saved); n > 0; n-- {
		last := g.saved[n-1]
		for s := sh.scope; s != nil; s = s.outer {
			if s == last.scope {
				return
			}
		}
		g.index, g.at = last.index, last.at
		g.saved = g.saved[:n-1]
	}
}

// localOptind is called when a function makes OPTIND local in s.
func (sh *Shell) localOptind(s *scope) {
	g := &sh.getopt
	g.saved = append(g.saved[:len(g.saved):len(g.saved)], savedGetopt{s, g.index, g.at})
}

// runGetopts is getopts.
func runGetopts(sh *Shell, args []string) int {
	words, ok := noOptions(sh, args)
	if !ok {
		return 2
	}
	if len(words) < 2 {
		sh.usage("getopts")
		return 2
	}
	letters, name, params := words[0], words[1], sh.params
	if len(words) > 2 {
		params = words[2:]
	}
	found, arg, hasArg := sh.nextOption(letters, params)
	ended := found == 0
	if ended {
		found = '?'
	}
	return sh.storeOption(name, string([]byte{found}), arg, hasArg, ended)
}

// nextOption takes the next letter of params; 0 at their end. arg goes into OPTARG.
func (sh *Shell) nextOption(letters string, params []string) (found byte, arg string, hasArg bool) {
	g := &sh.getopt
	text, _ := sh.getVar("OPTIND")
	n, _ := strconv.Atoi(text)
	if n != g.index {
		g.index, g.at = n, 0
	}
	if g.index == 0 {
		g.index, g.at = 1, 0
	}
	if g.index < 0 || g.index > len(params) {
		g.index, g.at = len(params)+1, 0
		return 0, "", false
	}
	word := params[g.index-1]
	if g.at == 0 {
		if len(word) < 2 || word[0] != '-' {
			return 0, "", false
		}
		if word == "--" {
			g.index++
			return 0, "", false
		}
		g.at = 1
	}
	if g.at >= len(word) { // the words are others than those the cluster was begun in
		return 0, "", false
	}
	return sh.optionLetter(letters, params, word)
}

// optionLetter reads the letter at g.at of word, and its argument.
func (sh *Shell) optionLetter(letters string, params []string, word string) (found byte, arg string, hasArg bool) {
	g := &sh.getopt
	silent := letters != "" && letters[0] == ':'
	c := word[g.at]
	g.at++
	last := g.at == len(word)
	next := func() { g.index, g.at = g.index+1, 0 }
	known := -1
	for i := 0; i < len(letters) && c != ':'; i++ {
		if letters[i] == c {
			known = i
			break
		}
	}
	if known < 0 {
		if last {
			next()
		}
		return sh.optionFault("illegal option -- ", c, '?', silent)
	}
	if known+1 == len(letters) || letters[known+1] != ':' {
		if last {
			next()
		}
		return c, "", false
	}
	switch {
	case !last:
		arg = word[g.at:]
	case g.index < len(params):
		arg = params[g.index]
		next()
	default:
		next()
		return sh.optionFault("option requires an argument -- ", c, ':', silent)
	}
	next()
	return c, arg, true
}

// optionFault is what getopts answers to a letter that is wrong: silent callers are told by the answer.
func (sh *Shell) optionFault(msg string, c, answer byte, silent bool) (byte, string, bool) {
	if silent {
		return answer, string([]byte{c}), true
	}
	if text, _ := sh.getVar("OPTERR"); text != "0" {
		sh.errorLine(sh.name + ": " + msg + string([]byte{c}))
	}
	return '?', "", false
}

// storeOption stores what getopts found. The status is 1 at the end of the options.
func (sh *Shell) storeOption(name, letter, arg string, hasArg, ended bool) int {
	g := &sh.getopt
	g.quiet = true
	err := sh.setVar("OPTIND", strconv.Itoa(g.index))
	g.quiet = false
	if err != nil {
		return sh.refuse(err)
	}
	if hasArg {
		err = sh.setVar("OPTARG", arg)
	} else {
		err = sh.unset("OPTARG", false, true, false)
	}
	if err != nil {
		return sh.refuse(err)
	}
	if !validName(name) {
		sh.Errorf("getopts: `%s': not a valid identifier", name)
		return 1
	}
	if err := sh.setVar(name, letter); err != nil {
		sh.refuse(err)
		return 2
	}
	return boolStatus(!ended)
}
