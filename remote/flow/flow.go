package flow

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
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
}

// Flow runs segments. It implements plan.Segments and plan.Explainer, and may be used concurrently.
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
	umask   *int     // nil if the tasks' is this process's
	needs   sync.Map // by *command: what tasks of it need, []string

	mu    sync.Mutex
	opens []io.Closer // runners that are the segment's own
}

func (f *Flow) segment(seg plan.Segment) *segment {
	s := &segment{Flow: f, Segment: seg, id: ledger.NewID(time.Now()), environ: f.cfg.Environ(seg.Snapshot)}
	if seg.Snapshot == nil {
		return s
	}
	s.dir = seg.Snapshot.Dir
	// A mask of its own costs a task a thread of its own on this machine.
	if mask, ok := processUmask(); !ok || mask != seg.Snapshot.Umask {
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
	// explain returns what would be run, a line each.
	explain(ctx context.Context, s *segment) ([]string, error)
}

// streams are the descriptors of a unit; they stay the caller's.
type streams struct {
	stdin, stdout *os.File
	stderr        []*os.File // one per stage
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
	if err != nil {
		s.say(0, err)
		return statuses, nil
	}
	r := &segmentRun{segment: s, statuses: statuses}
	r.run(ctx, units)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return statuses, nil
}

// segmentRun runs the units of a segment beside each other.
type segmentRun struct {
	*segment
	statuses []plan.Status
	stop     context.CancelCauseFunc
	running  sync.WaitGroup
	failing  sync.Mutex
	failed   bool // under failing
}

func (r *segmentRun) run(ctx context.Context, units []unit) {
	ctx, r.stop = context.WithCancelCause(ctx)
	defer r.stop(nil)
	first, stdin := 0, r.Stdin
	for i, u := range units {
		io := streams{stdin: stdin, stdout: r.Stdout, stderr: r.Stderr[first : first+u.stages()]}
		var ends []*os.File // that are ours to close
		if i > 0 {
			ends = append(ends, stdin)
		}
		if i < len(units)-1 {
			pr, pw, err := os.Pipe()
			if err != nil {
				r.fail(first, fmt.Errorf("join stages: %w", cause(err)))
				closeAll(ends)
				break
			}
			io.stdout, stdin = pw, pr
			ends = append(ends, pw)
		}
		at := first
		r.running.Go(func() { r.unit(ctx, u, at, io, ends) })
		first += u.stages()
	}
	r.running.Wait()
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}

// unit runs one unit. Whoever reads from it is stopped before its pipe is closed, if it failed.
func (r *segmentRun) unit(ctx context.Context, u unit, first int, io streams, ends []*os.File) {
	defer closeAll(ends)
	statuses, err := u.run(ctx, r.segment, io)
	copy(r.statuses[first:], statuses)
	if err == nil || ctx.Err() != nil {
		return
	}
	stage := first + u.stages() - 1
	var at *stageError
	if errors.As(err, &at) {
		stage, err = first+at.stage, at.error
	}
	r.fail(stage, err)
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
		lines = append(lines, more...)
		first += u.stages()
	}
	return lines, nil
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
