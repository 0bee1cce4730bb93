package interp

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
	"mvdan.cc/sh/v3/syntax"

	"sshell/interp/plan"
)

// mayLeave reports whether stages leave the client without a word of ours in the script.
func (sh *Shell) mayLeave() bool {
	return sh.cfg.Planner != nil && sh.defaultTarget() != ""
}

// everywhere is what SSHELL_ON, or else the command line or the configuration, names for every stage, and which of them.
// Rules give way to it where someone named it for this run.
func (sh *Shell) everywhere() (target plan.Target, by string, forRun bool) {
	if s, ok := sh.getVar(placementVar); ok && s != "" {
		return plan.Target(s), placementVar, true
	}
	return sh.cfg.Facts.Default, sh.cfg.Facts.DefaultBy, sh.cfg.Facts.Named
}

// defaultTarget is what everywhere names; empty for the client.
func (sh *Shell) defaultTarget() plan.Target {
	target, _, _ := sh.everywhere()
	if target == plan.Client {
		return ""
	}
	return target
}

// roleNames are the words that sshell adds to pipelines.
var roleNames = map[string]plan.Role{"split": plan.Split, "parmap": plan.Parmap, "reduce": plan.Reduce, "on": plan.On}

// role gives what the first word of a stage means: one of ours, unless the script or the client's PATH has a
// command of that name. skip is 1 behind `builtin`, which always reaches ours.
func (sh *Shell) role(st *syntax.Stmt) (role plan.Role, skip int) {
	c, ok := st.Cmd.(*syntax.CallExpr)
	if !ok || len(c.Args) == 0 {
		return plan.Plain, 0
	}
	name, ok := aliasName(c.Args[0])
	if !ok {
		return plan.Plain, 0
	}
	if name == "builtin" && len(c.Args) > 1 {
		if name, ok = aliasName(c.Args[1]); ok {
			return roleNames[name], 1
		}
		return plan.Plain, 0
	}
	role = roleNames[name]
	if role == plan.Plain || sh.funcs[name] != nil {
		return plan.Plain, 0
	}
	if _, alias := sh.aliases[name]; alias && sh.opts.expandAliases {
		return plan.Plain, 0
	}
	if role == plan.Split {
		return role, 0 // of which coreutils' has the name: splitFeeds decides
	}
	if _, err := sh.findProgram(name); err == nil {
		return plan.Plain, 0
	}
	return role, 0
}

// splitFeeds reports whether a split is ours: the next stage is written parmap, and no option is coreutils'
// alone.
func (sh *Shell) splitFeeds(st, next *syntax.Stmt, skip int) bool {
	if next == nil {
		return false
	}
	if role, _ := sh.role(next); role != plan.Parmap {
		return false
	}
	if skip > 0 {
		return true
	}
	args := st.Cmd.(*syntax.CallExpr).Args
	for i, w := range args[1:] {
		text := w.Lit()
		if text == "--" {
			break
		}
		if strings.HasPrefix(text, "--filter") {
			return false
		}
		count, ok := strings.CutPrefix(text, "--number=")
		if !ok {
			count, ok = strings.CutPrefix(text, "-n")
		}
		if ok && count == "" && i+2 < len(args) {
			count = args[i+2].Lit()
		}
		if ok && strings.Contains(count, "/") {
			return false
		}
	}
	return true
}

// planned runs stages through the planner when one of them may leave the client. It reports whether it did:
// else the stages run here as in any shell.
func (sh *Shell) planned(stages []*syntax.Stmt, all []bool) bool {
	if sh.cfg.Planner == nil {
		return false
	}
	roles := make([]plan.Role, len(stages))
	skips := make([]int, len(stages))
	ours := sh.defaultTarget() != "" || sh.cfg.Explain
	for i, st := range stages {
		role, skip := sh.role(st)
		if role == plan.Split {
			var next *syntax.Stmt
			if i+1 < len(stages) {
				next = stages[i+1]
			}
			if !sh.splitFeeds(st, next, skip) {
				role = plan.Plain
			}
		}
		roles[i], skips[i] = role, skip
		ours = ours || role != plan.Plain || sh.hasRule(st)
	}
	if !ours {
		return false
	}
	return sh.place(stages, all, roles, skips)
}

