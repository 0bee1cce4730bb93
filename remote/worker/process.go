package worker

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"sshell/interp/plan"
	"sshell/remote"
)

// process is one stage: a program, or a process of this program that runs source.
type process struct {
	stage    *remote.Stage
	isolated bool // stands for all stages of the task

	pid      int   // 0 when it was not started
	waitErr  error // why nobody knows how it ended
	status   plan.Status
	signal   int
	state    syscall.WaitStatus
	usage    syscall.Rusage
	overtime bool // it had not ended when the time was up

	talk     *talk  // with a process of this program, nil for a program
	orderErr error  // why it was not told what to do
	reply    *reply // what it said last, nil for nothing
	began    bool   // one that was started ahead took its order
	crash    string // what its runtime said when it broke, empty when it did not
	failure  error  // the machinery's, as the reply has it
}

// statusKilled is the status of a process that the kernel killed for want of memory.
const statusKilled plan.Status = 128 + plan.Status(syscall.SIGKILL)

// settle turns how the process ended into a status. limited says that its memory was bounded.
func (p *process) settle(limited bool) error {
	if p.pid == 0 {
		return nil // status has why it was not started
	}
	if p.waitErr != nil {
		return fmt.Errorf("wait for process: %w: %w", p.waitErr, remote.ErrLost)
	}
	switch {
	case p.state.Signaled():
		p.signal = int(p.state.Signal())
		p.status = 128 + p.signal
	default:
		p.status = p.state.ExitStatus()
	}
	if p.talk == nil || p.overtime {
		return nil
	}
	return p.settleReply(limited)
}

// settleReply looks at what a process of ours said. One that a program replaced says nothing, and its status is the
// program's.
func (p *process) settleReply(limited bool) error {
	switch {
	case p.orderErr != nil:
		return fmt.Errorf("give order: %w: %w", p.orderErr, remote.ErrLost)
	case p.reply != nil && p.reply.Result != nil:
		return nil
	case p.reply != nil:
		p.failure = p.reply.err()
		p.status = p.reply.Status
		return nil
	case p.talk.ahead && !p.began:
		return fmt.Errorf("it ended before it had its order: %w", remote.ErrLost)
	case p.crash == "":
		// Ended by a signal: by whoever sent it, it is known how the command ended, as for a program.
		return nil
	case limited:
		p.status, p.signal = statusKilled, int(syscall.SIGKILL)
		return nil
	}
	return fmt.Errorf("%s: %w", p.crash, remote.ErrLost)
}

// isolatedResult is the reply of the process that ran a whole task in a root of its own.
func (p *process) isolatedResult(r *remote.Result) (*remote.Result, error) {
	if p.pid == 0 {
		return nil, remote.ErrLost
	}
	if err := p.settle(false); err != nil {
		return nil, fmt.Errorf("worker: %w", err)
	}
	if p.failure != nil {
		return nil, p.failure
	}
	if p.reply == nil {
		return nil, fmt.Errorf("worker: ended with status %d: %w", p.status, remote.ErrLost)
	}
	inner, err := remote.DecodeResult(p.reply.Result)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", err, remote.ErrLost)
	}
	inner.In, inner.Start, inner.Wall = r.In, r.Start, r.Wall
	return inner, nil
}

// startProgram starts the program of a stage. The error is a *remote.NotStartedError.
func (a *attempt) startProgram(p *process, files []uintptr) error {
	env := a.env
	if len(p.stage.Env) > 0 {
		env = env.with(p.stage.Env)
	}
	err := a.startFile(p, env, files)
	if errors.Is(err, errMoved) {
		a.w.programs.forget()
		err = a.startFile(p, env, files)
	}
	if errors.Is(err, errMoved) {
		return notStarted(p.stage.Argv[0], p.stage.Argv[0], a.task.Dir, syscall.ENOENT)
	}
	return err
}

// errMoved says that a program was not where it had been found.
var errMoved = errors.New("program has moved")

// startFile looks the program of a stage up and starts it.
func (a *attempt) startFile(p *process, env environ, files []uintptr) error {
	argv, dir := p.stage.Argv, a.task.Dir
	file, again, err := a.w.programs.find(argv[0], env.path(), dir)
	if err != nil {
		return err
	}
	f := fork{file: file, argv: argv, env: env.list, dir: dir, files: files, group: a.group}
	p.pid, err = f.program()
	switch {
	case err == nil:
		return nil
	case again && errors.Is(err, syscall.ENOENT):
		return errMoved
	case errors.Is(err, syscall.ENOEXEC):
		p.pid, err = a.startScript(f, file)
	}
	if err != nil {
		return notStarted(argv[0], file, dir, err)
	}
	return nil
}

