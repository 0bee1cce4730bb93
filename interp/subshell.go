package interp

import (
	"bytes"
	"os"
	"strings"

	"golang.org/x/sys/unix"
	"mvdan.cc/sh/v3/syntax"
)

// runSubshell runs `( … )`: on a clone in this goroutine, unless it needs a process of its own.
func (sh *Shell) runSubshell(st *syntax.Stmt, c *syntax.Subshell) {
	if sh.needsProcess(st) {
		sh.status = sh.inProcess(c.Stmts)
		return
	}
	reclaim := sh.share()
	defer reclaim()
	sub := sh.clone()
	sub.topBody(c.Stmts)
	sub.leaveSubshell()
	sub.fds.close()
	sub.returnToDir(sh)
	sh.status = sub.status
}

// standFor makes a clone that was made to run st the subshell that st is, where it is one: `( … )` as a stage, or in the
// background, is one level deeper than the shell, not two.
func (sh *Shell) standFor(st *syntax.Stmt) {
	if _, ok := st.Cmd.(*syntax.Subshell); ok {
		sh.subshell--
	}
}

// topBody runs the statements of a subshell.
func (sh *Shell) topBody(stmts []*syntax.Stmt) {
	sh.body(stmts)
	if sh.flow == flowDiscard {
		sh.flow = flowExit
	}
}

// leaveSubshell runs what a subshell has to run at its end.
func (sh *Shell) leaveSubshell() {
	if sh.flow == flowExit || sh.flow == flowNone || sh.flow == flowDiscard || sh.flow == flowReturn {
		sh.runExitTrap()
	}
	sh.flow = flowNone
}

// captureOutput runs the statements of a command substitution and gives what they printed, without trailing
// newlines and NUL bytes. It sets `$?`.
func (sh *Shell) captureOutput(stmts []*syntax.Stmt) (string, error) {
	sh.substitutions++
	if sh.cfg.Explain { // nothing is run: the text stands for its output
		return strings.TrimSpace(printNode(&syntax.CmdSubst{Stmts: stmts})), nil
	}
	if file, ok := onlyInput(stmts); ok {
		return sh.readFile(file)
	}
	caught := newCapture()
	d := newDesc(-1)
	d.capture = caught
	reclaim := sh.share()
	sub := sh.clone()
	sub.fds.install(1, d)
	sub.traceLevel++
	if !sh.opts.inheritErrexit && !sh.opts.posix {
		sub.opts.errexit = false
	}
	if anyNeedsProcess(sub, stmts) {
		sub.status = sub.inProcess(stmts)
	} else {
		sub.loops = 0
		sub.topBody(stmts)
		sub.leaveSubshell()
	}
	sub.fds.close()
	sub.returnToDir(sh)
	reclaim()
	sh.status = sub.status
	return sh.trimOutput(caught.bytes()), nil
}

// trimOutput is what the shell keeps of a command's output.
func (sh *Shell) trimOutput(b []byte) string {
	if bytes.IndexByte(b, 0) >= 0 {
		sh.Errorf("warning: command substitution: ignored null byte in input")
		b = bytes.ReplaceAll(b, []byte{0}, nil)
	}
	return string(bytes.TrimRight(b, "\n"))
}

// onlyInput recognises $(<file).
func onlyInput(stmts []*syntax.Stmt) (*syntax.Word, bool) {
	if len(stmts) != 1 {
		return nil, false
	}
	st := stmts[0]
	if st.Cmd != nil || st.Negated || st.Background || len(st.Redirs) != 1 {
		return nil, false
	}
	r := st.Redirs[0]
	if r.Op != syntax.RdrIn || r.N != nil && r.N.Value != "0" {
		return nil, false
	}
	return r.Word, true
}

// readFile gives the contents of a file for $(<file).
func (sh *Shell) readFile(w *syntax.Word) (string, error) {
	name, err := sh.redirectTarget(w)
	if err != nil {
		return "", err
	}
	d, err := sh.openTarget(syntax.RdrIn, name)
	if err != nil {
		sh.Errorf("%s", err)
		sh.status = 1
		return "", nil
	}
	defer d.unref()
	fd, err := d.real()
	if err != nil {
		return "", err
	}
	var all []byte
	b := make([]byte, 32<<10)
	for {
		n, err := unix.Read(fd, b)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			sh.Errorf("%s: read error: %s", name, sysMessage(err))
			sh.status = 1
			return "", nil
		}
		if n == 0 {
			sh.status = 0
			return sh.trimOutput(all), nil
		}
		all = append(all, b[:n]...)
	}
}

