package flow

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"sshell/interp/plan"
	"sshell/remote"
	"sshell/remote/ledger"
)

// Config is what a Flow is made with. Runner must be set.
type Config struct {
	// Runner gives the Runner of a target. It is called once for each unit of a segment, concurrently. A Runner that is an
	// io.Closer is closed when the segment has ended: one that outlives it must not be.
	Runner func(target plan.Target, o RunnerOptions) (remote.Runner, error)
	// Files opens names that the kernel does not know; nil when there are none.
	Files plan.Files
	// Cores is how many tasks run at a time unless -j says so; 0 stands for the machine's processors.
	Cores int
	// TempDir is where output waits that memory does not hold; empty for the system's folder for such files.
	TempDir string
	// Environ gives the environment of commands as NAME=VALUE; nil takes the snapshot's exported variables and
	// functions, and this process's environment without a snapshot.
	Environ func(*plan.Snapshot) []string
	// CountTasks adds to how many tasks were started where TasksVar is a share that several runs have together, and returns
	// their sum; n may be 0, or negative for those that were not started. nil counts each run by itself.
	CountTasks func(n int64) (sum int64, err error)
}

// Flow runs segments. It implements plan.Segments, plan.Explainer and plan.ObjectReader, and may be used concurrently.
type Flow struct{ cfg Config }

// New returns a Flow.
func New(cfg Config) *Flow {
	if cfg.Cores < 1 {
		cfg.Cores = runtime.NumCPU()
	}
	if cfg.TempDir == "" {
		cfg.TempDir = os.TempDir()
	}
	if cfg.Environ == nil {
		cfg.Environ = exported
	}
	return &Flow{cfg}
}

// segment is one call of Run.
type segment struct {
	*Flow
	plan.Segment
	id      string // of the run
	dir     string
	environ []string
	umask   *int     // nil if the tasks' is this process's, which other targets know nothing of
	needs   sync.Map // by *command: what tasks of it need, []string

	scratch *scratch    // nil on a target whose tasks store nothing
	refused atomic.Bool // its output is none, by --strict
	tasks   *budget     // of tasks, nil for no bound
	parts   int         // units, which share it

	mu    sync.Mutex
	opens []io.Closer // runners that are the segment's own
}

func (f *Flow) segment(seg plan.Segment) *segment {
	s := &segment{Flow: f, Segment: seg, id: ledger.NewIDBelow(os.Getenv("SSHELL_RUN"), time.Now()), environ: f.cfg.Environ(seg.Snapshot)}
	if seg.Snapshot == nil {
		return s
	}
	s.dir = seg.Snapshot.Dir
	// A mask of its own costs a task a thread of its own on this machine.
	if mask, ok := processUmask(); !ok || mask != seg.Snapshot.Umask || seg.Target != plan.Local {
		s.umask = &seg.Snapshot.Umask
	}
	return s
}

// runner gives the Runner of a unit.
func (s *segment) runner(o RunnerOptions) (remote.Runner, error) {
	r, err := s.cfg.Runner(s.Target, o)
	if err != nil {
		return nil, err
	}
	if c, ok := r.(io.Closer); ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.opens = append(s.opens, c)
	}
	return r, nil
}

// close closes what the segment opened. Nothing of it may run.
func (s *segment) close() {
	if s.scratch != nil {
		_ = s.scratch.close() // what stays expires by the bucket's rule
	}
	for _, c := range s.opens {
		c.Close() // nothing was written with it
	}
}

// unit is one stage, or neighbouring stages that are one graph of tasks.
type unit interface {
	// stages returns how many of the segment's stages the unit is.
	stages() int
	// run runs the unit and returns a status for each of its stages. The error says why the machinery failed, and
	// is a *stageError where it is not the last stage's.
	run(ctx context.Context, s *segment, io streams) ([]plan.Status, error)
	// readsObject reports whether the unit can read standard input by an object's name.
	readsObject(s *segment) bool
	// storesOutput reports whether the unit's output can be objects of a store, on a target that has one.
	storesOutput() bool
	// explain returns what would be run, a line each.
	explain(ctx context.Context, s *segment) ([]string, error)
}

