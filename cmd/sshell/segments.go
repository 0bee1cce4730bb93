package main

import (
	"fmt"

	"sshell/interp"
	"sshell/interp/plan"
	"sshell/remote"
	"sshell/remote/flow"
	"sshell/remote/local"
	"sshell/shell"
)

// segments makes what runs the stages that leave the client: a flow over the targets that this program has.
func segments(setup shell.Setup) (plan.Segments, error) {
	runner := func(target plan.Target, o flow.RunnerOptions) (remote.Runner, error) {
		if target != plan.Local {
			return nil, fmt.Errorf("no target %s", target)
		}
		return local.New(local.Config{
			Files:   setup.Files,
			Self:    []string{self(), workerFlag},
			Shell:   []string{self()},
			Isolate: setup.Isolate || o.Isolate,
			Objects: setup.S3Dir,
		})
	}
	return flow.New(flow.Config{Runner: runner, Files: setup.Files}), nil
}

// prepare completes the interpreter of a worker: a stage there may use every word that the client has. It was placed
// already, so that neither a default target nor a rule applies to what is in it.
func prepare(program shell.Program) func(*interp.Config) {
	return func(cfg *interp.Config) {
		mine := program.Config()
		cfg.Self, cfg.Segments, cfg.Planner = mine.Self, mine.Segments, mine.Planner
		cfg.Facts, cfg.Files, cfg.Words = mine.Facts, mine.Files, mine.Words
		cfg.Facts.Default, cfg.Facts.Rules = "", nil
	}
}
