package flow

import (
	"sshell/remote/sched"
)

// placing is what parmap, reduce and on have in common: where and within which bounds a command runs.
type placing struct {
	target  string
	memory  int           // MiB, 0 for no bound
	timeout sched.Timeout // of each attempt
	with    []string      // files
	returns []string      // patterns
	env     []string      // names of variables that travel although they look like secrets
	isolate bool
}

// mib is the unit of --memory.
const mib = 1 << 20

func (p *placing) options() []option {
	return []option{
		{names("memory"), required, setCount(&p.memory, 1)},
		{names("timeout"), required, setParsed(&p.timeout, sched.ParseTimeout)},
		{names("with"), required, addString(&p.with)},
		{names("return"), required, addString(&p.returns)},
		{names("env"), required, addString(&p.env)},
		{names("isolate"), flag, setBool(&p.isolate)},
	}
}

// special reports whether anything was asked that holds for one task.
func (p *placing) special() bool {
	return p.memory > 0 || p.timeout != sched.Timeout{} || p.isolate || len(p.with)+len(p.returns)+len(p.env) > 0
}

// onOption is --on, which the planner has acted on.
func (p *placing) onOption() option { return option{names("on"), required, setString(&p.target)} }

// RunnerOptions are what a user asked of the place where a stage runs.
type RunnerOptions struct {
	Isolate bool     // an empty root with what was shipped, and nothing else
	With    []string // files that must be there, paths absolute or from Dir
	Return  []string // patterns of files that come back
	Env     []string // names of variables that travel although they look like secrets
	Once    bool     // no task may run twice
	Dir     string   // the working directory of the shell

	// Procs tasks are to run beside each other in one place, such as a function, as copies of a command that use its processors, and
	// Places such places at a time. 0 and 1 stand for a place each. A target that is one machine needs none of it.
	Procs, Places int
}

// beside is o for tasks that run beside each other, so many of so many at a time.
func (o RunnerOptions) beside(procs, slots int) RunnerOptions {
	if procs > 1 {
		o.Procs, o.Places = procs, max(1, slots/procs)
	}
	return o
}

func (p *placing) runnerOptions(dir string, once bool) RunnerOptions {
	return RunnerOptions{Isolate: p.isolate, With: p.with, Return: p.returns, Env: p.env, Once: once, Dir: dir}
}