// procSubst starts the command of a process substitution beside this shell and gives the path under which
// its pipe is seen.
func (sh *Shell) procSubst(p *syntax.ProcSubst) (string, error) {
	if sh.cfg.Explain {
		return printNode(p), nil
	}
	if err := sh.materializeCaptures(); err != nil {
		return "", err
	}
	r, w, err := makePipe()
	if err != nil {
		return "", err
	}
	mine, theirs, at := r, w, 1
	if p.Op == syntax.CmdOut {
		mine, theirs, at = w, r, 0
	}
	n := sh.fds.freeDown(firstSubstFd)
	sh.fds.install(n, newDesc(mine))
	sh.substituted = append(sh.substituted, n)
	sh.share() // for good: nobody tells when the other shell has ended
	c := sh.clone()
	c.fds.install(n, nil)
	c.fds.install(at, newDesc(theirs))
	c.apart(sh, true)
	if anyNeedsProcess(c, p.Stmts) {
		pid, err := c.startProcess(p.Stmts, spawnOptions{})
		c.fds.close()
		if err != nil {
			return "", err
		}
		sh.jobs.addSubstitution(pid)
		sh.lastBg = pid
		return "/dev/fd/" + itoa(n), nil
	}
	go func() {
		c.enterThread()
		c.topBody(p.Stmts)
		c.leaveSubshell()
		c.fds.close()
	}()
	return "/dev/fd/" + itoa(n), nil
}

// firstSubstFd is where bash begins to number the pipes of process substitutions, downwards.
const firstSubstFd = 63

// closeSubstitutions drops the pipes of process substitutions that a command was given, from the mark upwards.
func (sh *Shell) closeSubstitutions(mark int) {
	for _, n := range sh.substituted[mark:] {
		sh.fds.install(n, nil)
		delete(sh.fds.closed, n)
	}
	sh.substituted = sh.substituted[:mark]
}

// needsProcess reports whether a subshell must be a process of its own: it asks for its pid, or changes what the
// kernel keeps per process.
func (sh *Shell) needsProcess(st *syntax.Stmt) bool {
	return anyNeedsProcess(sh, []*syntax.Stmt{st})
}

func anyNeedsProcess(sh *Shell, stmts []*syntax.Stmt) bool {
	scan := processScan{sh: sh}
	for _, st := range stmts {
		if scan.stmt(st) {
			return true
		}
	}
	return false
}

// processScan looks through commands, and the functions that they call by name.
type processScan struct {
	sh   *Shell
	seen map[string]bool
}

func (p *processScan) stmt(st *syntax.Stmt) bool {
	if known, ok := p.sh.proc.scanned(st); ok {
		return known
	}
	found := false
	syntax.Walk(st, func(n syntax.Node) bool {
		if found {
			return false
		}
		switch n := n.(type) {
		case *syntax.Lit:
			found = strings.Contains(n.Value, "BASHPID")
		case *syntax.SglQuoted:
			found = strings.Contains(n.Value, "BASHPID")
		case *syntax.CallExpr:
			found = p.call(n)
		}
		return !found
	})
	if len(p.seen) == 0 {
		p.sh.proc.rememberScan(st, found)
	}
	return found
}

// call looks at one simple command.
func (p *processScan) call(c *syntax.CallExpr) bool {
	if len(c.Args) == 0 {
		return false
	}
	name := c.Args[0].Lit()
	switch name {
	case "ulimit", "suspend", "fg", "bg":
		return true
	case "trap":
		return trapsSignal(c.Args[1:])
	case "cd", "pushd", "popd", "umask":
		return !threadsHaveOwnFs
	}
	f := p.sh.funcs[name]
	if f == nil || p.seen[name] {
		return false
	}
	if p.seen == nil {
		p.seen = make(map[string]bool)
	}
	p.seen[name] = true
	return p.stmt(f.body)
}

