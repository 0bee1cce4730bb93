package interp

import "sort"

// builtinEntry is one builtin command.
type builtinEntry struct {
	fn Builtin
	// special builtins are POSIX's: in posix mode an error in one ends a script.
	special bool
}

// lookupBuiltin finds a builtin by name. It is a switch and not a map, so that a shell starts without making
// one.
func lookupBuiltin(name string) (builtinEntry, bool) {
	fn, special := specialBuiltin(name), true
	if fn == nil {
		fn, special = regularBuiltin(name), false
	}
	return builtinEntry{fn, special}, fn != nil
}

// IsBuiltin reports whether bash has a builtin command of that name.
func IsBuiltin(name string) bool {
	_, ok := lookupBuiltin(name)
	return ok
}

func specialBuiltin(name string) Builtin {
	switch name {
	case ":":
		return runTrue
	case ".", "source":
		return runSource
	case "break", "continue":
		return runLoopExit
	case "eval":
		return runEval
	case "exec":
		return runExec
	case "exit":
		return runExit
	case "export", "readonly":
		return runDeclare
	case "return":
		return runReturn
	case "set":
		return runSet
	case "shift":
		return runShift
	case "times":
		return runTimes
	case "trap":
		return runTrapBuiltin
	case "unset":
		return runUnset
	}
	return nil
}

func regularBuiltin(name string) Builtin {
	switch name {
	case "alias":
		return runAlias
	case "bg":
		return runBackground
	case "builtin":
		return runBuiltinNamed
	case "caller":
		return runCaller
	case "cd":
		return runCd
	case "command":
		return runCommand
	case "declare", "typeset", "local":
		return runDeclare
	case "dirs":
		return runDirs
	case "disown":
		return runDisown
	case "echo":
		return runEcho
	case "enable":
		return runEnable
	case "false":
		return runFalse
	case "fg":
		return runForeground
	case "getopts":
		return runGetopts
	case "hash":
		return runHash
	case "help":
		return runHelp
	case "jobs":
		return runJobs
	case "kill":
		return runKill
	case "let":
		return runLet
	case "mapfile", "readarray":
		return runMapfile
	case "popd":
		return runPopd
	case "printf":
		return runPrintf
	case "pushd":
		return runPushd
	case "pwd":
		return runPwd
	case "read":
		return runRead
	case "shopt":
		return runShopt
	case "test", "[":
		return runTest
	case "true":
		return runTrue
	case "type":
		return runType
	case "ulimit":
		return runUlimit
	case "umask":
		return runUmask
	case "unalias":
		return runUnalias
	case "wait":
		return runWait
	}
	return nil
}

// builtinNames lists the builtins, sorted.
func builtinNames() []string {
	return []string{
		".", ":", "[", "alias", "bg", "break", "builtin", "caller", "cd", "command", "continue", "declare", "dirs", "disown",
		"echo", "enable", "eval", "exec", "exit", "export", "false", "fg", "getopts", "hash", "help", "jobs", "kill", "let",
		"local", "mapfile", "popd", "printf", "pushd", "pwd", "read", "readarray", "readonly", "return", "set", "shift",
		"shopt", "source", "test", "times", "trap", "true", "type", "typeset", "ulimit", "umask", "unalias", "unset", "wait",
	}
}

// isBuiltin reports whether name runs a builtin: there is one, and enable -n has not turned it off.
func (sh *Shell) isBuiltin(name string) bool {
	_, ok := lookupBuiltin(name)
	return ok && !sh.disabled(name)
}

func runTrue(*Shell, []string) int { return 0 }

func runFalse(*Shell, []string) int { return 1 }

// runHelp is help: it knows the usage of each builtin.
func runHelp(sh *Shell, args []string) int {
	o := readOptions(args, "dms")
	for o.next() {
	}
	if o.failed(sh) {
		return 2
	}
	if len(o.rest) == 0 {
		text := ""
		for _, name := range builtinNames() {
			text += usageOf(name) + "\n"
		}
		sh.Out("help", []byte(text))
		return 0
	}
	status := 0
	for _, name := range o.rest {
		if i := sort.SearchStrings(builtinNames(), name); i == len(builtinNames()) || builtinNames()[i] != name {
			sh.Errorf("help: no help topics match `%s'.  Try `help help' or `man -k %s' or `info %s'.", name, name, name)
			status = 1
			continue
		}
		sh.Out("help", []byte(name+": "+usageOf(name)+"\n"))
	}
	return status
}
