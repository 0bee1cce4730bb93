package main

import (
	"os"

	"sshell/interp/plan"
	"sshell/remote/agent"
	"sshell/shell"
)

// agentProgram is the agent's program, beside this one's.
const agentProgram = "sshell-agent"

// agentTargets are the targets that only the agent serves, because of what they link.
var agentTargets []plan.Target

// agentSegments makes what runs stages in the agent, which starts with the first.
func agentSegments(setup shell.Setup) (plan.Segments, error) {
	path, err := os.Executable()
	if err != nil {
		path = "" // the agent is found by PATH, and its tasks by source have no shell
	}
	cfg := agent.Config{Program: agentProgram, Beside: path, Build: agent.Build()}
	if path != "" {
		cfg.Args = append(cfg.Args, "--shell", path)
	}
	if setup.Isolate {
		cfg.Args = append(cfg.Args, "--isolate")
	}
	return agent.New(cfg), nil
}
