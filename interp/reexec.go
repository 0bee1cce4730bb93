package interp

import (
	"context"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
	"mvdan.cc/sh/v3/syntax"

	"sshell/interp/plan"
)

// SubshellFlag is the argument after which a descriptor's number follows, from which a subshell that is a process
// of its own reads what to run.
const SubshellFlag = "--subshell"

// subshellOrder is what such a process is told.
type subshellOrder struct {
	Snapshot *plan.Snapshot `cbor:"s"`
	Stmts    []orderStmt    `cbor:"c"`
	Name     string         `cbor:"n"`
}

// orderStmt is one statement as source, and the line that it stood on.
type orderStmt struct {
	Source string `cbor:"s"`
	Line   int    `cbor:"l"`
}

// inProcess runs statements as a process of their own in the foreground, and gives their status.
func (sh *Shell) inProcess(stmts []*syntax.Stmt) int {
	pid, err := sh.startProcess(stmts, spawnOptions{foreground: true})
	if err != nil {
		return sh.notStarted(err)
	}
	return sh.waitForeground(pid, []string{"(subshell)"})
}

// startProcess starts this program again with a snapshot of the shell, to run statements.
func (sh *Shell) startProcess(stmts []*syntax.Stmt, opt spawnOptions) (int, error) {
	if len(sh.cfg.Self) == 0 {
		return 0, &startError{statusNotExecutable, "subshell: no program to run it with"}
	}
	order := subshellOrder{Snapshot: sh.snapshot(), Name: sh.srcName()}
	for _, st := range stmts {
		sh.setLine(st.Pos())
		order.Stmts = append(order.Stmts, orderStmt{writtenBy(sh.src, st) + "\n", sh.line})
	}
	data, err := plan.Marshal(order)
	if err != nil {
		return 0, &startError{statusNotExecutable, "subshell: " + err.Error()}
	}
	d, err := textDesc(string(data))
	if err != nil {
		return 0, &startError{statusNotExecutable, "subshell: " + sysMessage(err)}
	}
	defer d.unref()
	n := sh.fds.free(firstNamedFd)
	opt.extra = append(opt.extra, extraFile{n, d.fd})
	self := sh.cfg.Self
	argv := append(self[:len(self):len(self)], SubshellFlag, itoa(n))
	return sh.spawn(self[0], argv, opt)
}

// Subshell is the main of a subshell that is a process: it reads what startProcess wrote to descriptor fd, runs it
// and gives the exit status.
func Subshell(cfg Config, fd int) int {
	f := os.NewFile(uintptr(fd), "subshell")
	data, err := io.ReadAll(f)
	f.Close()
	var order subshellOrder
	if err == nil {
		err = plan.Unmarshal(data, &order)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "sshell: subshell: %s\n", err)
		return statusNotExecutable
	}
	cfg.Environ = []string{}
	sh := New(cfg)
	if err := sh.Restore(order.Snapshot); err != nil {
		fmt.Fprintf(os.Stderr, "sshell: subshell: %s\n", err)
		return statusNotExecutable
	}
	sh.setContext(context.Background())
	sh.status = 0
	for _, st := range order.Stmts {
		sh.runAt(&source{name: order.Name, line0: max(st.Line-1, 0)}, st.Source)
		if sh.flow != flowNone {
			break
		}
	}
	return sh.Exit()
}

// runAt runs a text whose lines count from src.
func (sh *Shell) runAt(src *source, text string) {
	stmts, parsed, err := parseText(text)
	src.text = parsed
	sh.src = src
	if err != nil {
		sh.syntaxError(err)
		return
	}
	sh.topBody(stmts)
}

// setContext makes ctx end what the shell runs.
func (sh *Shell) setContext(ctx context.Context) {
	if ctx != nil {
		sh.ctx = ctx
	}
}

// cancelled ends a shell whose context ended.
func (sh *Shell) cancelled() int {
	if sh.flow == flowNone {
		sh.status, sh.flow = 128+int(unix.SIGINT), flowExit
	}
	return sh.status
}
