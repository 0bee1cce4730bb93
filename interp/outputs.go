package interp

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	"mvdan.cc/sh/v3/syntax"

	"sshell/interp/plan"
)

// outputs are the files that one placed pipeline writes. They appear when the pipeline is done, whole, or not
// at all. Stages make their redirections at once, so it locks.
type outputs struct {
	mu   sync.Mutex
	list []*output
}

// output is one of them, or a stored object that is committed with its last descriptor.
type output struct {
	name   string
	file   plan.Output
	commit bool // at the last close, not by an outputs
	says   bool // it holds what was said of a failure, and appears all the same
	failed func(error)
	dies   func() bool // a signal ends the shell that made it: commands were cut off
}

// closed is called when nobody has the output's descriptor any more.
func (o *output) closed() {
	if !o.commit {
		return
	}
	if o.dies != nil && o.dies() {
		o.file.Abort()
		return
	}
	if err := o.file.Commit(); err != nil && o.failed != nil {
		o.failed(fmt.Errorf("%s: %s", o.name, sysMessage(err)))
	}
}

// create opens the target of `>` as a file that appears later. ok is false for what is no regular file, which is
// opened as in any shell.
func (list *outputs) create(sh *Shell, name string, clobber, says bool) (d *desc, ok bool, err error) {
	target := name
	st, serr := os.Stat(name)
	switch {
	case name == "" || strings.HasSuffix(name, "/"): // what cannot be a file
		return nil, false, nil
	case serr == nil && !st.Mode().IsRegular():
		return nil, false, nil
	case serr == nil && sh.opts.noclobber && !clobber:
		return nil, true, errors.New(name + ": cannot overwrite existing file")
	case serr == nil:
		if unix.Access(name, unix.W_OK) != nil {
			return nil, true, redirectFailure(name, unix.EACCES)
		}
		if target, err = filepath.EvalSymlinks(name); err != nil {
			return nil, true, redirectFailure(name, err)
		}
	case !errors.Is(serr, fs.ErrNotExist):
		return nil, true, redirectFailure(name, serr)
	}
	if !filepath.IsAbs(target) {
		dir, err := unix.Getwd()
		if err != nil {
			return nil, true, redirectFailure(name, err)
		}
		target = filepath.Join(dir, target)
	}
	file, err := createBeside(target, st, sh.mask)
	if err != nil {
		return nil, true, redirectFailure(name, err)
	}
	fd, err := unix.FcntlInt(file.f.Fd(), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		file.Abort()
		return nil, true, redirectFailure(name, err)
	}
	list.mu.Lock()
	list.list = append(list.list, &output{name: name, file: file, says: says})
	list.mu.Unlock()
	return newDesc(fd), true, nil
}

// finish commits what the pipeline wrote, or drops it when ok is false, but for what it said on standard error. A last stage that failed on a disk
// that is full wrote a part, which is not to be taken for the whole.
func (list *outputs) finish(ok bool, status int) error {
	list.mu.Lock()
	defer list.mu.Unlock()
	var failure error
	for _, o := range list.list {
		if ok && status != 0 && diskFull(o.file.File()) {
			ok, failure = false, fmt.Errorf("%s: %s", o.name, sysMessage(unix.ENOSPC))
		}
		if !ok && !o.says {
			o.file.Abort()
			continue
		}
		if err := o.file.Commit(); err != nil {
			ok, failure = false, fmt.Errorf("%s: %s", o.name, sysMessage(err))
		}
	}
	list.list = nil
	return failure
}

// diskFull reports whether nothing more can be written where f is.
func diskFull(f *os.File) bool {
	var st unix.Statfs_t
	return f != nil && unix.Fstatfs(int(f.Fd()), &st) == nil && st.Blocks > 0 && st.Bavail == 0
}

// besideFile is a plan.Output of the local file system: written under no name, or a hidden one where that cannot be, and
// then renamed.
type besideFile struct {
	f      *os.File
	target string
	hidden string // the file's name now, empty for none
}

