package main

import (
	"context"
	"fmt"
	"io"
	"sync"

	"sshell/interp/plan"
	"sshell/remote"
	"sshell/remote/flow"
	"sshell/remote/local"
)

// targets run the segments of the targets that this program serves. A shell sends those that cmd/sshell lists as the
// agent's.
type targets struct {
	*arguments
}

// runner gives what runs tasks on a target. What is opened for one segment alone goes to s, to be closed with it; a Runner
// that is nobody's in particular, such as one that keeps connections warm, does not.
func (t *targets) runner(s *segment, target plan.Target, o flow.RunnerOptions) (remote.Runner, error) {
	switch target {
	case plan.Local:
		cfg := local.Config{Isolate: t.isolate || o.Isolate}
		if t.shell != "" {
			cfg.Self, cfg.Shell = []string{t.shell, "--worker"}, []string{t.shell}
		}
		r, err := local.New(cfg)
		if err != nil {
			return nil, err
		}
		s.closeLater(r)
		return r, nil
	}
	return nil, fmt.Errorf("the agent has no target %s; it has: %s", target, plan.Local)
}

// Run implements plan.Segments. When it returns, nothing of the segment is open any more: the agent lives on, and must not
// hold files and pipes that the user thinks are done with.
func (t *targets) Run(ctx context.Context, seg plan.Segment) ([]plan.Status, error) {
	s := &segment{targets: t}
	defer s.close()
	return s.flow().Run(ctx, seg)
}

// Explain implements plan.Explainer.
func (t *targets) Explain(ctx context.Context, seg plan.Segment) ([]string, error) {
	s := &segment{targets: t}
	defer s.close()
	return s.flow().Explain(ctx, seg)
}

// segment is one segment that runs.
type segment struct {
	*targets
	mu   sync.Mutex
	open []io.Closer
}

func (s *segment) flow() *flow.Flow {
	return flow.New(flow.Config{Runner: func(target plan.Target, o flow.RunnerOptions) (remote.Runner, error) {
		return s.runner(s, target, o)
	}})
}

func (s *segment) closeLater(c io.Closer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open = append(s.open, c)
}

func (s *segment) close() {
	for _, c := range s.open {
		c.Close()
	}
}
