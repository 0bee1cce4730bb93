package worker

import (
	"errors"
	"fmt"
	"io/fs"

	"sshell/interp/plan"
	"sshell/remote"
	"sshell/remote/ship"
)

// shipment is what an isolated task sees of this machine's files.
type shipment struct {
	files []ship.File
	names map[string]bool // the paths of files
}

// shipmentFor collects what a task ships, with this program where there is source to run, and the shell where a script has
// no interpreter line. It is called in the task's directory.
func shipmentFor(o *order, self string) (*shipment, error) {
	base := newEnviron(o.Task.Environ).with(o.Task.Env)
	req := ship.Request{Artifacts: o.Task.Artifacts, Env: base.list}
	if len(o.Shell) > 0 {
		req.Shell = o.Shell[0]
	}
	source := false
	for _, st := range o.Task.Stages {
		req.Commands = append(req.Commands, ship.Command{Argv: st.Argv, Env: base.with(st.Env).list})
		source = source || st.Argv == nil
	}
	files, err := ship.Gather(req)
	var not *ship.Error
	if errors.As(err, &not) && not.Command {
		status := statusNotExecutable
		if errors.Is(err, fs.ErrNotExist) {
			status = statusNotFound
		}
		return nil, &remote.NotStartedError{Status: status, Err: err}
	}
	if err == nil && source {
		var more []ship.File
		more, err = ship.Resolve(self, nil, "")
		files = append(files, more...)
	}
	if err != nil {
		return nil, err
	}
	s := &shipment{files: files, names: make(map[string]bool)}
	for _, f := range files {
		s.names[f.Path] = true
	}
	return s, nil
}

// Travels says what an isolated task would see of this machine's files, a line each.
func Travels(t *remote.Task, shell []string) ([]string, error) {
	req := ship.Request{Dir: t.Dir, Artifacts: t.Artifacts, Env: t.Environ}
	if len(shell) > 0 {
		req.Shell = shell[0]
	}
	env := newEnviron(t.Environ)
	for _, st := range t.Stages {
		if st.Argv != nil {
			req.Commands = append(req.Commands, ship.Command{Argv: st.Argv, Env: env.with(st.Env).list})
		}
	}
	files, err := ship.Gather(req)
	return ship.Lines(files), err
}

// refused is an error of the machinery before anything of the task was started.
func refused(format string, args ...any) error {
	return &remote.NotStartedError{Status: plan.StatusMachinery, Err: fmt.Errorf(format, args...)}
}
