package worker

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"sshell/interp/plan"
	"sshell/remote"
	"sshell/remote/ship"
)

// shipment is what an isolated task sees of this machine's files: under each name the file that it stands for here.
type shipment struct {
	order []string // names, absolute, in the order in which they were added
	real  map[string]string
}

// add lists a file or folder under the name that it has here.
func (s *shipment) add(name string) error {
	if _, ok := s.real[name]; ok {
		return nil
	}
	real, err := filepath.EvalSymlinks(name)
	if err != nil {
		return err
	}
	if s.real == nil {
		s.real = make(map[string]string)
	}
	s.real[name] = real
	s.order = append(s.order, name)
	return nil
}

// program lists a program with all that it needs.
func (s *shipment) program(name string, env []string) error {
	files, err := ship.Resolve(name, env, "")
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := s.add(f.Path); err != nil {
			return err
		}
	}
	return nil
}

// shipmentFor collects what a task ships: the programs of its argument vectors, its artifacts, this program where there is
// source to run, and the shell where a script has no interpreter line. It is called in the task's directory.
func shipmentFor(o *order, self string) (*shipment, error) {
	s := new(shipment)
	base := newEnviron(o.Task.Environ).with(o.Task.Env)
	var source bool
	for _, st := range o.Task.Stages {
		if st.Argv == nil {
			source = true
			continue
		}
		if err := s.command(st.Argv[0], base.with(st.Env), o); err != nil {
			return nil, err
		}
	}
	if source {
		if err := s.program(self, nil); err != nil {
			return nil, err
		}
	}
	for _, name := range o.Task.Artifacts {
		if err := s.artifact(name, base); err != nil {
			return nil, fmt.Errorf("ship %s: %w", name, bare(err))
		}
	}
	return s, nil
}

// command lists the program of a stage. One that is not found is left to the stage itself, which then says so.
func (s *shipment) command(name string, env environ, o *order) error {
	file, _, err := new(programs).find(name, env.path(), "")
	if err != nil {
		return nil
	}
	file, err = filepath.Abs(file)
	if err != nil {
		return err
	}
	if st, err := os.Stat(file); err != nil || !st.Mode().IsRegular() {
		return nil
	}
	if err := s.program(file, env.list); err != nil {
		status := statusNotExecutable
		if errors.Is(err, fs.ErrNotExist) {
			status = statusNotFound
		}
		return &remote.NotStartedError{Status: status, Err: fmt.Errorf("ship %s: %w", name, err)}
	}
	if needsShell(file) && len(o.Shell) > 0 {
		return s.program(o.Shell[0], env.list)
	}
	return nil
}

// needsShell reports whether the kernel would refuse a file for its format.
func needsShell(file string) bool {
	f, err := os.Open(file)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 4)
	n, _ := f.Read(head)
	text := string(head[:n])
	return !strings.HasPrefix(text, "#!") && !strings.HasPrefix(text, "\x7fELF")
}

// artifact lists what the user named: a file or folder here, or a program on PATH.
func (s *shipment) artifact(name string, env environ) error {
	path, err := filepath.Abs(name)
	if err != nil {
		return err
	}
	st, err := os.Stat(path)
	if err != nil && !strings.Contains(name, "/") {
		return s.program(name, env.list)
	}
	switch {
	case err != nil:
		return err
	case st.Mode().IsRegular() && st.Mode()&0o111 != 0:
		return s.program(path, env.list)
	}
	return s.add(path)
}

// refused is an error of the machinery before anything of the task was started.
func refused(format string, args ...any) error {
	return &remote.NotStartedError{Status: plan.StatusMachinery, Err: fmt.Errorf(format, args...)}
}
