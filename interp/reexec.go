package interp

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

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
	Source   string         `cbor:"src"`
	Line     int            `cbor:"l"`
	Name     string         `cbor:"n"`
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
	var text strings.Builder
	for _, st := range stmts {
		text.WriteString(printNode(st))
		text.WriteByte('\n')
	}
	order := subshellOrder{Snapshot: sh.snapshot(), Source: text.String(), Name: sh.srcName()}
	if len(stmts) > 0 {
		sh.setLine(stmts[0].Pos())
		order.Line = max(sh.line-1, 0)
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
	sh.runAt(&source{name: order.Name, line0: order.Line}, order.Source)
	return sh.Exit()
}

// runAt runs a text whose lines count from src.
func (sh *Shell) runAt(src *source, text string) {
	stmts, err := parseStmts(text)
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