// place plans the stages and runs them where the plan says.
func (sh *Shell) place(stages []*syntax.Stmt, all []bool, roles []plan.Role, skips []int) bool {
	pipeline := plan.Pipeline{LastPipe: sh.opts.lastpipe && !sh.opts.monitor}
	for i, st := range stages {
		stage, err := sh.describe(st, roles[i], skips[i], len(stages) == 1 || i == len(stages)-1 && pipeline.LastPipe)
		if err != nil {
			sh.fail(err)
			sh.setPipeStatus([]int{sh.status})
			return true
		}
		if i == 0 && roles[0] == plan.Plain && !redirects(st, 0) && sh.inputLeft() {
			stage.Uses |= plan.UsesInput
		}
		pipeline.Stages = append(pipeline.Stages, stage)
	}
	facts := sh.cfg.Facts
	facts.Default = sh.defaultTarget()
	facts.Sole = len(stages) == 1
	placements := sh.cfg.Planner(pipeline, facts)
	if sh.cfg.Explain {
		sh.explain(pipeline, placements)
		return true
	}
	leaves := false
	for i, p := range placements {
		if p.Err != nil {
			sh.errorLine(fmt.Sprintf("sshell: %s: %s", stageName(pipeline.Stages[i]), p.Err))
			statuses := make([]int, len(stages))
			for i := range statuses {
				statuses[i] = plan.StatusMachinery
			}
			sh.setPipeStatus(statuses)
			return true
		}
		leaves = leaves || p.Target != plan.Client
	}
	if !leaves {
		return false
	}
	sh.runPlaced(stages, all, pipeline, placements)
	return true
}

// inputLeft reports whether standard input may have something for other commands than the next one: it is a file or a pipe
// that has not ended.
func (sh *Shell) inputLeft() bool {
	d := sh.fds.get(0)
	if d == nil {
		return false
	}
	fd, err := d.real()
	var st unix.Stat_t
	if err != nil || unix.Fstat(fd, &st) != nil {
		return false
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		at, err := unix.Seek(fd, 0, io.SeekCurrent)
		return err != nil || at < st.Size
	case unix.S_IFIFO, unix.S_IFSOCK:
		ready := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		_, err := unix.Poll(ready, 0)
		return err != nil || ready[0].Revents&unix.POLLIN != 0 || ready[0].Revents&unix.POLLHUP == 0
	}
	return false
}

func stageName(s plan.Stage) string {
	if s.Name != "" {
		return s.Name
	}
	return "stage"
}

// describe gathers what the planner must know of a stage.
func (sh *Shell) describe(st *syntax.Stmt, role plan.Role, skip int, here bool) (plan.Stage, error) {
	stage := plan.Stage{Role: role, Uses: sh.uses(st, role, here)}
	stage.Source, stage.Line = sh.writtenCommand(st)
	c, simple := st.Cmd.(*syntax.CallExpr)
	if !simple {
		stage.Name = compoundName(st)
		sh.wish(&stage)
		return stage, nil
	}
	if len(c.Args) > 0 {
		stage.Name, _ = aliasName(c.Args[min(skip, len(c.Args)-1)])
	}
	// A DEBUG trap that stages inherit is run by the shell that runs the program.
	traced := sh.opts.functrace && sh.traps.has("DEBUG")
	if role == plan.Plain && (traced || !sh.staticProgram(c) && !sh.programNow(c)) {
		sh.wish(&stage)
		return stage, nil
	}
	words, err := sh.fields(c.Args...)
	if err != nil {
		return stage, err
	}
	for _, a := range c.Assigns {
		text := ""
		if a.Value != nil {
			if text, err = sh.assignText(a.Value); err != nil {
				return stage, err
			}
		}
		stage.Env = append(stage.Env, decodeSource(a.Name.Value)+"="+text)
	}
	stage.Argv = words[min(skip, len(words)):]
	if role != plan.Plain {
		stage.Asked, stage.By = plan.AskedByWords(role, stage.Argv)
		if role == plan.On {
			stage.Uses |= sh.usesOf(onCommand(stage.Argv), here)
		}
	}
	if stage.Asked == "" {
		sh.wish(&stage)
	}
	return stage, nil
}

// programNow reports whether a command is a program whose name is an expansion or quoted, and its words can be expanded here.
func (sh *Shell) programNow(c *syntax.CallExpr) bool {
	if len(c.Args) == 0 || slices.ContainsFunc(c.Args, func(w *syntax.Word) bool { return !sideEffectFree(w) }) {
		return false
	}
	if _, literal := aliasName(c.Args[0]); literal {
		return false // staticProgram knows
	}
	name := sh.wordNow(c.Args[0])
	return name != "" && sh.funcs[name] == nil && sh.cfg.Words[name] == nil && !IsBuiltin(name)
}

