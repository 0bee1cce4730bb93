package interp

import (
	"strconv"

	"golang.org/x/sys/unix"
	"mvdan.cc/sh/v3/syntax"
)

// coproc starts a command beside the shell, with pipes to its standard input and from its output.
func (sh *Shell) coproc(c *syntax.CoprocClause) {
	name := "COPROC"
	if c.Name != nil {
		text, err := sh.text(c.Name)
		if err != nil {
			sh.fail(err)
			return
		}
		name = text
	}
	if !validName(name) {
		sh.Errorf("`%s': not a valid identifier", name)
		sh.status = 1
		return
	}
	outR, outW, err := makePipe()
	if err != nil {
		sh.Errorf("pipe error: %s", sysMessage(err))
		sh.status = 1
		return
	}
	inR, inW, err := makePipe()
	if err != nil {
		unix.Close(outR)
		unix.Close(outW)
		sh.Errorf("pipe error: %s", sysMessage(err))
		sh.status = 1
		return
	}
	child := sh.clone()
	child.fds.install(0, newDesc(inR))
	child.fds.install(1, newDesc(outW))
	pid, err := child.startProcess([]*syntax.Stmt{c.Stmt}, spawnOptions{background: sh.opts.monitor})
	child.fds.close()
	if err != nil {
		unix.Close(outR)
		unix.Close(inW)
		sh.status = sh.notStarted(err)
		return
	}
	r := sh.fds.freeDown(firstSubstFd)
	sh.fds.install(r, newDesc(outR))
	w := sh.fds.freeDown(r - 1)
	sh.fds.install(w, newDesc(inW))
	sh.coprocFds = append(sh.coprocFds, r, w)
	err = sh.setList(name, []string{strconv.Itoa(r), strconv.Itoa(w)})
	if err == nil {
		err = sh.setVar(name+"_PID", strconv.Itoa(pid))
	}
	if err != nil {
		sh.Errorf("%s", err)
	}
	sh.jobs.add(&job{pid: pid, text: printNode(c.Stmt)})
	sh.lastBg = pid
	sh.status = 0
}
