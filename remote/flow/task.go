package flow

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"sshell/interp/plan"
	"sshell/remote"
	"sshell/remote/sched"
)

// What a command finds in SSHELL_ROLE.
const (
	roleWorker  = "worker"
	roleReducer = "reducer"
)

// roleEnv returns what tells a command its role.
func roleEnv(role, roleVar string) []string {
	env := []string{"SSHELL_ROLE=" + role}
	if roleVar != "" {
		env = append(env, roleVar+"="+role)
	}
	return env
}

// taskUnit is a task of stages that are joined by kernel pipes. On the segment's own descriptors it runs again when it was lost
// only if nothing was written there: that cannot be taken back.
type taskUnit struct {
	first int
	parts []*fused
}

func (u *taskUnit) stages() int { return len(u.parts) }

func (u *taskUnit) explain(_ context.Context, s *segment) ([]string, error) {
	lead := u.parts[0]
	var stages []remote.Stage
	for _, p := range u.parts {
		stages = append(stages, p.stage)
	}
	o := lead.placing.runnerOptions(s.dir, true)
	artifacts, behind := s.stageArtifacts(stages, lead.placing.with, o)
	lines := append([]string{"tasks 1"}, s.travels(o, stages, artifacts)...)
	for _, line := range behind {
		lines = append(lines, "left behind: "+line)
	}
	return lines, nil
}

func (u *taskUnit) run(ctx context.Context, s *segment, io streams) ([]plan.Status, error) {
	lead := u.parts[0]
	runner, err := s.runner(lead.placing.runnerOptions(s.dir, true))
	if err != nil {
		return nil, err
	}
	var stages []remote.Stage
	for _, p := range u.parts {
		stages = append(stages, p.stage)
	}
	t := s.task(stages...)
	t.Env = append(t.Env, "SSHELL_RUN="+s.id, "SSHELL_TASK=0", "SSHELL_ATTEMPT=0")
	if lead.role != "" {
		t.Env = append(t.Env, roleEnv(lead.role, lead.roleVar)...)
	}
	var behind []string
	t.Artifacts, behind = s.stageArtifacts(stages, lead.placing.with, lead.placing.runnerOptions(s.dir, true))
	for _, line := range behind {
		s.warn(line)
	}
	t.Return = lead.placing.returns
	t.Limits = remote.Limits{Timeout: lead.placing.timeout.Fixed, Memory: int64(lead.placing.memory) * mib}
	if !lead.noInput {
		t.Input = io.input()
		t.Input.File = io.fromFile() && s.sharesInput(&stages[0])
	}
	if list, ok := io.from.(*listEdge); ok {
		if err := list.wait(ctx); err != nil {
			return nil, err
		}
	}
	if t.Output, err = s.output(ctx, io, u.tries()); err != nil {
		return nil, err
	}
	if err = s.markStreams(ctx, t); err != nil {
		return nil, err
	}
	if err := s.tasks.take(1); err != nil {
		return nil, err
	}
	share := s.tasks.divide(1, s.parts)
	t.Env = append(t.Env, s.tasks.env(share)...)
	result, err := u.attempts(ctx, s, runner, t, io)
	if err == nil {
		s.tasks.give(share, result.Started)
	}
	statuses, err := u.settle(io, t, result, err)
	return statuses, u.deliver(ctx, io, result, statuses, err)
}

// taskTries is how many attempts a task has that can be lost without harm: as many as others.
const taskTries = 3

// tries is how many attempts there may be.
func (u *taskUnit) tries() int {
	if u.parts[0].once {
		return 1
	}
	return taskTries
}

// attempts runs the task, again if it was lost and nothing has come of it: what it reads can be read again, and what it writes is
// stored, or was not written yet.
func (u *taskUnit) attempts(ctx context.Context, s *segment, runner remote.Runner, t *remote.Task, io streams) (*remote.Result, error) {
	start := offset(io.stdin)
	for n := 0; ; n++ {
		result, err := runner.Run(ctx, t, remote.Streams{Stdin: io.stdin, Stdout: io.stdout, Stderr: io.stderr[0]})
		var unheard *remote.UnheardError
		silent := errors.As(err, &unheard)
		if errors.Is(err, remote.ErrLost) && t.Output.Next != "" {
			s.scratch.use(t.Output.Next) // the reader goes there, whoever writes it
		}
		if !errors.Is(err, remote.ErrLost) || ctx.Err() != nil || n+1 == u.tries() || t.Output.Kind != remote.ObjectOutput && !silent {
			return result, err
		}
		again := *t
		if !io.replay(ctx, &again, unheard, start) {
			return nil, err
		}
		pause(ctx, n)
		again.Attempt = n + 1
		switch e, ok := io.to.(*streamEdge); {
		case ok:
			open := t.Output.Open
			again.Output = e.output(n+1, u.tries())
			again.Output.Open = open
		case t.Output.Kind == remote.ObjectOutput:
			again.Output = s.scratch.output(strings.TrimSuffix(t.Output.Object, "/"+strconv.Itoa(n)), n+1)
		}
		t = &again
	}
}

