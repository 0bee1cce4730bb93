package flow

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"sshell/interp/plan"
	"sshell/remote"
	"sshell/remote/ledger"
	"sshell/remote/sched"
)

// outputMode says where the standard output of tasks goes.
type outputMode uint8

const (
	inOrder outputMode = iota
	byLine
	direct
	toFiles
)

func (r *mapRun) mode() outputMode {
	o := r.options
	switch {
	case r.reduce != nil || o.dryRun:
		return inOrder
	case r.results != nil:
		return toFiles
	case o.ungroup:
		return direct
	case o.lines && !o.keep:
		return byLine
	}
	return inOrder
}

// job is one task of a mapRun. It implements sched.Halver.
type job struct {
	r     *mapRun
	v     values
	stage remote.Stage
	text  string // the command as source
	chunk chunkInput
	tag   []byte
	entry *entry // nil unless outputs are in order
	half  *half  // nil for a whole
	width int    // how many values a combination has

	object string // where the attempts store their outputs, if they do

	stdout, stderr *pump
	files          []*os.File
	counted        bool         // its task was taken of the budget
	replay         *replayDrain // of a task that has no place in the order, where attempts are lost
	halves         []*job       // that take its place
}

func (r *mapRun) newJob(v values, c chunkInput) *job {
	j := &job{r: r, v: v, chunk: c, width: r.width()}
	var err error
	if j.stage, j.text, err = r.command.fill(v); err != nil {
		r.faults.Store(j.id(), err)
	}
	if r.tag != nil {
		j.tag = r.tag.fill(v)
	}
	if r.mode() == inOrder {
		j.entry = r.order.add()
	}
	return j
}

func (j *job) id() int { return int(j.v.seq - 1) }

// Seq implements sched.Job.
func (j *job) Seq() int64 { return j.v.seq }

// Start implements sched.Job.
func (j *job) Start(n int) (*remote.Task, remote.Streams, error) {
	o := j.r.options
	if !j.counted && !j.r.taken && !o.dryRun {
		if err := j.r.tasks.take(1); err != nil {
			return nil, remote.Streams{}, err
		}
	}
	j.counted = true
	t := j.r.s.task(j.stage)
	t.ID, t.Attempt = j.id(), n
	t.Artifacts = j.r.s.withValues(j.r.s.artifacts(j.r.command, o.with), j.r.command, j.v)
	t.Return = j.r.returns(j.v)
	t.Limits.Memory = int64(o.memory) * mib
	t.Env = j.env(n)
	s, err := j.streams()
	if err == nil {
		t.Output, err = j.output(n)
	}
	if err == nil && j.chunk != nil {
		t.Input, s.Stdin, err = j.chunk.open()
	}
	if err != nil {
		j.closeStreams(true)
		return nil, remote.Streams{}, fmt.Errorf("task %d: %w", j.v.seq, err)
	}
	return t, s, nil
}

// output is where an attempt's output goes. Those that are made because others were lost agree on one; who runs a command again
// that failed wants another.
func (j *job) output(attempt int) (remote.Output, error) {
	r := j.r
	if !r.stored {
		return remote.Output{}, nil
	}
	if j.object == "" {
		bucket := r.s.scratch.storer.Scratch()
		if to := r.io.taker(); to != nil && r.reduce == nil {
			bucket = to.bucket()
		}
		var err error
		if j.object, err = r.s.scratch.object(r.ctx, bucket); err != nil {
			return remote.Output{}, err
		}
	}
	out := r.s.scratch.output(j.object, attempt)
	if sh, ok := r.next.(*shuffle); ok {
		out.Keys, out.Parts = r.reduce.by.String(), len(sh.parts)
	}
	return out, nil
}

// env returns what is added to the environment of an attempt.
func (j *job) env(attempt int) []string {
	id, seq := strconv.Itoa(j.id()), strconv.FormatInt(j.v.seq, 10)
	env := append(make([]string, 0, 12), "SSHELL_RUN="+j.r.s.id, "SSHELL_TASK="+id, "SSHELL_ATTEMPT="+strconv.Itoa(attempt),
		"PARALLEL_SEQ="+seq, "PARALLEL_JOBSLOT="+strconv.Itoa(j.v.slot))
	env = append(append(env, roleEnv(roleWorker, j.r.options.roleVar)...), j.r.tasks.env(j.r.share)...)
	if j.chunk == nil {
		return env
	}
	if j.r.total > 0 {
		env = append(env, "SSHELL_CHUNKS="+strconv.FormatInt(j.r.total, 10))
	}
	return append(append(env, "SSHELL_CHUNK="+id), j.chunk.env()...)
}

