package agent

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"sshell/interp/plan"
	"sshell/remote"
)

// socketFd is where the agent finds its end of the socket. The number is high for the sake of what the agent starts: Linux
// gives a process a table of descriptors as large as its parent's highest one asks for, and to grow it later, as a worker
// does that moves its socket out of the way of scripts, takes a process with threads 10 ms and more.
const socketFd = 255

// start starts the agent's program. The error is a *remote.NotStartedError.
func (c *Config) start(env []string, dir string) (*program, error) {
	path, err := c.find(env, dir)
	if err != nil {
		return nil, notStarted(err)
	}
	p := &program{path: path}
	if err := p.start(c.Args, env); err != nil {
		return nil, notStarted(fmt.Errorf("agent: %s: %w", path, cause(err)))
	}
	return p, nil
}

func notStarted(err error) error {
	return &remote.NotStartedError{Status: plan.StatusMachinery, Err: err}
}

// start starts the process with one end of a socket and of a pipe.
func (p *program) start(args, env []string) (err error) {
	ours, theirs, err := newPair()
	if err != nil {
		return err
	}
	defer theirs.Close()
	if p.socket, err = newConn(ours); err != nil {
		ours.Close()
		return err
	}
	defer func() {
		if err != nil {
			p.socket.close()
		}
	}()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer w.Close()
	files := make([]*os.File, max(socketFd, lastInherited())+1) // nil: closed in the agent
	files[0], files[1], files[2], files[socketFd] = null, null, w, theirs
	argv := append(append([]string{p.path}, args...), SocketFlag, strconv.Itoa(socketFd))
	p.process, err = os.StartProcess(p.path, argv, &os.ProcAttr{Env: env, Files: files, Sys: apart()})
	if err != nil {
		r.Close()
		return err
	}
	p.stderr = r
	return nil
}

// newPair makes a socket. theirs is for the process.
func newPair() (ours, theirs *os.File, err error) {
	fds, err := socketpair()
	if err != nil {
		return nil, nil, err
	}
	if ours, err = newSocket(fds[0]); err != nil {
		closeFds(fds[:])
		return nil, nil, err
	}
	return ours, os.NewFile(uintptr(fds[1]), "agent"), nil
}

// lastInherited gives the highest descriptor that a process started here would inherit unasked: those that this process
// got from whoever started it, such as the lock file of a script around it.
func lastInherited() int {
	names, err := os.ReadDir("/dev/fd")
	if err != nil {
		return -1
	}
	last := -1
	for _, name := range names {
		n, err := strconv.Atoi(name.Name())
		if err != nil || n <= last {
			continue
		}
		if flags, err := unix.FcntlInt(uintptr(n), unix.F_GETFD, 0); err == nil && flags&unix.FD_CLOEXEC == 0 {
			last = n
		}
	}
	return last
}
