// Command sshell is a bash-compatible shell whose pipelines can leave the machine. See the README for its use; this
// file only wires.
package main

import (
	"context"
	"os"
	"strconv"

	"sshell/interp"
	"sshell/interp/plan"
	"sshell/remote/worker"
	"sshell/shell"
)

// workerFlag is the first argument of this program when it runs one task, see remote/worker.
const workerFlag = "--worker"

func main() {
	os.Exit(run())
}

func run() int {
	dir, err := os.Getwd()
	if err != nil {
		dir = "" // the agent looks where it is
	}
	far := &distant{dir: dir}
	program := shell.Program{
		Args: os.Args,
		Self: []string{self()},
		Routes: []shell.Route{
			{Targets: []plan.Target{plan.Local}, Segments: far.local},
			{Targets: []plan.Target{plan.Lambda}, Segments: far.segments},
		},
		Files: far.files,
	}
	if len(os.Args) == 3 && os.Args[1] == interp.SubshellFlag {
		if fd, err := strconv.Atoi(os.Args[2]); err == nil {
			return program.Subshell(fd)
		}
	}
	if len(os.Args) > 1 && os.Args[1] == workerFlag {
		return worker.Main(os.Args[2:], prepare(program))
	}
	return program.Run(context.Background())
}

// self is the path of this program, also where it was deleted or replaced meanwhile.
func self() string {
	if _, err := os.Stat("/proc/self/exe"); err == nil {
		return "/proc/self/exe"
	}
	path, err := os.Executable()
	if err != nil {
		return os.Args[0]
	}
	return path
}
