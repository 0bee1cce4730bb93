package interp

import (
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	"mvdan.cc/sh/v3/syntax"
)

// jobState is what a job does.
type jobState uint8

const (
	jobRunning jobState = iota
	jobStopped
	jobDone
)

// job is one background command, or a stopped one.
type job struct {
	id           int // the number in %1
	pid          int // of its last process, which is also `$!`
	pgid         int // 0 without job control
	text         string
	state        jobState
	status       int
	signal       unix.Signal
	notified     bool // the user has seen that it ended
	disowned     bool
	noHangup     bool
	substitution bool // of a process substitution: not listed
}

// jobTable has the children of a shell that run in the background. Its jobs are changed by the goroutine that reaps
// and read by the shell.
type jobTable struct {
	mu      sync.Mutex
	changed *sync.Cond
	jobs    []*job
	started bool // the reaper runs
	// ended keeps the statuses of jobs that left the list, for a later wait.
	ended map[int]int
}

func newJobTable() *jobTable {
	t := &jobTable{ended: make(map[int]int)}
	t.changed = sync.NewCond(&t.mu)
	return t
}

// clone gives a subshell a table without jobs: the parent's children are not its own.
func (t *jobTable) clone() *jobTable { return newJobTable() }

// add puts a child into the table and starts the reaper.
func (t *jobTable) add(j *job) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, other := range t.jobs {
		if other.id >= j.id && !other.substitution {
			j.id = other.id
		}
	}
	j.id++
	t.jobs = append(t.jobs, j)
	if !t.started {
		t.started = true
		c := make(chan os.Signal, 1)
		signal.Notify(c, unix.SIGCHLD)
		go t.reap(c)
	}
}

func (t *jobTable) addSubstitution(pid int) {
	t.add(&job{pid: pid, substitution: true, text: "process substitution"})
}

// reapInterval is how often children are looked at although no signal said so: two that end at once may send
// one, and another part of the process may have taken it.
const reapInterval = 200 * time.Millisecond

// reap collects the children that ended, as SIGCHLD tells.
func (t *jobTable) reap(c chan os.Signal) {
	tick := time.NewTicker(reapInterval)
	defer tick.Stop()
	for {
		t.poll()
		select {
		case <-c:
		case <-tick.C:
		}
	}
}

// poll asks the kernel about every child that runs.
func (t *jobTable) poll() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, j := range t.jobs {
		if j.state == jobDone {
			continue
		}
		var ws unix.WaitStatus
		pid, err := unix.Wait4(j.pid, &ws, unix.WNOHANG|unix.WUNTRACED|unix.WCONTINUED, nil)
		switch {
		case err == unix.ECHILD:
			j.state, j.status = jobDone, statusNotFound
		case err != nil || pid == 0:
			continue
		case ws.Stopped():
			j.state, j.signal, j.notified = jobStopped, ws.StopSignal(), false
		case ws.Continued():
			j.state = jobRunning
		default:
			j.state = jobDone
			j.status, j.signal = statusOf(ws)
		}
		t.changed.Broadcast()
	}
}

// statusOf is how `$?` sees a process's end.
func statusOf(ws unix.WaitStatus) (status int, by unix.Signal) {
	switch {
	case ws.Signaled():
		return 128 + int(ws.Signal()), ws.Signal()
	case ws.Stopped():
		return 128 + int(ws.StopSignal()), 0
	}
	return ws.ExitStatus(), 0
}

// background starts `command &`. A program is started at once; anything else gets a process with a snapshot.
func (sh *Shell) background(st *syntax.Stmt) {
	sh.setLine(st.Pos())
	front := *st
	front.Background = false
	opt := spawnOptions{background: true}
	pid, err := sh.startBackground(&front, opt)
	if err != nil {
		sh.status = sh.notStarted(err)
		return
	}
	j := &job{pid: pid, text: printNode(&front)}
	if sh.opts.monitor {
		j.pgid = pid
	}
	sh.jobs.add(j)
	sh.lastBg = pid
	if sh.opts.interactive && sh.inline == 0 {
		sh.errorLine(fmt.Sprintf("[%d] %d", j.id, pid))
	}
	sh.status = 0
}