// streams are the descriptors of a unit; they stay the caller's.
type streams struct {
	stdin, stdout *os.File
	stderr        []*os.File // one per stage

	next *os.File // the reading end of the pipe that stdout is, for the next unit

	object string // the object that standard input is, instead of stdin
	from   edge   // where standard input comes from instead of stdin, nil for there
	to     edge   // where standard output goes instead of stdout, nil for there
}

// taker is to as what takes objects, nil if it is none.
func (io *streams) taker() taker {
	t, _ := io.to.(taker)
	return t
}

// stageError is an error of one stage of a unit.
type stageError struct {
	stage int
	error
}

func (e *stageError) Unwrap() error { return e.error }

// errBroken is why a unit is stopped when another one of its segment failed: it must not take a part for the whole.
var errBroken = errors.New("another stage failed")

// Run implements plan.Segments. Faults are written to the stage's Stderr, and are then a status of
// plan.StatusMachinery, not an error; the error is ctx's.
func (f *Flow) Run(ctx context.Context, seg plan.Segment) ([]plan.Status, error) {
	s := f.segment(seg)
	defer s.close()
	statuses := make([]plan.Status, len(seg.Stages))
	for i := range statuses {
		statuses[i] = plan.StatusMachinery
	}
	units, err := s.units()
	if err == nil {
		s.tasks, err = s.budget()
	}
	if err != nil {
		s.say(0, err)
		return statuses, nil
	}
	s.parts = len(units)
	s.scratch = s.openScratch()
	r := &segmentRun{segment: s, statuses: statuses}
	r.run(ctx, units)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	r.refuse()
	return statuses, nil
}

// refuse has an object that the segment's output is stay what it was, if --strict says so. What else there may be as standard
// output has got nothing.
func (r *segmentRun) refuse() {
	out, ok := r.Out.(plan.ObjectOutput)
	if !ok || !r.refused.Load() {
		return
	}
	if !r.collected {
		out.Make(plan.Content{Refused: true})
	}
	name, _ := out.Object()
	r.say(len(r.Stages)-1, fmt.Errorf("%s is not written: a task failed, and --strict takes all or nothing", name))
}

// ReadsObjects implements plan.ObjectReader.
func (f *Flow) ReadsObjects(plan.Target) bool { return f.cfg.Files != nil }

// segmentRun runs the units of a segment beside each other.
type segmentRun struct {
	*segment
	statuses []plan.Status
	stop     context.CancelCauseFunc
	running  sync.WaitGroup
	ended    []chan struct{} // of each unit: closed when it has ended
	failing  sync.Mutex
	failed   bool // under failing

	collected bool // a collector has the segment's output
}

func (r *segmentRun) run(ctx context.Context, units []unit) {
	ctx, r.stop = context.WithCancelCause(ctx)
	defer r.stop(nil)
	for range units {
		r.ended = append(r.ended, make(chan struct{}))
	}
	first, stdin := 0, r.Stdin
	var from edge
	for i, u := range units {
		io := streams{stdin: stdin, stdout: r.Stdout, stderr: r.Stderr[first : first+u.stages()], from: from}
		var ends []*os.File // that are ours to close
		switch {
		case i > 0 && stdin != nil:
			ends = append(ends, stdin)
		case i == 0 && r.In != "":
			var err error
			if ends, err = r.openObject(ctx, u, &io); err != nil {
				r.fail(first, err)
				return
			}
		}
		if i < len(units)-1 {
			if err := r.join(ctx, u, units[i+1], &io); err != nil {
				r.fail(first, fmt.Errorf("join stages: %w", cause(err)))
				closeAll(ends)
				for _, never := range r.ended[i:] {
					close(never)
				}
				break
			}
			stdin, from = io.next, io.to
			if io.stdout != nil {
				ends = append(ends, io.stdout)
			}
		} else if c := r.collect(ctx, u); c != nil {
			io.to, r.collected = c, true
		}
		at := first
		r.running.Go(func() {
			defer close(r.ended[i])
			r.unit(ctx, u, at, io, ends, r.ended[i+1:])
		})
		first += u.stages()
	}
	r.running.Wait()
}