// streams readies the descriptors of an attempt.
func (j *job) streams() (s remote.Streams, err error) {
	r := j.r
	s.Stderr = r.stderr()
	if r.stored {
		if s.Stdout = r.io.stdout; r.merged {
			s.Stderr = s.Stdout
		}
		return s, nil
	}
	switch r.mode() {
	case direct:
		if r.s.Target == plan.Local {
			s.Stdout = r.io.stdout
			return s, nil
		}
	case toFiles:
		s.Stdout, s.Stderr, err = r.results.names(j.v, j.width).open(j.v.seq)
		j.files = []*os.File{s.Stdout, s.Stderr}
		return s, err
	}
	if j.stdout, err = newPump(j.drain(), j.chunk != nil); err != nil {
		return s, err
	}
	if j.chunk != nil {
		widen(j.stdout.w, outputPipe)
	}
	s.Stdout = j.stdout.w
	switch {
	case r.merged:
		s.Stderr = s.Stdout
	case r.tag != nil:
		if j.stderr, err = newPump(&lineDrain{tag: j.tag, put: r.putError}, j.chunk != nil); err != nil {
			return s, err
		}
		s.Stderr = j.stderr.w
	}
	return s, nil
}

// outputPipe is how much the pipe holds into which the command of a chunk writes, in bytes: fewer turns between it and us.
const outputPipe = 256 << 10

// drain is where a task's standard output goes.
func (j *job) drain() drain {
	switch {
	case j.entry == nil && j.r.s.Target != plan.Local:
		if j.replay == nil {
			j.replay = j.newReplay()
		}
		return j.replay
	case j.entry == nil:
		return &lineDrain{tag: j.tag, put: j.r.putLines}
	case j.tag != nil:
		return &lineDrain{tag: j.tag, put: j.entry.put}
	}
	return j.entry
}

// newReplay returns the drain of a task that has no place in the order, for all attempts that are made because others were lost.
func (j *job) newReplay() *replayDrain {
	if j.r.mode() == direct {
		return &replayDrain{put: j.r.putLines}
	}
	lines := &lineDrain{tag: j.tag, put: j.r.putLines}
	return &replayDrain{put: lines.add, flush: lines.flush}
}

// putLines writes whole lines, or what comes of them, to the output.
func (r *mapRun) putLines(b []byte) error {
	r.shared.Lock()
	defer r.shared.Unlock()
	err := r.out.write(b)
	if err != nil {
		r.order.abort(writeError(err))
	}
	return err
}

// putError writes whole lines to standard error. That nobody reads it is no fault.
func (r *mapRun) putError(b []byte) error {
	r.shared.Lock()
	defer r.shared.Unlock()
	if err := r.errSink.write(b); errors.Is(err, errStopped) {
		return err
	}
	return nil
}

// closeStreams ends the descriptors of an attempt. It returns an error of writing.
func (j *job) closeStreams(stopped bool) (received int64, err error) {
	for _, p := range []*pump{j.stdout, j.stderr} {
		if p == nil {
			continue
		}
		if endErr := p.end(j.r.ctx, stopped); err == nil {
			err = endErr
		}
	}
	if j.stdout != nil {
		received = j.stdout.n
	}
	for i, f := range j.files {
		if info, statErr := f.Stat(); statErr == nil && i == 0 {
			received = info.Size()
		}
		if closeErr := f.Close(); err == nil && closeErr != nil {
			err = fmt.Errorf("write results: %w", cause(closeErr))
		}
	}
	j.stdout, j.stderr, j.files = nil, nil, nil
	return received, err
}

// End implements sched.Job.
func (j *job) End(o sched.Outcome, a *ledger.Attempt) error {
	stopped := o.Verdict == sched.Cancelled || o.TimedOut() || errors.Is(o.Err, remote.ErrLost)
	received, err := j.closeStreams(stopped)
	if j.r.stored && o.Result != nil {
		received = o.Result.Out
	}
	if a != nil {
		a.Receive, a.Host = received, j.r.host
		if j.chunk != nil {
			a.Send = j.chunk.size()
		}
		if j.r.joblog != nil {
			a.Command = j.text
		}
		j.half.account(o, a)
	}
	if err == nil {
		err = j.settle(o)
	}
	if o.Verdict != sched.Again && j.chunk != nil && o.Verdict != sched.Halved {
		j.chunk.close()
	}
	return err
}

