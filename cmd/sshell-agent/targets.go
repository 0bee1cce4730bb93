package main

import (
	"fmt"
	"slices"
	"strings"

	"sshell/interp/plan"
	"sshell/remote"
	"sshell/remote/flow"
	"sshell/remote/local"
)

// segments makes a flow over the targets.
func segments(a *arguments) plan.Segments {
	there := targets(a)
	return flow.New(flow.Config{Runner: func(target plan.Target, o flow.RunnerOptions) (remote.Runner, error) {
		if open := there[target]; open != nil {
			return open(o)
		}
		var names []string
		for name := range there {
			names = append(names, string(name))
		}
		slices.Sort(names)
		return nil, fmt.Errorf("the agent has no target %s; it has: %s", target, strings.Join(names, " "))
	}})
}

// targets are the targets that this program serves. A shell sends it those that cmd/sshell lists as the agent's.
func targets(a *arguments) map[plan.Target]func(flow.RunnerOptions) (remote.Runner, error) {
	return map[plan.Target]func(flow.RunnerOptions) (remote.Runner, error){
		plan.Local: func(o flow.RunnerOptions) (remote.Runner, error) {
			cfg := local.Config{Isolate: a.isolate || o.Isolate}
			if a.shell != "" {
				cfg.Self, cfg.Shell = []string{a.shell, "--worker"}, []string{a.shell}
			}
			return local.New(cfg)
		},
	}
}
