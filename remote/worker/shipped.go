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

// shipment is what an isolated task sees of this machine's files.
type shipment struct {
	files []ship.File
	names map[string]bool // the paths of files
}

// add lists a file or folder under the name that it has here.
func (s *shipment) add(list ...ship.File) {
	for _, f := range list {
		if s.names[f.Path] {
			continue
		}
		if s.names == nil {
			s.names = make(map[string]bool)
		}
		s.names[f.Path] = true
		s.files = append(s.files, f)
	}
}

// program lists a program with all that it needs.
func (s *shipment) program(name string, env []string) error {
	files, err := ship.Resolve(name, env, "")
	if err == nil {
		s.add(files...)
	}
	return err
}

// argument lists a file that an argument names. What else an argument may be is not known here, so nothing about it is
// an error.
func (s *shipment) argument(name string, env environ) {
	path, err := filepath.Abs(name)
	if err != nil {
		return
	}
	st, err := os.Stat(path)
	if err != nil || !st.Mode().IsRegular() {
		return
	}
	if st.Mode()&0o111 == 0 || s.program(path, env.list) != nil {
		s.add(ship.File{Path: path})
	}
}

// shipmentFor collects what a task ships: the programs of its argument vectors and the files that these name, its artifacts,
// what the C library reads because of its environment, this program where there is source to run, and the shell where a
// script has no interpreter line. It is called in the task's directory.
func shipmentFor(o *order, self string) (*shipment, error) {
	s := new(shipment)
	base := newEnviron(o.Task.Environ).with(o.Task.Env)
	var source bool
	for _, st := range o.Task.Stages {
		env := base.with(st.Env)
		s.add(ship.Locale(env.list, "")...)
		if st.Argv == nil {
			source = true
			continue
		}
		if err := s.command(st.Argv[0], env, o); err != nil {
			return nil, err
		}
		for _, word := range st.Argv[1:] {
			s.argument(word, env)
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
	s.add(ship.File{Path: path})
	return nil
}

// refused is an error of the machinery before anything of the task was started.
func refused(format string, args ...any) error {
	return &remote.NotStartedError{Status: plan.StatusMachinery, Err: fmt.Errorf(format, args...)}
}