// startScript runs a file in a format that the kernel does not know with the shell, after a look that it is text.
func (a *attempt) startScript(f fork, file string) (int, error) {
	if !isText(inDir(a.task.Dir, file)) {
		return 0, syscall.ENOEXEC
	}
	shell := a.w.cfg.Shell
	f.argv = append(append(shell[:len(shell):len(shell)], file), f.argv[1:]...)
	f.file = shell[0]
	return f.program()
}

// startWorker starts a process of this program and begins to talk with it.
func (a *attempt) startWorker(p *process, files []uintptr) error {
	self := a.w.cfg.Self
	if len(self) == 0 {
		return &remote.NotStartedError{Status: plan.StatusMachinery, Err: errors.New("no program is set up to run shell source")}
	}
	if a.startedAhead(p, files) {
		return nil
	}
	t, theirs, err := newTalk()
	if err != nil {
		return &remote.NotStartedError{Status: plan.StatusMachinery, Err: fmt.Errorf("start worker: %w", err)}
	}
	defer theirs.Close()
	f := fork{
		file: self[0], argv: append(self[:len(self):len(self)], orderFd), env: a.env.list,
		dir: a.task.Dir, files: append(files, theirs.Fd()), group: a.group,
	}
	if p.isolated {
		f.dir = ""
		p.pid, err = f.isolated()
	} else {
		p.pid, err = f.worker()
	}
	if err == nil {
		p.talk = t
		go t.listen()
		return nil
	}
	t.end.Close()
	if p.isolated {
		err = isolationRefused(err)
	} else if derr := dirError(a.task.Dir); derr != nil {
		err = derr
	} else {
		err = fmt.Errorf("start worker: %w", err)
	}
	return &remote.NotStartedError{Status: plan.StatusMachinery, Err: err}
}

// order tells the processes of ours what to run.
func (a *attempt) order() {
	for _, p := range a.stages {
		if p.pid == 0 || p.talk == nil {
			continue
		}
		if err := p.talk.say(a.orderFor(p)); err != nil {
			p.orderErr = err
			p.talk.hangUp()
		}
	}
}

// orderFor is what the process of a stage has to do.
func (a *attempt) orderFor(p *process) *order {
	t := *a.task
	t.Input = remote.Input{Kind: remote.StreamInput}
	if p.isolated {
		return &order{Task: &t, Isolate: true, Tmp: a.w.cfg.Tmp, Objects: a.w.cfg.Objects,
			Self: a.w.cfg.Self, Shell: a.w.cfg.Shell}
	}
	t.Stages = []remote.Stage{*p.stage}
	t.Limits = remote.Limits{}
	return &order{Task: &t}
}

// orderFd is where a process of ours finds its socket.
const orderFd = "3"

// fork is a process to be started.
type fork struct {
	file  string
	argv  []string
	env   []string
	dir   string
	files []uintptr
	group int // to join, 0 for one of its own
}

// start starts it. Two errors go by: ETXTBSY, when a fork elsewhere in this process still holds a file that was written
// a moment ago, and EAGAIN, when there are as many processes as this user may have.
func (f *fork) start(sys *syscall.SysProcAttr) (int, error) {
	sys.Setpgid, sys.Pgid = true, f.group
	attr := syscall.ProcAttr{Dir: f.dir, Env: f.env, Files: f.files, Sys: sys}
	for try := 0; ; try++ {
		pid, err := syscall.ForkExec(f.file, f.argv, &attr)
		if err != syscall.ETXTBSY && err != syscall.EAGAIN || try == startTries {
			return pid, err
		}
		pause(try)
	}
}

// startTries bounds the tries at an error that may go by: with pauses that double from 1 ms to 128, half a second.
const startTries = 10

// newPipe makes a pipe whose ends block, as programs expect.
func newPipe() (r, w *os.File, err error) {
	fds, err := pipe()
	if err != nil {
		return nil, nil, err
	}
	return os.NewFile(uintptr(fds[0]), "pipe"), os.NewFile(uintptr(fds[1]), "pipe"), nil
}