// wish gives a stage that names no target itself the one that a rule names for its command, or else that of all stages. A
// rule that keeps a command here always holds; one that sends it away does not where another place was named for this run.
func (sh *Shell) wish(stage *plan.Stage) {
	target, by, forRun := sh.everywhere()
	if r, ok := sh.cfg.Facts.Rule(stage.Name); ok && (r.On == plan.Client || !forRun) {
		stage.Asked, stage.By, stage.Wish = r.On, r.Place, true
		return
	}
	if target != "" && target != plan.Client {
		stage.Asked, stage.By, stage.Wish = target, by, true
	}
}

// hasRule reports whether a rule is about a command.
func (sh *Shell) hasRule(st *syntax.Stmt) bool {
	c, ok := st.Cmd.(*syntax.CallExpr)
	if !ok || len(c.Args) == 0 || len(sh.cfg.Facts.Rules) == 0 {
		return false
	}
	name, literal := aliasName(c.Args[0])
	_, ok = sh.cfg.Facts.Rule(name)
	return literal && ok
}

// compoundName is what messages call a compound command: its first word.
func compoundName(st *syntax.Stmt) string {
	switch st.Cmd.(type) {
	case *syntax.Block:
		return "{"
	case *syntax.Subshell:
		return "("
	case *syntax.IfClause:
		return "if"
	case *syntax.WhileClause:
		return "while"
	case *syntax.ForClause:
		return "for"
	case *syntax.CaseClause:
		return "case"
	case *syntax.ArithmCmd:
		return "(("
	case *syntax.TestClause:
		return "[["
	}
	return "command"
}

// span is a run of neighbouring stages: one that stays, or a segment.
type span struct{ from, to int }

// spans cuts placed stages where the client must hold the pipe between them: where the target changes, and where
// a redirection or |& takes a stage's input or output elsewhere.
func spans(stages []*syntax.Stmt, all []bool, placements []plan.Placement) []span {
	var list []span
	for i := range stages {
		if i > 0 && placements[i].Target != plan.Client && placements[i].Target == placements[i-1].Target &&
			!all[i-1] && !redirects(stages[i-1], 1) && !redirects(stages[i], 0) {
			list[len(list)-1].to = i + 1
			continue
		}
		list = append(list, span{i, i + 1})
	}
	return list
}

// redirects reports whether a statement's own redirections touch its standard input (0) or output (1), or make another
// descriptor its output.
func redirects(st *syntax.Stmt, n int) bool {
	for _, r := range st.Redirs {
		number := 1
		switch r.Op {
		case syntax.RdrIn, syntax.RdrInOut, syntax.DplIn, syntax.Hdoc, syntax.DashHdoc, syntax.WordHdoc:
			number = 0
		}
		if r.N != nil {
			number = mustAtoi(strings.Trim(r.N.Value, "{}"))
		}
		// 2>&1 asks for the pipe itself, which a segment has no descriptor of.
		same := n == 1 && r.Op == syntax.DplOut && r.Word.Lit() == "1"
		if number == n || same || r.Op == syntax.RdrAll || r.Op == syntax.AppAll {
			return true
		}
	}
	return false
}

// runPlaced runs a pipeline of which some stages leave. Files that it writes appear whole or not at all.
func (sh *Shell) runPlaced(stages []*syntax.Stmt, all []bool, pipeline plan.Pipeline, placements []plan.Placement) {
	if err := sh.materializeCaptures(); err != nil {
		sh.setPipeStatus(sh.pipeFailed(make([]int, len(stages)), err))
		return
	}
	run := &placedRun{
		sh: sh, stages: stages, pipeline: pipeline, placements: placements,
		all:      all,
		statuses: make([]int, len(stages)),
		broken:   len(stages),
		outputs:  &outputs{},
	}
	ctx, stop := sh.proc.untilSignal(sh.ctx)
	reclaim := sh.share()
	for _, s := range spans(run.stages, run.all, run.placements) {
		run.parts = append(run.parts, run.part(ctx, s))
	}
	unwatch := run.endWithShell(ctx)
	run.start(ctx)
	run.running.Wait()
	unwatch()
	for _, line := range run.complaints {
		sh.errorLine(line)
	}
	if ctx.Err() != nil { // before stop, which ends the context too
		run.fault = true
	}
	stop()
	reclaim()
	for i := run.broken; i < len(stages); i++ {
		run.statuses[i] = plan.StatusMachinery
	}
	if err := run.outputs.finish(!run.fault, run.statuses[len(stages)-1]); err != nil {
		sh.errorLine("sshell: " + err.Error())
		run.statuses[len(stages)-1] = plan.StatusMachinery
	}
	sh.setPipeStatus(run.statuses)
	sh.runPendingTraps()
}

