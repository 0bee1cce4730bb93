//go:build !linux

package emulator

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// process is a bootstrap and its process group.
type process struct {
	cmd *exec.Cmd
	tmp string
}

// RunEnvironment has nothing to set up here, and is not called.
func RunEnvironment() int { return 1 }

// startProcess starts a bootstrap among the machine's files.
func (e *environment) startProcess(api string) (*process, error) {
	if e.config.code.image != "" {
		return nil, &startError{errors.New("images are run on Linux only")}
	}
	if !e.server.HostRoot {
		e.server.warn("environments are not isolated and memory is not limited: only Linux can")
	}
	tmp, err := os.MkdirTemp(e.server.Dir, "tmp-")
	if err != nil {
		return nil, fmt.Errorf("start environment: %w", err)
	}
	o := e.newLaunch(api, false, tmp)
	cmd := exec.Command(o.Path)
	cmd.Dir, cmd.Env = o.Dir, o.Env
	cmd.Stdout, cmd.Stderr = e.logs.w, e.logs.w
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(&startError{err}, os.RemoveAll(tmp))
	}
	return &process{cmd, tmp}, nil
}

func (p *process) kill() { syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) }

func (p *process) wait() error {
	err := p.cmd.Wait()
	p.kill() // what the bootstrap left
	return err
}

func (p *process) close() { os.RemoveAll(p.tmp) }

func (p *process) watchMemory(done <-chan struct{}, exceeded func()) { <-done }

// sweepGroups has nothing to remove here.
func sweepGroups(string) error { return nil }

func (p *process) peak() int64 { return 0 }