func (sh *Shell) startBackground(st *syntax.Stmt, opt spawnOptions) (int, error) {
	c := sh.clone()
	defer c.fds.close()
	c.standFor(st)
	// Where the input was redirected, by a pipe or for a group, it is meant for the command.
	if d := sh.fds.get(0); !sh.opts.monitor && d != nil && d.keep {
		if fd, err := unix.Open("/dev/null", unix.O_RDONLY|unix.O_CLOEXEC, 0); err == nil {
			c.fds.install(0, newDesc(fd))
		}
	}
	if call, ok := st.Cmd.(*syntax.CallExpr); ok && len(st.Redirs) == 0 && len(call.Assigns) == 0 && sh.staticProgram(call) {
		args, err := c.commandWords(call)
		if err == nil && len(args) > 0 && len(c.storedOperands(args)) == 0 {
			path, err := c.findProgram(args[0])
			if err == nil {
				if pid, err := c.spawn(path, args, opt); err == nil {
					return pid, nil
				}
			}
		}
	}
	return c.startProcess([]*syntax.Stmt{st}, opt)
}

// staticProgram reports whether a simple command is surely a program and its words have no side effects, so
// that they can be expanded here.
func (sh *Shell) staticProgram(c *syntax.CallExpr) bool {
	if len(c.Args) == 0 {
		return false
	}
	name, ok := aliasName(c.Args[0])
	if !ok || sh.funcs[name] != nil || sh.cfg.Words[name] != nil {
		return false
	}
	if _, builtin := lookupBuiltin(name); builtin {
		return false
	}
	if _, alias := sh.aliases[name]; alias {
		return false
	}
	for _, w := range c.Args {
		if !sideEffectFree(w) {
			return false
		}
	}
	return true
}

// sideEffectFree reports whether a word can be expanded here although its command runs elsewhere: it runs no
// command, changes no variable, and asks for nothing that differs between processes.
func sideEffectFree(w *syntax.Word) bool {
	free := true
	syntax.Walk(w, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CmdSubst, *syntax.ProcSubst, *syntax.ArithmExp:
			free = false
		case *syntax.ParamExp:
			if n.Exp != nil && (n.Exp.Op == syntax.AssignUnset || n.Exp.Op == syntax.AssignUnsetOrNull ||
				n.Exp.Op == syntax.ErrorUnset || n.Exp.Op == syntax.ErrorUnsetOrNull) || n.Slice != nil || n.Index != nil {
				free = false
			}
			if n.Param != nil {
				switch n.Param.Value {
				case "BASHPID", "RANDOM", "SRANDOM", "BASH_SUBSHELL":
					free = false
				}
			}
		}
		return free
	})
	return free
}

// waitForeground waits for a child that the shell runs in the foreground, and gives its status.
func (sh *Shell) waitForeground(pid int, argv []string) int {
	flags := 0
	if sh.opts.monitor && sh.inline == 0 {
		flags = unix.WUNTRACED
	}
	var ws unix.WaitStatus
	sh.behind.ending(pid)
	for {
		_, err := unix.Wait4(pid, &ws, flags, nil)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return statusNotFound
		}
		break
	}
	sh.behind.forget(pid)
	sh.takeTerminal()
	if ws.Stopped() {
		j := &job{pid: pid, pgid: pid, text: strings.Join(argv, " "), state: jobStopped, signal: ws.StopSignal()}
		sh.jobs.add(j)
		sh.errorLine(fmt.Sprintf("\n[%d]+  Stopped                 %s", j.id, j.text))
		return 128 + int(ws.StopSignal())
	}
	status, by := statusOf(ws)
	sh.afterChild(by, ws.CoreDump(), pid, argv)
	return status
}

// afterChild acts on the signal that ended a foreground child: an interrupt was meant for the shell as well, when
// the child died of it; other deaths are reported.
func (sh *Shell) afterChild(by unix.Signal, core bool, pid int, argv []string) {
	interrupted := sh.proc.pending.Load()&(1<<uint(unix.SIGINT)) != 0
	switch {
	case by == unix.SIGINT && interrupted:
		return // runPendingTraps ends the shell
	case interrupted && sh.inline == 0 && !sh.traps.has("INT") && !sh.opts.interactive:
		sh.proc.clear(unix.SIGINT) // the child dealt with it
	}
	if by == 0 || by == unix.SIGINT || by == unix.SIGPIPE || by == unix.SIGKILL && sh.behind.wasBroken() {
		return
	}
	sh.proc.fallWith(by)
	text := signalText(by)
	if core {
		text += " (core dumped)"
	}
	if sh.opts.interactive {
		sh.errorLine(text)
		return
	}
	sh.errorLine(fmt.Sprintf("%s%6d %-23s %s", sh.location(), pid, text, strings.Join(argv, " ")))
}