// trapsSignal reports whether the words of a trap command name a signal of the system, or cannot be read.
func trapsSignal(words []*syntax.Word) bool {
	if len(words) < 2 {
		return false
	}
	for _, w := range words[1:] {
		switch strings.ToUpper(w.Lit()) {
		case "EXIT", "0", "ERR", "DEBUG", "RETURN":
		default:
			return true
		}
	}
	return false
}

// Exit ends the process as the shell's last word: it runs the EXIT trap and gives the status to exit with. A shell
// that a signal should have ended is ended by it, so that its parent sees that.
func (sh *Shell) Exit() int {
	sh.runExitTrap()
	sh.jobs.hangUp(sh)
	if sh.killed != 0 {
		dieBy(sh.killed)
	}
	return sh.status
}

// Close drops the descriptors of a shell that has ended.
func (sh *Shell) Close() { sh.fds.close() }

// exit makes the shell end with status.
func (sh *Shell) exit(status int) { sh.status, sh.flow = status&0xff, flowExit }

// execReplace is exec with a command: the program takes the process's place. In a subshell that shares its
// process it runs as a child, with which the subshell ends.
func (sh *Shell) execReplace(argv, env []string, argv0 string) int {
	path, err := sh.programFor(argv[0], anyCommand)
	if err != nil {
		return sh.execFailed(err)
	}
	opened, err := sh.openOperands(argv)
	if err != nil {
		return sh.execFailed(err)
	}
	args := append([]string{argv0}, opened[1:]...)
	if env == nil {
		env = sh.childEnv(path)
	}
	if sh.inline > 0 {
		pid, err := sh.spawn(path, args, spawnOptions{foreground: true, env: env})
		if err != nil {
			return sh.execFailed(err)
		}
		sh.traps.drop("EXIT")
		sh.exit(sh.waitForeground(pid, args))
		return sh.status
	}
	return sh.execFailed(sh.becomeProgram(path, args, env))
}

// execFailed ends a script whose exec failed, unless it asked to go on.
func (sh *Shell) execFailed(err error) int {
	status := sh.notStarted(err)
	if !sh.opts.interactive && !sh.opts.execfail {
		sh.exit(status)
	}
	return status
}

// becomeProgram lays the descriptors out where the program expects them and replaces the process. It returns only
// when that failed.
func (sh *Shell) becomeProgram(path string, args, env []string) error {
	files, err := sh.childFiles(nil)
	if err != nil {
		return err
	}
	if err := sh.canExec(path, args[0]); err != nil {
		return err
	}
	sh.proc.restoreSignals(&sh.traps)
	if err := layOut(files); err != nil {
		return err
	}
	err = unix.Exec(path, args, env)
	if err == unix.ENOEXEC {
		if self := sh.cfg.Self; len(self) > 0 {
			err = unix.Exec(self[0], append([]string{args[0], path}, args[1:]...), env)
		}
	}
	return &startError{statusNotExecutable, path + ": " + sysMessage(err)}
}

// canExec finds the errors of an exec that can be known before descriptors are moved.
func (sh *Shell) canExec(path, name string) error {
	st, err := os.Stat(path)
	switch {
	case fileMissing(err):
		return &startError{statusNotFound, name + ": No such file or directory"}
	case err != nil:
		return &startError{statusNotExecutable, path + ": " + sysMessage(err)}
	case st.IsDir():
		return &startError{statusNotExecutable, name + ": Is a directory"}
	case unix.Access(path, unix.X_OK) != nil:
		return &startError{statusNotExecutable, path + ": Permission denied"}
	}
	return nil
}

// layOut moves the process's descriptors so that files[n] stands at n, out of each other's way, open on exec.
func layOut(files []uintptr) error {
	const closed = ^uintptr(0)
	for n, fd := range files {
		if fd == closed || int(fd) >= len(files) || int(fd) == n {
			continue
		}
		up, err := unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, len(files))
		if err != nil {
			return err
		}
		files[n] = uintptr(up)
	}
	for n, fd := range files {
		switch {
		case fd == closed:
			unix.Close(n)
		case int(fd) == n:
			if _, err := unix.FcntlInt(fd, unix.F_SETFD, 0); err != nil {
				return err
			}
		default:
			if err := dupTo(int(fd), n); err != nil {
				return err
			}
		}
	}
	return nil
}
