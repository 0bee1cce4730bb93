package flow

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"

	"sshell/interp/plan"
	"sshell/remote"
	"sshell/remote/ledger"
	"sshell/remote/sched"
)

// mapRun is one run of a mapUnit.
type mapRun struct {
	*mapUnit
	s      *segment
	io     streams
	ctx    context.Context
	cancel context.CancelCauseFunc

	feed    feed
	runner  remote.Runner
	ledger  *ledger.Ledger
	joblog  *ledger.Joblog
	skip    *seqSet // tasks that an earlier run did
	results *resultsDir
	tag     *sourceOrWords
	tally   *progress
	host    string // what the joblog calls the target
	total   int64  // tasks, 0 if that is not known
	tasks   *budget
	share   int64 // of it for what each task starts itself
	taken   bool  // what the tasks take of it was taken

	stopIn, stopOut *waker // end reads of the input, and writes of the output
	out             *sink
	store           *store
	stored          bool // tasks store their outputs
	order           *order
	next            reduceRun  // nil without a reduce in the unit
	shared          sync.Mutex // of out and errSink, where tasks take turns by line
	errSink         *sink      // standard error, for whole lines
	merged          bool       // standard error is standard output

	seq    int64
	faults sync.Map // of tasks that cannot be put together: their ids' errors
	warned bool
	absent sync.Once // the message about a program that is missing
}

func (u *mapUnit) run(ctx context.Context, s *segment, io streams) ([]plan.Status, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r := &mapRun{mapUnit: u, s: s, io: io, ctx: ctx, cancel: cancel}
	statuses := make([]plan.Status, u.stages())
	for i := range statuses {
		statuses[i] = plan.StatusMachinery
	}
	err := r.open()
	if err == nil {
		err = r.work(statuses)
	}
	if to := io.taker(); to != nil {
		if endErr := to.end(err, statuses[len(statuses)-1]); err == nil {
			err = endErr
		}
	}
	if closeErr := r.close(); err == nil {
		err = closeErr
	}
	if errors.Is(err, errGone) {
		for i := range statuses {
			statuses[i] = statusGone
		}
		return statuses, nil
	}
	return statuses, err
}

// statusGone is the status of a command whose reader left: 128 and SIGPIPE.
const statusGone = 141

// stderr is parmap's.
func (r *mapRun) stderr() *os.File { return r.io.stderr[r.at] }

// open readies all that the run needs before its first task.
func (r *mapRun) open() error {
	var err error
	for _, w := range []**waker{&r.stopIn, &r.stopOut} {
		if *w, err = newWaker(); err != nil {
			return fmt.Errorf("make pipe: %w", cause(err))
		}
	}
	if r.s.Target != plan.Local {
		r.host = string(r.s.Target)
	}
	o := r.options
	slots := o.slots(r.s.cfg.Cores)
	if r.feed, err = r.mapUnit.feed(r.ctx, r.s, r.io, slots, r.stopIn); err != nil {
		return r.ofInput(err)
	}
	if r.runner, err = r.s.runner(o.runnerOptions(r.s.dir, false).beside(o.procs, slots)); err != nil {
		return err
	}
	if err := r.openLog(); err != nil {
		return err
	}
	if o.results != "" {
		r.results = newResults(o.results, r.s.dir, tokens{instead: o.args.instead, none: r.chunks()})
	}
	if err := r.openTag(); err != nil {
		return err
	}
	return r.openOutput()
}

// ofInput puts an error of the input down to the stage that reads it.
func (r *mapRun) ofInput(err error) error {
	if r.split == nil {
		return err
	}
	return &stageError{0, err}
}

// openLog opens the joblog, and reads which tasks it has.
func (r *mapRun) openLog() error {
	o := r.options
	r.ledger = ledger.New(r.s.id, nil)
	if o.joblog == "" || o.dryRun {
		return nil
	}
	name, add := o.joblog, o.resume || o.resumeFailed
	if name[0] == '+' {
		name, add = name[1:], true
	}
	path := r.s.path(name)
	if o.resume || o.resumeFailed {
		done, err := readDone(path, o.resumeFailed)
		if err != nil {
			return fmt.Errorf("joblog %s: %w", name, cause(err))
		}
		r.skip = done
	}
	var err error
	if r.joblog, err = ledger.OpenJoblog(path, add); err != nil {
		return fmt.Errorf("joblog %s: %w", name, cause(err))
	}
	r.ledger = ledger.New(r.s.id, r.joblog)
	return nil
}

// openTag reads the tag of lines.
func (r *mapRun) openTag() error {
	o := r.options
	if !o.tagged || o.ungroup {
		return nil
	}
	r.tag = &sourceOrWords{parseWords([]string{o.tag}, tokens{instead: o.args.instead}, false)}
	var err error
	r.errSink, err = newSink(r.stderr(), r.stopOut)
	return err
}