// pendingWithin reports whether a signal is pending, or comes within a time: one that was sent to a group ends a child before the
// shell has heard of it.
func (p *process) pendingWithin(s unix.Signal, lag time.Duration) bool {
	for end := time.Now().Add(lag); ; time.Sleep(time.Millisecond) {
		if p.pending.Load()&(1<<uint(s)) != 0 {
			return true
		}
		if !time.Now().Before(end) {
			return false
		}
	}
}

func (p *process) clear(s unix.Signal) {
	for {
		old := p.pending.Load()
		if p.pending.CompareAndSwap(old, old&^(1<<uint(s))) {
			return
		}
	}
}

// count is the number of jobs that a user sees, for the prompt.
func (t *jobTable) count() int { return len(t.listed()) }

// find gives the job that a word means: %1, %%, %+, %-, %name, %?text, or a pid.
func (t *jobTable) find(word string) (*job, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	spec, isSpec := strings.CutPrefix(word, "%")
	if !isSpec {
		for _, j := range t.jobs {
			if itoa(j.pid) == word {
				return j, nil
			}
		}
		return nil, fmt.Errorf("%s: no such job", word)
	}
	var found *job
	for i := len(t.jobs) - 1; i >= 0; i-- {
		j := t.jobs[i]
		if j.substitution || j.disowned || !t.matches(spec, i) {
			continue
		}
		if found != nil && !exactSpec(spec) {
			return nil, fmt.Errorf("%s: ambiguous job spec", spec)
		}
		if found == nil {
			found = j
		}
	}
	if found == nil {
		return nil, fmt.Errorf("%s: no such job", word)
	}
	return found, nil
}

func exactSpec(spec string) bool {
	switch spec {
	case "", "%", "+", "-":
		return true
	}
	return spec[0] >= '0' && spec[0] <= '9'
}

func (t *jobTable) matches(spec string, at int) bool {
	j := t.jobs[at]
	switch {
	case spec == "" || spec == "%" || spec == "+":
		return j == t.current(0)
	case spec == "-":
		return j == t.current(1)
	case spec[0] >= '0' && spec[0] <= '9':
		return itoa(j.id) == spec
	case spec[0] == '?':
		return strings.Contains(j.text, spec[1:])
	}
	return strings.HasPrefix(j.text, spec)
}

// current gives the current job (0) or the previous one (1): stopped jobs before running ones, the youngest
// first.
func (t *jobTable) current(back int) *job {
	var order []*job
	for _, state := range []jobState{jobStopped, jobRunning, jobDone} {
		for i := len(t.jobs) - 1; i >= 0; i-- {
			if j := t.jobs[i]; j.state == state && !j.substitution && !j.disowned {
				order = append(order, j)
			}
		}
	}
	if len(order) == 0 {
		return nil
	}
	return order[min(back, len(order)-1)]
}

// forget removes a job that ended and remembers its status.
func (t *jobTable) forget(j *job) {
	for i, other := range t.jobs {
		if other == j {
			t.jobs = append(t.jobs[:i:i], t.jobs[i+1:]...)
			t.ended[j.pid] = j.status
			return
		}
	}
}

// await blocks until ready says so or a trapped signal arrives, whose number is then the answer. ready is called
// with the table locked, after each change.
func (sh *Shell) await(ready func() bool) unix.Signal {
	t := sh.jobs
	stop := make(chan struct{})
	defer close(stop)
	go func() { // wakes the wait when a signal arrives or the shell is cancelled
		for {
			select {
			case <-stop:
				return
			case <-sh.ctx.Done():
			case <-sh.proc.woken:
			}
			t.mu.Lock()
			t.changed.Broadcast()
			t.mu.Unlock()
			if sh.ctx.Err() != nil {
				return
			}
		}
	}()
	t.mu.Lock()
	defer t.mu.Unlock()
	for !ready() {
		if s := sh.interrupting(); s != 0 {
			return s
		}
		if sh.ctx.Err() != nil {
			return unix.SIGINT
		}
		t.changed.Wait()
	}
	return 0
}

// interrupting gives a pending signal that ends a wait.
func (sh *Shell) interrupting() unix.Signal {
	if sh.inline > 0 {
		return 0
	}
	pending := sh.proc.pending.Load()
	for s := 1; s <= maxRealtime; s++ {
		if s < 64 && pending&(1<<uint(s)) != 0 && unix.Signal(s) != unix.SIGCHLD {
			return unix.Signal(s)
		}
	}
	return 0
}

