package main

import (
	"fmt"

	"sshell/interp/plan"
	"sshell/remote"
	"sshell/remote/flow"
	"sshell/remote/local"
)

// segments makes what runs the segments of the targets that this program serves. A shell sends those that cmd/sshell lists as
// the agent's.
func segments(a *arguments) plan.Segments {
	return flow.New(flow.Config{Runner: a.runner})
}

// runner gives what runs tasks on a target.
func (a *arguments) runner(target plan.Target, o flow.RunnerOptions) (remote.Runner, error) {
	if target != plan.Local {
		return nil, fmt.Errorf("the agent has no target %s; it has: %s", target, plan.Local)
	}
	cfg := local.Config{Isolate: a.isolate || o.Isolate}
	if a.shell != "" {
		cfg.Self, cfg.Shell = []string{a.shell, "--worker"}, []string{a.shell}
	}
	return local.New(cfg)
}