// placedRun is one run of a placed pipeline.
type placedRun struct {
	sh         *Shell
	stages     []*syntax.Stmt
	all        []bool
	pipeline   plan.Pipeline
	placements []plan.Placement
	outputs    *outputs

	parts      []*behind
	running    sync.WaitGroup
	mu         sync.Mutex
	statuses   []int
	fault      bool // the machinery failed: no output appears
	complaints []string
	broken     int // the first stage behind a segment that failed: what those made of a part is no answer
}

// complain keeps a line for this shell's standard error: a last stage may be changing its descriptors now.
func (run *placedRun) complain(line string) {
	run.mu.Lock()
	defer run.mu.Unlock()
	run.complaints = append(run.complaints, line)
}

// breakAt notes that the machinery failed in a segment that ends before stage to, and ends the stages from there on.
func (run *placedRun) breakAt(to int) {
	run.mu.Lock()
	run.fault = true
	run.broken = min(run.broken, to)
	run.mu.Unlock()
	run.stopBehind(to)
}

// start starts every span, joined by kernel pipes.
func (run *placedRun) start(ctx context.Context) {
	in := -1
	group := run.sh.newGroup()
	for i, b := range run.parts {
		out, next := -1, -1
		if b.to < len(run.stages) {
			r, w, err := makePipe()
			if err != nil {
				run.sh.pipeFailed(run.statuses, err)
				run.mu.Lock()
				defer run.mu.Unlock()
				run.fault = true
				for _, rest := range run.parts[i:] {
					close(rest.done)
				}
				return
			}
			next, out = r, w
		}
		if run.pipeline.LastPipe && b.to == len(run.stages) && !b.leaves {
			run.lastHere(b, in)
			break
		}
		shell := run.sh.stageShell(group, in, out, run.all[b.to-1], true)
		shell.outputs = run.outputs
		in = next
		if !b.leaves {
			shell.behind, shell.ctx = b, b.ctx
			held := run.hold(b, out)
			run.running.Go(func() {
				defer b.end()
				status := shell.runStage(run.stages[b.from])
				run.set(b.from, status)
				run.release(ctx, b, held, status)
			})
			continue
		}
		snapshot := run.sh.Snapshot(nil) // before a last stage changes this shell
		if len(run.stages) > 1 || run.pipeline.Stages[b.from].Role != plan.Plain {
			snapshot.Subshell++
			run.unwrap(b.span)
		}
		run.running.Go(func() {
			defer b.end()
			run.segment(b.ctx, b.span, shell, snapshot)
		})
	}
}

// unwrap takes the parentheses from stages that are subshells: the process of a stage is the subshell.
func (run *placedRun) unwrap(s span) {
	for i := s.from; i < s.to; i++ {
		stage := &run.pipeline.Stages[i]
		if _, ok := run.stages[i].Cmd.(*syntax.Subshell); ok && strings.HasPrefix(stage.Source, "(") && strings.HasSuffix(stage.Source, ")") {
			stage.Source = stage.Source[1 : len(stage.Source)-1]
		}
	}
}

// part makes what ends a span.
func (run *placedRun) part(ctx context.Context, s span) *behind {
	b := &behind{span: s, outer: run.sh.behind, leaves: run.placements[s.from].Target != plan.Client, done: make(chan struct{}), pids: make(map[int]bool)}
	if !b.leaves {
		ctx = run.sh.ctx // an interrupt finds its commands by itself
	}
	b.ctx, b.stop = context.WithCancel(ctx)
	return b
}

// lastHere runs the last stage in this shell, which goes on if the stage is ended.
func (run *placedRun) lastHere(b *behind, in int) {
	defer b.end()
	sh := run.sh
	ctx, outer := sh.ctx, sh.behind
	sh.ctx, sh.behind = b.ctx, b
	run.set(b.from, sh.lastStage(run.stages[b.from], in))
	sh.ctx, sh.behind = ctx, outer
	if b.wasBroken() {
		sh.flow = flowNone
	}
}