// hangUp sends SIGHUP to the jobs of an interactive shell that was told to.
func (t *jobTable) hangUp(sh *Shell) {
	if !sh.opts.interactive || !sh.opts.huponexit || !sh.opts.loginShell {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, j := range t.jobs {
		if j.state != jobDone && !j.disowned && !j.noHangup {
			unix.Kill(-j.pid, unix.SIGHUP)
		}
	}
}

// group is the process group of one pipeline under job control: the first process that starts leads it.
type group struct {
	mu   sync.Mutex
	pgid int
}

func (sh *Shell) newGroup() *group {
	if !sh.opts.monitor || sh.inline > 0 {
		return sh.group
	}
	return &group{}
}

// leave ends the group's time in the foreground.
func (g *group) leave(sh *Shell) {
	if g != nil && g != sh.group {
		sh.takeTerminal()
	}
}

// sysProcAttr says how a child starts: in its group, with the terminal where it has it.
func (sh *Shell) sysProcAttr(opt spawnOptions) *syscall.SysProcAttr {
	if !sh.opts.monitor || sh.inline > 0 && sh.group == nil {
		return nil
	}
	attr := &syscall.SysProcAttr{Setpgid: true}
	if g := sh.group; g != nil && !opt.background {
		g.mu.Lock()
		attr.Pgid = g.pgid
		g.mu.Unlock()
	}
	if sh.opts.interactive && opt.foreground && attr.Pgid == 0 {
		if fd, ok := sh.terminal(); ok {
			attr.Foreground, attr.Ctty = true, fd
		}
	}
	return attr
}

// joinGroup notes the leader of a pipeline's group.
func (sh *Shell) joinGroup(pid int, opt spawnOptions) {
	if g := sh.group; g != nil && !opt.background {
		g.mu.Lock()
		if g.pgid == 0 {
			g.pgid = pid
		}
		g.mu.Unlock()
	}
}

// terminal gives the descriptor of the terminal that an interactive shell controls.
func (sh *Shell) terminal() (int, bool) {
	for _, n := range []int{0, 2, 1} {
		if fd, err := sh.Desc(n); err == nil {
			if _, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP); err == nil {
				return fd, true
			}
		}
	}
	return -1, false
}

// takeTerminal makes the shell's own group the terminal's foreground group again.
func (sh *Shell) takeTerminal() {
	if !sh.opts.interactive || !sh.opts.monitor || sh.inline > 0 {
		return
	}
	if fd, ok := sh.terminal(); ok {
		signal.Ignore(unix.SIGTTOU)
		unix.IoctlSetPointerInt(fd, unix.TIOCSPGRP, unix.Getpgrp())
		signal.Reset(unix.SIGTTOU)
	}
}

// fork starts a child. A background child without job control must not see the terminal's interrupts: they are
// ignored in this process for the moment of the fork, since a child begins with its parent's.
func (sh *Shell) fork(path string, argv []string, attr *syscall.ProcAttr, opt spawnOptions) (int, error) {
	if opt.background && !sh.opts.monitor {
		return sh.proc.forkDeaf(path, argv, attr)
	}
	if opt.foreground && sh.inline == 0 && !sh.opts.interactive {
		sh.proc.watchInterrupt()
	}
	if !sh.behind.start() {
		return 0, unix.ECANCELED
	}
	pid, err := syscall.ForkExec(path, argv, attr)
	sh.behind.began(pid, opt)
	return pid, err
}

// forkDeaf starts a child that ignores SIGINT and SIGQUIT.
func (p *process) forkDeaf(path string, argv []string, attr *syscall.ProcAttr) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var back []unix.Signal
	for _, s := range []unix.Signal{unix.SIGINT, unix.SIGQUIT} {
		if !signal.Ignored(s) {
			back = append(back, s)
			signal.Ignore(s)
		}
	}
	pid, err := syscall.ForkExec(path, argv, attr)
	for _, s := range back {
		if p.caught[s] {
			signal.Notify(p.channel, s)
		} else {
			signal.Reset(s)
		}
	}
	return pid, err
}

// watchInterrupt makes an interrupt known instead of ending the shell at once: whether it ends depends on what
// the child in the foreground does with it.
func (p *process) watchInterrupt() {
	p.mu.Lock()
	known := p.caught[unix.SIGINT] || p.watched
	p.watched = true
	p.mu.Unlock()
	if !known && !signal.Ignored(unix.SIGINT) {
		p.catch(unix.SIGINT)
	}
}
