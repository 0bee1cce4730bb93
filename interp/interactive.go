package interp

import (
	"context"
	"io"

	"golang.org/x/sys/unix"
	"mvdan.cc/sh/v3/syntax"
)

// Exited reports whether the shell is to end.
func (sh *Shell) Exited() bool { return sh.flow == flowExit }

// RunWords runs a command by its expanded words, as the evaluator does, and gives `$?`.
func (sh *Shell) RunWords(args []string) int { return sh.runWords(args, anyCommand) }

// RunString runs a text in this shell, as eval does, and gives `$?`.
func (sh *Shell) RunString(text string) int { return sh.evalString(text, sh.srcName()) }

// RunPlacedWords plans and runs a command of expanded words as a pipeline of one stage.
func (sh *Shell) RunPlacedWords(args []string) int {
	call := &syntax.CallExpr{}
	for _, arg := range args {
		quoted := &syntax.SglQuoted{Value: string(encodeSource([]byte(arg)))}
		call.Args = append(call.Args, &syntax.Word{Parts: []syntax.WordPart{quoted}})
	}
	// The first word must be seen as one of ours.
	call.Args[0] = &syntax.Word{Parts: []syntax.WordPart{&syntax.Lit{Value: args[0]}}}
	if !sh.planned([]*syntax.Stmt{{Cmd: call}}, []bool{false}) {
		sh.Errorf("%s: command not found", args[0])
		return statusNotFound
	}
	return sh.status
}

// BeforePrompt runs what PROMPT_COMMAND holds, a list's elements one after the other. Each sees `$?`, PIPESTATUS and `$_` of
// the user's last command, and so does the user's next.
func (sh *Shell) BeforePrompt() {
	v := sh.lookup("PROMPT_COMMAND")
	if v == nil {
		return
	}
	status, pipeState, lastArg := sh.status, sh.pipeState, sh.lastArg
	for _, command := range v.elements(sh) {
		sh.evalStringKeeping(command, status)
		if sh.flow == flowExit {
			return
		}
		sh.status, sh.pipeState, sh.lastArg = status, pipeState, lastArg
	}
}

// Prompt gives the text of PS1, PS2 or another prompt's variable, expanded.
func (sh *Shell) Prompt(name string) string {
	ps, _ := sh.getVar(name)
	status := sh.status
	text, err := sh.promptText(ps)
	sh.status = status
	if err != nil {
		return ps
	}
	return text
}

// ReadLine reads a line from a descriptor of this process, with its newline, and no byte further.
func ReadLine(fd int) func() ([]byte, error) { return fdLines(fd) }

// RunInteractive reads and runs lines until the input ends or the shell exits. next gives the next line with
// its newline; more says that the line goes on with a command that is not complete.
func (sh *Shell) RunInteractive(ctx context.Context, next func(more bool) ([]byte, error)) int {
	sh.setContext(ctx)
	for _, s := range []unix.Signal{unix.SIGINT, unix.SIGTERM, unix.SIGQUIT} {
		sh.proc.catch(s)
	}
	sh.proc.ignore(unix.SIGTSTP)
	src := &source{name: sh.name}
	ended := false
	for !ended && sh.flow != flowExit {
		more := false
		in := &lines{next: func() ([]byte, error) {
			line, err := next(more)
			if err == io.EOF {
				ended = true
			}
			return line, err
		}}
		sh.interact(src, in, &more)
	}
	return sh.status
}

// interact parses and runs lines until the input ends, the shell exits, or a line cannot be parsed: the parser is
// then of no more use.
func (sh *Shell) interact(src *source, in *lines, more *bool) {
	sh.src = src
	parser := parsers.Get().(*syntax.Parser)
	defer parsers.Put(parser)
	for stmts, err := range sh.statements(parser, src, in) {
		if err != nil {
			if err != io.EOF {
				sh.syntaxError(err)
			}
			return
		}
		if parser.Incomplete() {
			*more = true
			continue
		}
		*more = false
		in.complete()
		sh.topLevel(stmts)
		sh.loops, sh.noErr = 0, 0
		if sh.flow == flowExit {
			return
		}
		sh.flow = flowNone
		sh.NotifyJobs()
	}
}

// NotifyJobs prints the jobs that ended or stopped since the last time, as a prompt does.
func (sh *Shell) NotifyJobs() {
	sh.jobs.poll()
	for _, j := range sh.jobs.listed() {
		sh.jobs.mu.Lock()
		tell := j.state != jobRunning && !j.notified
		sh.jobs.mu.Unlock()
		if tell {
			sh.errorLine(sh.jobs.describe(j, false))
			sh.jobs.dropNotified([]*job{j})
		}
	}
}