// settle sees to the output of an attempt, and says what there is to say about it.
func (j *job) settle(o sched.Outcome) error {
	switch o.Verdict {
	case sched.Final:
		j.say(o)
		if o.Result != nil && j.half == nil {
			j.r.tasks.give(j.r.share, o.Result.Started)
		}
		if j.r.stored {
			j.entry.adopt(storedOutput(o.Result))
		}
		j.endEntry(kept)
		if err := j.whole(); err != nil {
			return err
		}
		if j.entry == nil && j.r.order.gone.Load() && o.Status == statusGone {
			j.r.order.abort(errGone)
		}
	case sched.Skipped:
		j.endEntry(dropped)
	case sched.Cancelled:
		j.endEntry(abandoned)
	case sched.Halved:
		if j.entry != nil {
			j.halves[0].entry, j.halves[1].entry = j.r.order.replace(j.entry)
			j.entry.discard()
		}
		j.chunk.close()
	case sched.Again:
		if o.Err == nil {
			j.object = ""
		}
		switch {
		case j.entry != nil:
			if err := j.entry.reset(); err != nil {
				return fmt.Errorf("task %d: %w", j.v.seq, err)
			}
		case j.replay != nil && o.Err == nil:
			err := j.replay.end()
			j.replay = nil
			return err
		case j.replay != nil:
			j.replay.restart()
		}
	}
	return nil
}

// whole is told that the attempt that counts has ended.
func (j *job) whole() error {
	switch {
	case j.entry != nil:
		return j.entry.whole()
	case j.replay != nil:
		return j.replay.end()
	}
	return nil
}

func (j *job) endEntry(how state) {
	if j.entry != nil {
		j.r.order.end(j.entry, how)
	}
}

// say writes the line about a task that could not do what it was to do, other than by its own fault.
func (j *job) say(o sched.Outcome) {
	var notStarted *remote.NotStartedError
	switch {
	case errors.As(o.Err, &notStarted):
		if j.r.command.same() && notStarted.Status == statusNotFound {
			j.r.absent.Do(func() { j.r.complain(o.Err) })
			return
		}
		j.r.complain(fmt.Errorf("task %d: %w", j.v.seq, o.Err))
	case o.TimedOut() && j.chunk != nil:
		j.r.complain(fmt.Errorf("task %d (%s): timed out after %v; smaller chunks take less time", j.v.seq, j.chunk.name(),
			o.Wall.Round(time.Millisecond)))
	case o.TimedOut():
		j.r.complain(fmt.Errorf("task %d: timed out after %v: %s", j.v.seq, o.Wall.Round(time.Millisecond), brief(j.text)))
	}
}

// statusNotFound is the status of a command that was not found.
const statusNotFound = 127

// Halve implements sched.Halver.
func (j *job) Halve() ([]sched.Job, bool) {
	if j.chunk == nil {
		return nil, false
	}
	chunks, err := j.chunk.halve(j.r.ctx)
	if err != nil || len(chunks) == 0 {
		return nil, false // the task has timed out then
	}
	j.half = j.half.split()
	var jobs []sched.Job
	for _, c := range chunks {
		h := &job{r: j.r, v: j.v, stage: j.stage, text: j.text, tag: j.tag, chunk: c, half: j.half, width: j.width, counted: true}
		j.halves = append(j.halves, h)
		jobs = append(jobs, h)
	}
	return jobs, true
}

// checked runs tasks that could be put together, or shows them if that is all that is wanted.
type checked struct {
	remote.Runner
	r *mapRun
}

func (r *mapRun) checked() remote.Runner { return checked{r.runner, r} }

// statusCannot is the status of a command that cannot be executed.
const statusCannot = 126

func (c checked) Run(ctx context.Context, t *remote.Task, s remote.Streams) (*remote.Result, error) {
	if fault, ok := c.r.faults.LoadAndDelete(t.ID); ok {
		return nil, &remote.NotStartedError{Status: statusCannot, Err: fault.(error)}
	}
	if !c.r.options.dryRun {
		return c.Runner.Run(ctx, t, s)
	}
	text := t.Stages[0].Source
	if argv := t.Stages[0].Argv; argv != nil {
		text = quoteWords(argv)
	}
	if _, err := s.Stdout.WriteString(text + "\n"); err != nil {
		return nil, err
	}
	return &remote.Result{Statuses: []int{0}}, nil
}
