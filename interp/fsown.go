package interp

import (
	"golang.org/x/sys/unix"
)

// fsOwnership is what a shell knows of the thread that it runs on, and how to leave the directory as its parent
// had it.
type fsOwnership struct {
	thread *thread
	beside bool // runs beside its parent, not in the parent's stead
	saved  int  // descriptor of the parent's directory, 0 while this shell has not left it
	masked bool // changed the umask
}

// apart prepares a clone that will run in a goroutine of its own. beside says that the parent goes on
// meanwhile and may change directory.
func (c *Shell) apart(parent *Shell, beside bool) {
	t := &thread{from: -1}
	if beside || parent.fs.thread.own {
		if fd, err := unix.Open(".", openPath|unix.O_CLOEXEC, 0); err == nil {
			t.from = fd
		}
		t.mask = parent.currentUmask()
	}
	c.fs = fsOwnership{thread: t, beside: true}
}

// enterThread is called first in the goroutine of a clone.
func (c *Shell) enterThread() {
	t := c.fs.thread
	if t.from < 0 {
		return
	}
	defer unix.Close(t.from)
	if t.separate() == nil && t.own {
		chdirFd(t.from)
		unix.Umask(t.mask)
	}
}

// beforeChange makes sure that a change of directory or umask is seen by nobody but this shell.
func (sh *Shell) beforeChange() error {
	if sh.inline > 0 && !sh.fs.thread.own && sh.fs.thread != sh.proc.thread {
		return sh.fs.thread.separate()
	}
	return nil
}

// chdir changes the working directory of this shell.
func (sh *Shell) chdir(path string) error {
	if err := sh.beforeChange(); err != nil {
		return err
	}
	if sh.inline > 0 && sh.fs.saved == 0 && !sh.fs.beside {
		fd, err := unix.Open(".", openPath|unix.O_CLOEXEC, 0)
		if err != nil {
			fd = -1
		}
		sh.fs.saved = fd
	}
	return unix.Chdir(path)
}

// currentUmask is the mask of this shell.
func (sh *Shell) currentUmask() int { return sh.mask }

// processUmask asks the kernel, which tells only when it is told: for a process that runs nothing else yet.
func processUmask() int {
	mask := unix.Umask(0o077)
	unix.Umask(mask)
	return mask
}

// setUmask changes it, for this shell.
func (sh *Shell) setUmask(mask int) {
	if sh.beforeChange() != nil {
		return
	}
	unix.Umask(mask)
	sh.mask = mask
	sh.fs.masked = true
}

// returnToDir undoes, after a subshell that ran in its parent's stead, what it changed for the thread.
func (c *Shell) returnToDir(parent *Shell) {
	if c.fs.saved > 0 {
		if chdirFd(c.fs.saved) != nil {
			unix.Chdir(parent.dir)
		}
		unix.Close(c.fs.saved)
	} else if c.fs.saved < 0 {
		unix.Chdir(parent.dir)
	}
	if c.fs.masked {
		unix.Umask(parent.mask)
	}
}