// returns are the patterns of the files that a task gives back.
func (r *mapRun) returns(v values) []string {
	if len(r.options.returns) == 0 {
		return nil
	}
	t := parseWords(r.options.returns, tokens{instead: r.options.args.instead}, false)
	return t.fill(v)
}

// sourceOrWords is text with replacement strings that is no command.
type sourceOrWords struct{ words argvTemplate }

func (t *sourceOrWords) fill(v values) []byte {
	text := ""
	for i, word := range t.words.fill(v) {
		if i > 0 {
			text += " "
		}
		text += word
	}
	return []byte(text + "\t")
}

// openOutput readies the order of the outputs.
func (r *mapRun) openOutput() error {
	var err error
	to := r.io.taker()
	r.stored = r.s.scratch != nil && r.storesOutput() && (to != nil || r.reduce != nil)
	if to == nil {
		if r.out, err = newSink(r.io.stdout, r.stopOut); err != nil {
			return err
		}
	}
	r.merged = sameFile(r.io.stdout, r.stderr()) && !isDevice(r.stderr())
	r.store = &store{dir: r.s.cfg.TempDir, ctx: r.ctx, scratch: r.s.scratch}
	c := orderConfig{store: r.store, out: r.out, strict: r.options.strict, fail: r.cancel}
	if to != nil {
		c.deliver = to.add
	}
	// Output that has been passed on cannot be taken back when a task is tried again.
	o := r.options
	c.live, c.replays = (o.tries == 0 || o.tries == 1) && !o.halve, r.s.Target != plan.Local
	if r.reduce != nil {
		r.next = r.newReduce()
		c.out, c.deliver = nil, r.next.add
	}
	r.order = newOrder(c)
	return nil
}