func (run *placedRun) set(i, status int) {
	run.mu.Lock()
	defer run.mu.Unlock()
	run.statuses[i] = status
}

// segment runs the stages of one span on their target.
func (run *placedRun) segment(ctx context.Context, s span, shell *Shell, snapshot *plan.Snapshot) {
	defer shell.fds.close()
	seg := plan.Segment{Target: run.placements[s.from].Target, Stages: run.pipeline.Stages[s.from:s.to], Snapshot: snapshot}
	fail := func(err error) {
		if err != nil {
			run.complain(sentence(err))
		}
		run.breakAt(s.to)
		for i := s.from; i < s.to; i++ {
			run.set(i, plan.StatusMachinery)
		}
	}
	defer closeSegment(&seg)
	if !shell.segmentFiles(&seg, run.stages[s.from:s.to]) {
		run.mu.Lock()
		defer run.mu.Unlock()
		for i := s.from; i < s.to; i++ {
			run.statuses[i] = 1
		}
		return
	}
	statuses, err := run.sh.cfg.Segments.Run(ctx, seg)
	switch {
	case ctx.Err() != nil:
		run.mu.Lock()
		run.fault = true
		for i := s.from; i < s.to; i++ {
			run.statuses[i] = 128 + int(unix.SIGINT)
		}
		broken := run.broken <= s.from
		run.mu.Unlock()
		if broken || !run.sh.opts.interactive { // at a prompt they were interrupted too, or will not be, as a pager
			run.stopBehind(s.to)
		}
	case err != nil:
		fail(err)
	default:
		run.mu.Lock()
		copy(run.statuses[s.from:s.to], statuses)
		run.mu.Unlock()
		for _, status := range statuses {
			if status == plan.StatusMachinery {
				run.breakAt(s.to)
			}
		}
	}
}

// closeSegment closes the files that segmentFiles made.
func closeSegment(seg *plan.Segment) {
	for _, f := range append(seg.Stderr, seg.Stdin, seg.Stdout) {
		if f != nil {
			f.Close()
		}
	}
}

// sentence makes a message line of an error.
func sentence(err error) string {
	if text := err.Error(); strings.HasPrefix(text, "sshell: ") {
		return text
	}
	return "sshell: " + err.Error()
}

// segmentFiles makes the redirections of a segment's stages and fills in its descriptors.
func (c *Shell) segmentFiles(seg *plan.Segment, stages []*syntax.Stmt) bool {
	stderr := c.fds.get(2)
	if r, ok := c.cfg.Segments.(plan.ObjectReader); ok {
		c.byName = r.ReadsObjects(seg.Target)
	}
	for i, st := range stages {
		c.fds.install(2, stderr.ref())
		saved, ok := c.redirect(st.Redirs)
		dropSaved(saved) // a pipe that a redirection replaced must end for its reader
		if !ok {
			return false
		}
		f, err := c.fileAt(2)
		if err != nil {
			c.Errorf("2: %s", sysMessage(err))
			return false
		}
		seg.Stderr = append(seg.Stderr, f)
		c.byName = false
		if i > 0 {
			continue
		}
		if c.fds.get(0) == nil {
			seg.Stages[0].Closed = append(seg.Stages[0].Closed, 0)
		}
		if d := c.fds.get(0); d != nil && d.object != "" {
			seg.In = d.object
			continue
		}
		if seg.Stdin, err = c.fileAt(0); err != nil {
			c.Errorf("0: %s", sysMessage(err))
			return false
		}
	}
	if last := &seg.Stages[len(seg.Stages)-1]; c.fds.get(1) == nil {
		last.Closed = append(last.Closed, 1)
	}
	// What is written to standard error as well is in the file, with what the machinery says there.
	if d := c.fds.get(1); d != nil && d.output != nil && !d.output.commit && c.fds.get(2) != d {
		seg.Out = d.output.file
	}
	var err error
	if seg.Stdout, err = c.fileAt(1); err != nil {
		c.Errorf("1: %s", sysMessage(err))
		return false
	}
	return true
}

// fileAt gives a duplicate of the shell's descriptor n as a file of its own; a closed number reads and writes as
// /dev/null does.
func (sh *Shell) fileAt(n int) (*os.File, error) {
	d := sh.fds.get(n)
	if d == nil {
		return os.OpenFile(os.DevNull, os.O_RDWR, 0)
	}
	fd, err := d.real()
	if err != nil {
		return nil, err
	}
	dup, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(dup), fmt.Sprintf("/dev/fd/%d", n)), nil
}
