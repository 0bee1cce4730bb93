package interp

import (
	"strconv"
	"sync"

	"golang.org/x/sys/unix"
	"mvdan.cc/sh/v3/syntax"
)

// flatten gives the stages of a pipeline, and for each whether its standard error goes into the pipe as
// well (|&).
func flatten(st *syntax.Stmt, stages []*syntax.Stmt, all []bool) ([]*syntax.Stmt, []bool) {
	c, ok := st.Cmd.(*syntax.BinaryCmd)
	if !ok || c.Op != syntax.Pipe && c.Op != syntax.PipeAll || len(st.Redirs) > 0 && len(stages) > 0 {
		return append(stages, st), append(all, false)
	}
	stages, all = flatten(c.X, stages, all)
	all[len(all)-1] = c.Op == syntax.PipeAll
	return flatten(c.Y, stages, all)
}

// pipeline runs `a | b | c` as a whole.
func (sh *Shell) pipeline(st *syntax.Stmt) {
	stages, all := flatten(st, nil, nil)
	sh.setLine(stages[0].Pos())
	if sh.planned(stages, all) {
		return
	}
	sh.setPipeStatus(sh.runStages(stages, all))
}

// setPipeStatus sets PIPESTATUS, and `$?` as pipefail has it.
func (sh *Shell) setPipeStatus(statuses []int) {
	sh.pipeState = statuses
	sh.status = statuses[len(statuses)-1]
	if sh.opts.pipefail {
		for i := len(statuses) - 1; i >= 0; i-- {
			if statuses[i] != 0 {
				sh.status = statuses[i]
				break
			}
		}
	}
}

// runStages runs all stages on the client: each in a subshell beside the others, joined by kernel pipes. With
// lastpipe the last one runs in this shell itself.
func (sh *Shell) runStages(stages []*syntax.Stmt, all []bool) []int {
	statuses := make([]int, len(stages))
	if err := sh.materializeCaptures(); err != nil {
		return sh.pipeFailed(statuses, err)
	}
	lastHere := sh.opts.lastpipe && !sh.opts.monitor
	reclaim := sh.share()
	defer reclaim()
	group := sh.newGroup()
	var running sync.WaitGroup
	in := -1
	for i, st := range stages {
		out := -1
		next := -1
		last := i == len(stages)-1
		if !last {
			r, w, err := makePipe()
			if err != nil {
				return sh.pipeFailed(statuses, err)
			}
			next, out = r, w
		}
		if last && lastHere {
			statuses[i] = sh.lastStage(st, in)
			break
		}
		stage := sh.stageShell(group, in, out, all[i], lastHere)
		in = next
		running.Go(func() { statuses[i] = stage.runStage(st) })
	}
	running.Wait()
	group.leave(sh)
	return statuses
}

func (sh *Shell) pipeFailed(statuses []int, err error) []int {
	sh.Errorf("pipe error: %s", sysMessage(err))
	for i := range statuses {
		statuses[i] = 1
	}
	return statuses
}

// stageShell makes the subshell of a stage, with the pipe's ends in place.
func (sh *Shell) stageShell(group *group, in, out int, all, beside bool) *Shell {
	c := sh.clone()
	c.group = group
	c.apart(sh, beside)
	if in >= 0 {
		c.fds.install(0, newDesc(in))
	}
	if out >= 0 {
		c.fds.install(1, newDesc(out))
		if all {
			c.fds.install(2, c.fds.get(1).ref())
		}
	}
	return c
}

// runStage runs the stage's command to its end and drops its descriptors.
func (c *Shell) runStage(st *syntax.Stmt) int {
	c.enterThread()
	c.standFor(st)
	if c.needsProcess(st) {
		c.status = c.inProcess([]*syntax.Stmt{st})
	} else {
		c.stmt(st)
		c.leaveSubshell()
	}
	c.fds.close()
	return c.status
}

// lastStage runs the last stage in this shell, reading from the pipe.
func (sh *Shell) lastStage(st *syntax.Stmt, in int) int {
	saved := sh.fds.get(0).ref()
	sh.fds.install(0, newDesc(in))
	sh.stmt(st)
	sh.fds.install(0, saved)
	return sh.status
}

// materializeCaptures gives every descriptor that is caught in memory a real one, before stages that run beside
// each other write to it.
func (sh *Shell) materializeCaptures() error {
	for _, d := range sh.fds.low {
		if d != nil && d.capture != nil {
			if _, err := d.real(); err != nil {
				return err
			}
		}
	}
	return nil
}

// brokenPipe ends the shell because nobody reads what it writes: as SIGPIPE would, unless that is ignored.
func (sh *Shell) brokenPipe() {
	if sh.traps.ignores(unix.SIGPIPE) {
		sh.Errorf("write error: %s", sysMessage(unix.EPIPE))
		return
	}
	if sh.traps.has("PIPE") {
		sh.proc.raise(unix.SIGPIPE)
		return
	}
	sh.status, sh.flow = statusSigpipe, flowExit
	sh.killed = unix.SIGPIPE
}

// statusSigpipe is the status of a command that SIGPIPE ended.
const statusSigpipe = 128 + int(unix.SIGPIPE)

// pipeStatus is PIPESTATUS as an array; before any pipeline it holds the last command's status.
func (sh *Shell) pipeStatus() []string {
	if sh.pipeState == nil {
		return []string{strconv.Itoa(sh.status)}
	}
	list := make([]string, len(sh.pipeState))
	for i, s := range sh.pipeState {
		list[i] = strconv.Itoa(s)
	}
	return list
}