// isDevice reports whether f is a terminal, or the like: what is written there needs no order.
func isDevice(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// work runs the tasks and what follows them, and fills in the statuses.
func (r *mapRun) work(statuses []plan.Status) error {
	defer context.AfterFunc(r.ctx, r.stopOut.wake)()
	o := r.options
	c := sched.Config{
		Runner: r.checked(), Ledger: r.ledger, Slots: o.slots(r.s.cfg.Cores), Tries: o.tries, Same: r.command.same(),
		Halve: o.halve, Halt: o.halt, Timeout: o.timeout, Admit: r.order.admit,
	}
	if r.skip != nil {
		c.Skip = r.skip.has
	}
	if err := r.count(&c); err != nil {
		return err
	}
	if err := r.divide(); err != nil {
		return err
	}
	if r.next != nil {
		reducers, err := r.reducers(c.Runner)
		if err != nil {
			return err
		}
		r.next.start(reducers)
	}
	if r.s.Target == plan.Local {
		makeRoom(c.Slots)
	}
	sum, err := sched.Run(r.ctx, c, r.nextJob)
	if o.strict {
		keep := err == nil && sum.Failed == 0
		r.order.release(keep)
		if err == nil && !keep && r.reduce == nil && r.first+r.stages() == len(r.s.Stages) {
			r.s.refused.Store(true)
		}
	}
	if err != nil {
		r.order.abort(err)
	}
	// Whatever failed first has told the order; what tasks said of it afterwards is less exact.
	if orderErr := r.order.close(); orderErr != nil && !errors.Is(orderErr, errStopped) {
		err = orderErr
	}
	r.tally.stop()
	if r.next != nil {
		reduced, reduceErr := r.next.end(err)
		if err == nil {
			err = reduceErr
		}
		if err == nil || errors.Is(err, errNotStarted) {
			statuses[len(statuses)-1] = reduced
		}
	}
	if errors.Is(err, errNotStarted) { // nobody reads what the tasks write
		statuses[0], statuses[r.at] = statusGone, statusGone
		return nil
	}
	if err != nil {
		return err
	}
	r.sayEnd(sum)
	statuses[0] = 0
	statuses[r.at] = sum.Status
	return nil
}

// reducers gives the Runner of the tasks of a reduce: that of parmap's, unless some are to run beside each other.
func (r *mapRun) reducers(runner remote.Runner) (remote.Runner, error) {
	o := r.reduce
	if o.procs < 2 && r.options.procs < 2 {
		return runner, nil
	}
	own, err := r.s.runner(o.runnerOptions(r.s.dir, false).beside(o.procs, o.slots(r.options.jobs.slots(r.s.cfg.Cores))))
	return checked{own, r}, err
}

// reduceRun is a reduce that takes the tasks' outputs while they come.
type reduceRun interface {
	// start begins to run tasks on runner.
	start(runner remote.Runner)
	// add takes the next output, whose owner it becomes.
	add(*heldOutput) error
	// end waits until all is reduced, or gives up if err is not nil, and returns the stage's status.
	end(err error) (plan.Status, error)
}

// count finds out how many tasks there are, where that is asked for.
func (r *mapRun) count(c *sched.Config) error {
	o := r.options
	shown := (o.bar || o.eta) && isTerminal(r.stderr())
	if o.halt.Percent == 0 && !shown {
		return nil
	}
	n, known, err := r.feed.total(r.ctx)
	if err != nil {
		return r.ofInput(err)
	}
	if known {
		c.Total, r.total = n, n
	}
	if shown {
		r.tally = startProgress(r.stderr(), r.ledger, c.Total, c.Slots, o.bar)
	}
	return nil
}

// divide takes the tasks, where their number is known, and a share for each of what is left. Who reads a stream learns of tasks one at a
// time, and they have none.
func (r *mapRun) divide() error {
	r.tasks = r.s.tasks.part("--max-tasks", r.options.most)
	if r.tasks == nil || r.skip != nil || r.options.dryRun {
		return nil
	}
	n := r.total
	if n == 0 && r.knows() {
		var err error
		if n, r.taken, err = r.feed.total(r.ctx); err != nil {
			return r.ofInput(err)
		}
	} else {
		r.taken = n > 0
	}
	if !r.taken {
		return nil
	}
	if err := r.tasks.take(n); err != nil {
		return err
	}
	r.share = r.tasks.divide(n, r.s.parts)
	return nil
}

// knows reports whether all tasks can be counted without waiting for somebody who writes.
func (r *mapRun) knows() bool {
	if r.chunks() {
		return true // or the feed says so
	}
	groups := r.options.args.groups
	for _, g := range groups {
		for _, source := range g {
			if info, err := os.Stat(r.s.path(source.file)); source.isFile && (err != nil || !info.Mode().IsRegular()) {
				return false
			}
		}
	}
	return len(groups) > 0
}

// nextJob puts the next task together.
func (r *mapRun) nextJob(ctx context.Context, slot int) (sched.Job, error) {
	if r.seq == 0 {
		context.AfterFunc(ctx, r.stopIn.wake)
	}
	for {
		w, err := r.feed.next(ctx)
		switch {
		case errors.Is(err, errStopped):
			return nil, ctx.Err()
		case errors.Is(err, io.EOF):
			return nil, err
		case err != nil:
			return nil, r.ofInput(err)
		}
		r.seq++
		v := values{args: w.values, seq: r.seq, slot: slot, repeat: r.options.args.repeat}
		if r.chunks() {
			v.args = []string{strconv.FormatInt(r.seq-1, 10)}
		}
		r.warn()
		if r.results != nil && r.options.resume && r.joblog == nil && r.results.names(v, r.width()).there() {
			continue
		}
		return r.newJob(v, w.chunk), nil
	}
}

// width is how many values a combination has.
func (r *mapRun) width() int {
	if f, ok := r.feed.(valueFeed); ok {
		return f.in.width
	}
	return 1
}

// warn says once that a value held a NUL.
func (r *mapRun) warn() {
	if f, ok := r.feed.(valueFeed); ok && f.in.nul && !r.warned {
		r.warned = true
		r.complain(errors.New(`a NUL in the input stands as \0: arguments cannot hold it; -0 ends items with it`))
	}
}

func (r *mapRun) complain(err error) { complain(r.stderr(), r.s.Stages[r.first+r.at].Name, err) }

// sayEnd says why a run ended before its last task.
func (r *mapRun) sayEnd(sum sched.Summary) {
	switch {
	case sum.NotStarted != nil:
		r.complain(sum.NotStarted)
	case sum.Halted:
		r.complain(fmt.Errorf("halted after %d tasks, %d of which failed", sum.Done, sum.Failed))
	}
}

// close gives everything back.
func (r *mapRun) close() error {
	r.cancel(nil)
	for _, w := range []*waker{r.stopIn, r.stopOut} {
		if w != nil {
			w.wake()
		}
	}
	if r.feed != nil {
		r.feed.close()
	}
	if r.order != nil {
		r.order.abort(errStopped)
		r.order.close()
	}
	if r.store != nil {
		r.store.close()
	}
	for _, w := range []*waker{r.stopIn, r.stopOut} {
		if w != nil {
			w.close()
		}
	}
	if r.joblog == nil {
		return nil
	}
	if err := r.joblog.Close(); err != nil {
		return fmt.Errorf("joblog %s: %w", r.options.joblog, cause(err))
	}
	return nil
}
