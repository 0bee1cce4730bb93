package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// shell is an sshell that stays, so that its agent and connections are warm. It gets one statement after the other, as a
// script that is written while it runs.
type shell struct {
	cmd    *exec.Cmd
	script *os.File
	status *bufio.Reader
	stderr string // path
	ended  []*os.File
}

// newShell starts a shell that uses the services, with some of their variables changed.
func (l *lab) newShell(s *services, changed map[string]string) (*shell, error) {
	variables := map[string]string{}
	for _, from := range []map[string]string{s.variables, changed} {
		for name, value := range from {
			variables[name] = value
		}
	}
	script, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer script.Close()
	out, status, err := os.Pipe()
	if err != nil {
		in.Close()
		return nil, err
	}
	defer status.Close()
	sh := &shell{script: in, status: bufio.NewReader(out), stderr: filepath.Join(s.dir, "stderr"), ended: []*os.File{in, out}}
	stderr, err := os.Create(sh.stderr)
	if err == nil {
		defer stderr.Close()
		// The script is on descriptor 3, since standard input belongs to the stages.
		sh.cmd = exec.CommandContext(l.ctx, l.program("sshell"), "/dev/fd/3")
		sh.cmd.Dir, sh.cmd.Env, sh.cmd.Stderr = s.dir, environment(s.dir, variables), stderr
		sh.cmd.ExtraFiles = []*os.File{script, status}
		sh.cmd.Cancel = func() error { return sh.cmd.Process.Signal(syscall.SIGTERM) }
		sh.cmd.WaitDelay = 10 * time.Second // it tells its functions to stop
		err = sh.cmd.Start()
	}
	if err != nil {
		in.Close()
		out.Close()
		return nil, fmt.Errorf("start sshell: %w", err)
	}
	return sh, nil
}

// run runs a statement and tells how long it took: from when the shell was given it until it says that it ended. It is an
// error if its status is not 0.
func (s *shell) run(statement string) (time.Duration, error) {
	began := time.Now()
	if _, err := fmt.Fprintf(s.script, "%s\necho $? >&4\n", statement); err != nil {
		return 0, s.failed(statement, err)
	}
	line, err := s.status.ReadString('\n')
	took := time.Since(began)
	if err == nil && line != "0\n" {
		err = fmt.Errorf("status %s", strings.TrimSpace(line))
	}
	if err != nil {
		return 0, s.failed(statement, err)
	}
	return took, nil
}

// timed gives run of a statement as a side of figure.Duel.
func (s *shell) timed(statement string) func() (time.Duration, error) {
	return func() (time.Duration, error) { return s.run(statement) }
}

func (s *shell) failed(statement string, err error) error {
	said, _ := os.ReadFile(s.stderr)
	return fmt.Errorf("run %s: %w: %.1000s", statement, err, said)
}

// close ends the script, and waits for the shell.
func (s *shell) close() error {
	s.script.Close()
	err := s.cmd.Wait()
	for _, f := range s.ended {
		f.Close()
	}
	if err != nil {
		return s.failed("exit", err)
	}
	return nil
}

// processes gives the shell's process and its agent's, which is started by the first stage that leaves.
func (s *shell) processes() (client, agent process, err error) {
	client = process(s.cmd.Process.Pid)
	children, err := client.children()
	if err != nil {
		return client, 0, err
	}
	for _, p := range children {
		if name, err := p.name(); err == nil && name == "sshell-agent" {
			return client, p, nil
		}
	}
	return client, 0, errors.New("the shell has no agent")
}
