package emulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
)

// process is an environment's processes: RunEnvironment, the bootstrap that it started, and what that starts.
type process struct {
	cmd     *exec.Cmd
	control *os.File // closed to have them killed
	reports *json.Decoder
	pipe    *os.File // reports come from it
	root    bool
	group   *cgroup // nil if there is none
	limit   int64   // bytes of memory
	tmp     string  // a folder to be removed, if it is not empty

	mu      sync.Mutex
	highest int64 // bytes of memory, as far as measured
}

// report is what RunEnvironment says of its bootstrap, one JSON value after the other: that it started or why not, and
// how it ended.
type report struct {
	Started     bool   `json:",omitempty"`
	RootRefused string `json:",omitempty"`
	NotStarted  string `json:",omitempty"`
	Ended       string `json:",omitempty"` // empty for status 0
}

// startProcess starts a bootstrap: in its own namespaces if it can.
func (e *environment) startProcess(api string) (*process, error) {
	s := e.server
	if !s.HostRoot {
		p, err := e.launch(api, true)
		var refused *rootError
		if !errors.As(err, &refused) {
			return p, err
		}
		if e.config.code.image != "" {
			return nil, &startError{err}
		}
		s.warn("environments are not isolated, functions see this machine's files and programs: " + refused.reason)
	}
	return e.launch(api, false)
}

// rootError says that this machine gives an environment no root of its own.
type rootError struct{ reason string }

func (e *rootError) Error() string { return e.reason }

func (e *environment) launch(api string, root bool) (p *process, err error) {
	p = &process{root: root, limit: int64(e.config.MemorySize) << 20}
	if !root {
		if p.tmp, err = os.MkdirTemp(e.server.Dir, "tmp-"); err != nil {
			return nil, fmt.Errorf("start environment: %w", err)
		}
	}
	order, control, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start environment: %w", err)
	}
	defer order.Close()
	p.control = control
	from, to, err := os.Pipe()
	if err != nil {
		control.Close()
		return nil, fmt.Errorf("start environment: %w", err)
	}
	p.pipe, p.reports = from, json.NewDecoder(from)
	self := e.server.Self
	p.cmd = exec.Command(self[0], self[1:]...)
	p.cmd.Env = []string{"GOMAXPROCS=1"} // what the machine's user has set is none of theirs; this one starts a fifth sooner, and only waits then
	p.cmd.Stdout, p.cmd.Stderr = e.logs.w, e.logs.w
	p.cmd.ExtraFiles = []*os.File{order, to}
	p.cmd.SysProcAttr = attributes(root)
	err = p.cmd.Start()
	to.Close()
	if err != nil {
		p.close()
		if root {
			return nil, &rootError{"the kernel refuses namespaces: " + err.Error()}
		}
		return nil, fmt.Errorf("start environment: %w", err)
	}
	p.limitMemory(e)
	if err := p.begin(e.newLaunch(api, root, p.tmp)); err != nil {
		p.kill()
		p.cmd.Wait() // begin's error is why
		p.close()
		return nil, err
	}
	return p, nil
}

// begin has the bootstrap started.
func (p *process) begin(o *launch) error {
	if err := json.NewEncoder(p.control).Encode(o); err != nil {
		return fmt.Errorf("start environment: %w", err)
	}
	var r report
	switch err := p.reports.Decode(&r); {
	case err != nil:
		return fmt.Errorf("start environment: it ended: %w", err)
	case r.RootRefused != "":
		return &rootError{r.RootRefused}
	case r.NotStarted != "":
		return &startError{errors.New(r.NotStarted)}
	}
	return nil
}

// attributes are the namespaces of an environment: mounts, processes, System V and host names; and users if only that
// lets it have the others. The network is the machine's, where the servers are.
func attributes(root bool) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if !root {
		return attr
	}
	attr.Cloneflags = syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS
	if os.Geteuid() != 0 {
		attr.Cloneflags |= syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}}
	}
	return attr
}

// kill kills all processes. wait returns soon after.
func (p *process) kill() {
	p.control.Close()
	if p.root { // the first process of a namespace takes all others with it
		p.cmd.Process.Kill() // an error means that it has ended
	}
}

// wait waits until all processes have ended. Its error says how the bootstrap did, and is nil for status 0.
func (p *process) wait() error {
	var r report
	err := p.reports.Decode(&r)
	p.cmd.Wait() // its status says nothing; the report does
	switch {
	case err != nil:
		return errors.New("signal: killed")
	case r.Ended != "":
		return errors.New(r.Ended)
	}
	return nil
}

// close frees what is left when all processes have ended.
func (p *process) close() {
	p.control.Close()
	p.pipe.Close()
	if p.group != nil {
		p.group.remove()
	}
	if p.tmp != "" {
		os.RemoveAll(p.tmp)
	}
}