// join joins a unit with the next one: by an edge, or else by a pipe.
func (r *segmentRun) join(ctx context.Context, u, next unit, io *streams) error {
	if io.to = r.edge(ctx, u, next); io.to != nil {
		io.stdout = nil
		return nil
	}
	var err error
	io.next, io.stdout, err = os.Pipe()
	return err
}

// openObject opens the object that a segment's standard input is, unless the first unit reads it by its name.
func (r *segmentRun) openObject(ctx context.Context, u unit, io *streams) ([]*os.File, error) {
	if io.object = r.In; u.readsObject(r.segment) {
		return nil, nil
	}
	f, err := r.cfg.Files.Open(ctx, r.In)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.In, cause(err))
	}
	io.object, io.stdin = "", f
	return []*os.File{f}, nil
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}

// unit runs one unit. If it failed, or was stopped, those behind it are stopped before its pipe is closed: who reads from it
// must not take a part for the whole.
func (r *segmentRun) unit(ctx context.Context, u unit, first int, io streams, ends []*os.File, behind []chan struct{}) {
	defer closeAll(ends)
	statuses, err := u.run(ctx, r.segment, io)
	copy(r.statuses[first:], statuses)
	if err != nil && ctx.Err() == nil {
		stage := first + u.stages() - 1
		var at *stageError
		if errors.As(err, &at) {
			stage, err = first+at.stage, at.error
		}
		r.statuses[stage] = plan.StatusMachinery // even if what failed is what became of the command's output
		r.fail(stage, err)
	}
	if ctx.Err() != nil {
		for _, ended := range behind {
			<-ended
		}
	}
}

func (r *segmentRun) fail(stage int, err error) {
	r.failing.Lock()
	defer r.failing.Unlock()
	r.stop(errBroken)
	if !r.failed {
		r.failed = true
		r.say(stage, err)
	}
}

// say writes an error to a stage's standard error.
func (s *segment) say(stage int, err error) {
	var at *stageError
	if errors.As(err, &at) {
		stage, err = at.stage, at.error
	}
	complain(s.Stderr[stage], s.Stages[stage].Name, err)
}

// complain writes one line.
func complain(w *os.File, word string, err error) {
	fmt.Fprintf(w, "sshell: %s: %v\n", word, err)
}

// Explain implements plan.Explainer.
func (f *Flow) Explain(ctx context.Context, seg plan.Segment) ([]string, error) {
	s := f.segment(seg)
	defer s.close()
	units, err := s.units()
	if err != nil {
		return nil, s.named(0, err)
	}
	var lines []string
	first := 0
	for _, u := range units {
		more, err := u.explain(ctx, s)
		if err != nil {
			return lines, s.named(first+u.stages()-1, err)
		}
		if seg.First > 0 {
			lines = append(lines, stageNumbers(seg.First+first, u.stages()))
		}
		lines = append(lines, more...)
		first += u.stages()
	}
	return lines, nil
}

// stageNumbers says which stages of a pipeline the next lines are about.
func stageNumbers(first, n int) string {
	switch n {
	case 1:
		return fmt.Sprintf("stage %d:", first)
	case 2:
		return fmt.Sprintf("stages %d and %d:", first, first+1)
	}
	return fmt.Sprintf("stages %d to %d:", first, first+n-1)
}

// named puts a stage's name before an error.
func (s *segment) named(stage int, err error) error {
	var at *stageError
	if errors.As(err, &at) {
		stage, err = at.stage, at.error
	}
	return fmt.Errorf("%s: %w", s.Stages[stage].Name, err)
}

// task returns what the tasks of a segment have in common.
func (s *segment) task(stages ...remote.Stage) *remote.Task {
	t := &remote.Task{Run: s.id, Stages: stages, Environ: s.environ, Dir: s.dir}
	for _, st := range stages {
		if st.Argv == nil {
			t.Snapshot = s.Snapshot
		}
	}
	t.Umask = s.umask
	return t
}
