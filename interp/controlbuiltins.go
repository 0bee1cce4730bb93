package interp

import (
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
	"sshell/interp/quote"
)

// runEval is eval: its words, joined by blanks, are a text to run.
func runEval(sh *Shell, args []string) int {
	args = args[1:]
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	} else if len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		sh.Errorf("eval: %s: invalid option", args[0][:2])
		sh.errorLine("eval: usage: eval [arg ...]")
		return 2
	}
	if len(args) == 0 {
		return 0
	}
	return sh.evalString(strings.Join(args, " "), "eval")
}

// runSource is source and the dot.
func runSource(sh *Shell, args []string) int {
	words := args[1:]
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	if len(words) == 0 {
		sh.Errorf("%s: filename argument required", args[0])
		sh.errorLine(args[0] + ": usage: " + args[0] + " filename [arguments]")
		return 2
	}
	path, ok := sh.sourcePath(words[0])
	if !ok {
		sh.Errorf("%s: %s: file not found", args[0], words[0])
		return sh.sourceFailed()
	}
	return sh.sourceFile(path, words)
}

// sourceFailed is what a missing file means: in posix mode it ends the shell.
func (sh *Shell) sourceFailed() int {
	if sh.opts.posix && !sh.opts.interactive {
		sh.exit(1)
	}
	return 1
}