// replay makes the input of a task that was lost that of another attempt, and reports whether that can be. A stream between two
// tasks is read from its beginning: it is broken if the first reader has told the writer that it wants no more.
func (io *streams) replay(ctx context.Context, t *remote.Task, lost *remote.UnheardError, start int64) bool {
	switch t.Input.Kind {
	case remote.ListInput:
		pieces, err := io.from.(*listEdge).whole(ctx)
		t.Input = remote.Input{Kind: remote.PiecesInput, Pieces: pieces}
		return err == nil
	case remote.StreamInput:
		switch {
		case lost == nil:
			return false
		case lost.Input != nil:
			t.Input = *lost.Input
		case lost.Taken:
			return start >= 0 && rewind(io.stdin, start)
		}
	}
	return true
}

// offset is where a file stands, -1 for what is none, or nil.
func offset(f *os.File) int64 {
	if f == nil {
		return -1
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return -1
	}
	at, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		return -1
	}
	return at
}

// rewind makes a file stand where it stood.
func rewind(f *os.File, at int64) bool {
	_, err := f.Seek(at, io.SeekStart)
	return err == nil
}

// input is what a task reads.
func (io *streams) input() remote.Input {
	switch e := io.from.(type) {
	case *streamEdge:
		return remote.Input{Kind: remote.PipeInput, Stream: e.name}
	case *listEdge:
		return remote.Input{Kind: remote.ListInput, Stream: e.name}
	}
	if io.object != "" {
		return remote.Input{Kind: remote.PiecesInput, Pieces: []remote.Piece{{Object: io.object, End: -1}}}
	}
	return remote.Input{Kind: remote.StreamInput}
}

// output is where a task that runs once writes.
func (s *segment) output(ctx context.Context, io streams, tries int) (remote.Output, error) {
	if e, ok := io.to.(*streamEdge); ok {
		return e.output(0, tries), nil
	}
	t := io.taker()
	if t == nil {
		return remote.Output{}, nil
	}
	object, err := s.scratch.object(ctx, t.bucket())
	if err != nil {
		return remote.Output{}, err
	}
	return s.scratch.output(object, 0), nil
}

// deliver hands on what a task has stored.
func (u *taskUnit) deliver(ctx context.Context, io streams, result *remote.Result, statuses []plan.Status, err error) error {
	status := plan.StatusMachinery
	if len(statuses) > 0 {
		status = statuses[len(statuses)-1]
	}
	if e, ok := io.to.(*streamEdge); ok && err == nil && result == nil {
		e.finish(ctx, status)
	}
	t := io.taker()
	if t == nil {
		return err
	}
	if err == nil {
		err = t.add(storedOutput(result))
	}
	if endErr := t.end(err, status); err == nil {
		err = endErr
	}
	if errors.Is(err, errGone) {
		statuses[len(statuses)-1] = statusGone
		return nil
	}
	return err
}

func (u *taskUnit) storesOutput() bool { return true }

func (u *taskUnit) readsObject(s *segment) bool { return s.scratch != nil && !u.parts[0].noInput }

// settle returns the statuses of a task that has ended.
func (u *taskUnit) settle(io streams, t *remote.Task, result *remote.Result, err error) ([]plan.Status, error) {
	var notStarted *remote.NotStartedError
	switch {
	case errors.As(err, &notStarted) && notStarted.Status != plan.StatusMachinery && len(u.parts) == 1:
		fmt.Fprintf(io.stderr[0], "sshell: %v\n", err)
		return []plan.Status{notStarted.Status}, nil
	case err != nil:
		return nil, err
	case result.TimedOut:
		fmt.Fprintf(io.stderr[0], "sshell: timed out after %v\n", t.Limits.Timeout.Round(time.Millisecond))
	}
	statuses := make([]plan.Status, len(u.parts))
	copy(statuses, result.Statuses)
	if last := len(statuses) - 1; result.TimedOut && statuses[last] == 0 {
		statuses[last] = sched.StatusTimedOut
	}
	return statuses, nil
}