// createBeside makes the file, with the mode that the target has or would get.
func createBeside(target string, old fs.FileInfo, mask int) (*besideFile, error) {
	b := &besideFile{target: target}
	dir, base := filepath.Split(target)
	f, err := unnamedFile(dir)
	if err != nil {
		if f, err = os.CreateTemp(dir, "."+base+".sshell-*"); err != nil {
			return nil, err
		}
		b.hidden = f.Name()
	}
	b.f = f
	mode := fs.FileMode(0o666 &^ mask)
	if old != nil {
		mode = old.Mode().Perm()
	}
	if err := f.Chmod(mode); err != nil {
		b.Abort()
		return nil, err
	}
	if old != nil {
		if st, ok := old.Sys().(*syscall.Stat_t); ok {
			f.Chown(int(st.Uid), int(st.Gid)) // only root may; elsewhere the file is the user's own already
		}
	}
	return b, nil
}

func (b *besideFile) File() *os.File { return b.f }

func (b *besideFile) Commit() error {
	err := b.name()
	if cerr := b.f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(b.hidden, b.target)
	}
	if err != nil && b.hidden != "" {
		os.Remove(b.hidden)
	}
	return err
}

func (b *besideFile) Abort() error {
	b.f.Close()
	if b.hidden == "" {
		return nil
	}
	return os.Remove(b.hidden)
}

// nameTries bounds the search for a hidden name that is free; the names are random.
const nameTries = 100

// name gives a file without a name a hidden one, from which it can be renamed over what is there.
func (b *besideFile) name() error {
	if b.hidden != "" {
		return nil
	}
	dir, base := filepath.Split(b.target)
	for range nameTries {
		hidden := filepath.Join(dir, "."+base+".sshell-"+strongRandom(nil))
		err := linkUnnamed(b.f, hidden)
		if err == nil {
			b.hidden = hidden
			return nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return fs.ErrExist
}

// filesContext is the context of calls of Files.
func (sh *Shell) filesContext() context.Context { return plan.WithEnviron(sh.ctx, sh.environ) }

// openStored opens a name that the kernel does not know for a redirection.
func (sh *Shell) openStored(op syntax.RedirOperator, name string) (*desc, error) {
	files := sh.cfg.Files
	switch op {
	case syntax.RdrInOut:
		return nil, errors.New(name + ": a stored object is read or written, not both")
	case syntax.RdrIn:
		if sh.byName {
			return sh.nameStored(name)
		}
		f, err := files.Open(sh.filesContext(), name)
		if err != nil {
			return nil, redirectFailure(name, err)
		}
		return adoptFile(f)
	}
	if sh.opts.noclobber && op == syntax.RdrOut {
		if _, err := files.Stat(sh.filesContext(), name); err == nil {
			return nil, errors.New(name + ": cannot overwrite existing file")
		}
	}
	file, err := files.Create(sh.filesContext(), name, op == syntax.AppOut || op == syntax.AppAll)
	if err != nil {
		return nil, redirectFailure(name, err)
	}
	fd, err := unix.FcntlInt(file.File().Fd(), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		file.Abort()
		return nil, redirectFailure(name, err)
	}
	d := newDesc(fd)
	o := &output{name: name, file: file}
	d.output = o
	if sh.outputs != nil {
		sh.outputs.mu.Lock()
		sh.outputs.list = append(sh.outputs.list, o)
		sh.outputs.mu.Unlock()
		return d, nil
	}
	o.dies = func() bool { // its signal may wait for the end of the command
		_, trapped := sh.traps.actions["INT"]
		lag := time.Duration(0)
		if sh.status == 128+int(unix.SIGINT) {
			lag = signalLag
		}
		interrupted := !trapped && sh.proc.pendingWithin(unix.SIGINT, lag)
		return interrupted || sh.killed != 0 && sh.killed != unix.SIGPIPE
	}
	o.commit, o.failed = true, func(err error) {
		sh.Errorf("%s", err)
		sh.status = plan.StatusMachinery
	}
	return d, nil
}

// nameStored gives a descriptor that stands for an object, which whoever gets it reads by its name.
func (sh *Shell) nameStored(name string) (*desc, error) {
	info, err := sh.cfg.Files.Stat(sh.filesContext(), name)
	if err == nil && info.IsDir() {
		err = unix.EISDIR
	}
	if err != nil {
		return nil, redirectFailure(name, err)
	}
	f, err := os.Open(os.DevNull)
	if err != nil {
		return nil, redirectFailure(name, err)
	}
	d, err := adoptFile(f)
	if err == nil {
		d.object = name
	}
	return d, err
}

// adoptFile makes a descriptor of the shell's from an open file.
func adoptFile(f *os.File) (*desc, error) {
	defer f.Close()
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, err
	}
	return newDesc(fd), nil
}