// sourcePath finds the file that source reads: a name without a slash is looked for on PATH, then here.
func (sh *Shell) sourcePath(name string) (string, bool) {
	if strings.IndexByte(name, '/') >= 0 {
		return name, true
	}
	if path, ok := sh.getVar("PATH"); ok && sh.opts.sourcepath {
		for dir := range strings.SplitSeq(path, ":") {
			if dir == "" {
				dir = "."
			}
			file := dir + "/" + name
			var st unix.Stat_t
			if unix.Stat(file, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFREG && unix.Access(file, unix.R_OK) == nil {
				return file, true
			}
		}
	}
	if sh.opts.posix {
		return "", false
	}
	return name, true
}

// sourceFile runs a file in this shell. words[0] is its name; those after it, if any, are the positional
// parameters meanwhile.
func (sh *Shell) sourceFile(path string, words []string) int {
	d, err := sh.openSourced(path)
	if err != nil {
		sh.Errorf("%s", redirectFailure(words[0], err))
		return sh.sourceFailed()
	}
	defer d.unref()
	fd, err := d.real()
	if err != nil {
		sh.Errorf("%s", redirectFailure(words[0], err))
		return 1
	}
	var st unix.Stat_t
	if unix.Fstat(fd, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFDIR {
		sh.Errorf("source: %s: is a directory", words[0])
		return 1
	}
	params := sh.params
	if len(words) > 1 {
		sh.params = words[1:]
	}
	given := sh.params
	sh.calls = append(sh.calls, call{fn: "source", file: words[0], line: sh.line})
	sh.sourcing++
	line, loops := sh.line, sh.loops
	sh.loops = 0
	sh.status = 0
	restore := sh.traps.enterFunction(sh.opts, true)
	sh.runLines(&source{name: words[0]}, &lines{next: fdLines(fd)})
	if sh.flow == flowReturn {
		sh.flow = flowNone
	}
	sh.runReturnTrap()
	restore()
	sh.sourcing--
	sh.line, sh.loops = line, loops
	sh.calls = sh.calls[:len(sh.calls)-1]
	if len(words) > 1 && sameSlice(sh.params, given) {
		sh.params = params // `set --` in the file stays, as in bash
	}
	return sh.status
}

func (sh *Shell) openSourced(path string) (*desc, error) {
	if d, ok, err := sh.openSpecial(path); ok {
		if err != nil {
			return nil, unix.ENOENT
		}
		return d, nil
	}
	if sh.cfg.Files != nil && sh.cfg.Files.Has(path) {
		f, err := sh.cfg.Files.Open(sh.filesContext(), path)
		if err != nil {
			return nil, err
		}
		return adoptFile(f)
	}
	fd, err := openFile(path, unix.O_RDONLY)
	if err != nil {
		return nil, err
	}
	return newDesc(fd), nil
}

func sameSlice(a, b []string) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// runExec is exec with a command; redirections alone are the evaluator's, see execCommand.
func runExec(sh *Shell, args []string) int {
	var env []string
	argv0 := ""
	login := false
	words := args[1:]
	for len(words) > 0 && len(words[0]) > 1 && words[0][0] == '-' {
		if words[0] == "--" {
			words = words[1:]
			break
		}
		flags := words[0][1:]
		words = words[1:]
		for i := 0; i < len(flags); i++ {
			switch flags[i] {
			case 'c':
				env = []string{}
			case 'l':
				login = true
			case 'a':
				if i+1 < len(flags) {
					argv0 = flags[i+1:]
				} else if len(words) > 0 {
					argv0, words = words[0], words[1:]
				} else {
					sh.Errorf("exec: -a: option requires an argument")
					return 2
				}
				i = len(flags)
			default:
				sh.Errorf("exec: -%c: invalid option", flags[i])
				sh.errorLine("exec: usage: exec [-cl] [-a name] [command [argument ...]] [redirection ...]")
				return 2
			}
		}
	}
	if len(words) == 0 {
		return 0
	}
	if argv0 == "" {
		argv0 = words[0]
	}
	if login {
		argv0 = "-" + argv0
	}
	return sh.execReplace(words, env, argv0)
}

// statusArg reads the status that exit and return were given.
func statusArg(sh *Shell, args []string) (int, bool) {
	words := args[1:]
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	if len(words) == 0 {
		return sh.status, true
	}
	n, err := strconv.ParseInt(strings.TrimSpace(words[0]), 10, 64)
	if err != nil {
		sh.Errorf("%s: %s: numeric argument required", args[0], words[0])
		return 2, true
	}
	if len(words) > 1 {
		sh.Errorf("%s: too many arguments", args[0])
		return 1, false
	}
	return int(n) & 0xff, true
}

func runExit(sh *Shell, args []string) int {
	status, ok := statusArg(sh, args)
	if !ok {
		return status
	}
	sh.exit(status)
	return status
}

func runReturn(sh *Shell, args []string) int {
	if sh.inFunc == 0 && sh.sourcing == 0 {
		sh.Errorf("return: can only `return' from a function or sourced script")
		return 2
	}
	status, ok := statusArg(sh, args)
	if !ok {
		sh.status = status
		return status
	}
	sh.status, sh.flow = status, flowReturn
	return status
}

// runLoopExit is break and continue.
func runLoopExit(sh *Shell, args []string) int {
	words := args[1:]
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	if sh.loops == 0 {
		if !sh.opts.posix {
			sh.Errorf("%s: only meaningful in a `for', `while', or `until' loop", args[0])
		}
		return 0
	}
	n := 1
	if len(words) > 0 {
		var err error
		if n, err = strconv.Atoi(words[0]); err != nil {
			sh.Errorf("%s: %s: numeric argument required", args[0], words[0])
			sh.exit(128)
			return 128
		}
	}
	if len(words) > 1 {
		sh.Errorf("%s: too many arguments", args[0])
		sh.flow, sh.depth, sh.status = flowBreak, sh.loops, 1
		return 1
	}
	if n < 1 {
		sh.Errorf("%s: %s: loop count out of range", args[0], words[0])
		sh.flow, sh.depth, sh.status = flowBreak, sh.loops, 1
		return 1
	}
	sh.flow, sh.depth = flowBreak, min(n, sh.loops)
	if args[0] == "continue" {
		sh.flow = flowContinue
	}
	return 0
}

// runCommand is command: it runs a command that is no function, or with -v and -V says what a name means.
func runCommand(sh *Shell, args []string) int {
	mode := noFunctions
	describe := byte(0)
	words := args[1:]
	for len(words) > 0 && len(words[0]) > 1 && words[0][0] == '-' {
		if words[0] == "--" {
			words = words[1:]
			break
		}
		for _, c := range []byte(words[0][1:]) {
			switch c {
			case 'p':
				mode |= standardPath
			case 'v', 'V':
				describe = c
			default:
				sh.Errorf("command: -%c: invalid option", c)
				sh.errorLine("command: usage: command [-pVv] command [arg ...]")
				return 2
			}
		}
		words = words[1:]
	}
	switch {
	case len(words) == 0:
		return 0
	case describe != 0:
		return sh.describeNames(words, describe, mode)
	}
	return sh.runWords(words, mode)
}

// runBuiltinNamed is builtin.
func runBuiltinNamed(sh *Shell, args []string) int {
	words := args[1:]
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	if len(words) == 0 {
		return 0
	}
	if fn := sh.cfg.Words[words[0]]; fn != nil {
		return sh.runBuiltin(fn, words)
	}
	return sh.runWords(words, onlyBuiltins)
}

// runTrapBuiltin is trap.
func runTrapBuiltin(sh *Shell, args []string) int {
	words := args[1:]
	show := false
	for len(words) > 0 && len(words[0]) > 1 && words[0][0] == '-' {
		flag := words[0]
		if flag == "--" {
			words = words[1:]
			break
		}
		words = words[1:]
		switch flag {
		case "-p":
			show = true
		case "-l":
			return listSignals(sh)
		case "-lp", "-pl":
			return listSignals(sh)
		default:
			sh.Errorf("trap: %s: invalid option", flag[:2])
			sh.errorLine("trap: usage: trap [-lp] [[arg] signal_spec ...]")
			return 2
		}
	}
	if show || len(words) == 0 {
		return sh.showTraps(words)
	}
	action, conditions := words[0], words[1:]
	reset := action == "-"
	if len(conditions) == 0 {
		if _, ok := trapName(action); !ok {
			sh.errorLine("trap: usage: trap [-lp] [[arg] signal_spec ...]")
			return 2
		}
		reset, conditions = true, words
	} else if _, err := strconv.Atoi(action); err == nil {
		if _, ok := trapName(action); ok { // as POSIX has it: a number first resets all that are named
			reset, conditions = true, words
		}
	}
	return sh.setTraps(action, conditions, reset)
}

// setTraps gives conditions an action, or with reset what they had at the start.
func (sh *Shell) setTraps(action string, conditions []string, reset bool) int {
	status := 0
	for _, word := range conditions {
		name, ok := trapName(word)
		if !ok {
			sh.Errorf("trap: %s: invalid signal specification", word)
			status = 1
			continue
		}
		if n, isSignal := signalNumber(name); isSignal && sh.proc.ignoredAtStart(n) && !sh.opts.interactive {
			continue // a script cannot trap what was ignored when it began
		}
		if reset {
			sh.traps.copy()
			delete(sh.traps.actions, name)
		} else {
			sh.traps.set(name, action)
		}
		sh.armTrap(name)
		if name == "EXIT" && !reset && action != "" {
			for _, s := range []unix.Signal{unix.SIGHUP, unix.SIGINT, unix.SIGTERM} {
				sh.armTrap(signalName(s))
			}
		}
	}
	return status
}

// showTraps prints actions as commands that set them again.
func (sh *Shell) showTraps(words []string) int {
	var b strings.Builder
	status := 0
	names := sh.traps.names()
	if len(words) > 0 {
		names = nil
		for _, word := range words {
			name, ok := trapName(word)
			if !ok {
				sh.Errorf("trap: %s: invalid signal specification", word)
				status = 1
				continue
			}
			names = append(names, name)
		}
	}
	for _, name := range names {
		if action, ok := sh.traps.action(name); ok {
			shown := name
			if _, isSignal := signalNumber(name); isSignal && name != "EXIT" {
				shown = "SIG" + name
			}
			b.WriteString("trap -- " + quote.Single(action) + " " + shown + "\n")
		}
	}
	sh.Out("trap", []byte(b.String()))
	return status
}

// listSignals prints the signals as `kill -l` does, in five columns.
func listSignals(sh *Shell) int {
	var b strings.Builder
	column := 0
	for n := 1; n <= maxRealtime; n++ {
		name := signalName(unix.Signal(n))
		if name == itoa(n) {
			continue
		}
		if n < 10 {
			b.WriteByte(' ')
		}
		b.WriteString(itoa(n) + ") SIG" + name)
		if column++; column%5 == 0 {
			b.WriteByte('\n')
		} else {
			b.WriteByte('\t')
		}
	}
	if column%5 != 0 {
		b.WriteByte('\n')
	}
	sh.Out("kill", []byte(b.String()))
	return 0
}

// ignoredAtStart reports whether the process began with the signal ignored.
func (p *process) ignoredAtStart(s unix.Signal) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if known, ok := p.ignored[s]; ok {
		return known
	}
	if p.ignored == nil {
		p.ignored = make(map[unix.Signal]bool)
	}
	p.ignored[s] = !p.caught[s] && signalIgnored(s)
	return p.ignored[s]
}
