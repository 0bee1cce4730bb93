package interp

import (
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
	"mvdan.cc/sh/v3/syntax"
)

// savedDesc is what a number had before a redirection.
type savedDesc struct {
	n int
	d *desc
}

// redirect makes redirections in order, and reports the one that fails. What they replaced is to be given to
// restore or to dropSaved, in either case.
func (sh *Shell) redirect(redirs []*syntax.Redirect) (saved []savedDesc, ok bool) {
	for _, r := range redirs {
		if err := sh.redirect1(r, &saved); err != nil {
			sh.redirectError(err)
			return saved, false
		}
	}
	return saved, true
}

// restore undoes redirections.
func (sh *Shell) restore(saved []savedDesc) {
	for i := len(saved) - 1; i >= 0; i-- {
		sh.fds.install(saved[i].n, saved[i].d)
	}
}

// dropSaved makes redirections stay: what they replaced is given up.
func dropSaved(saved []savedDesc) {
	for _, s := range saved {
		s.d.unref()
	}
}

func (sh *Shell) redirectError(err error) {
	var e *expansionError
	if errors.As(err, &e) {
		sh.fail(err)
		if sh.flow == flowDiscard {
			sh.flow = flowNone
		}
		return
	}
	sh.Errorf("%s", err)
}

// redirectNumber says which number a redirection is about; a name in braces gets one that is free.
func (sh *Shell) redirectNumber(r *syntax.Redirect, standard int) (n int, name string, err error) {
	if r.N == nil {
		return standard, "", nil
	}
	text := r.N.Value
	if strings.HasPrefix(text, "{") {
		name = decodeSource(strings.Trim(text, "{}"))
		return sh.fds.free(firstNamedFd), name, nil
	}
	n, err = strconv.Atoi(text)
	if err != nil || n > maxFd {
		return 0, "", errors.New(text + ": Bad file descriptor")
	}
	return n, "", nil
}

const (
	firstNamedFd = 10      // bash gives {name}> a number from 10 upwards
	maxFd        = 1 << 20 // the kernel's own default bound, fs.nr_open
)

// redirect1 makes one redirection and notes in saved what it replaced.
func (sh *Shell) redirect1(r *syntax.Redirect, saved *[]savedDesc) error {
	set := func(n int, d *desc) {
		*saved = append(*saved, savedDesc{n, sh.fds.get(n).ref()})
		sh.fds.install(n, d)
	}
	standard := 1
	switch r.Op {
	case syntax.RdrIn, syntax.RdrInOut, syntax.DplIn, syntax.Hdoc, syntax.DashHdoc, syntax.WordHdoc:
		standard = 0
	}
	if r.Op == syntax.DplIn || r.Op == syntax.DplOut {
		return sh.duplicate(r, standard, set, saved)
	}
	d, err := sh.redirectSource(r)
	if err != nil {
		return err
	}
	n, name, err := sh.redirectNumber(r, standard)
	if err != nil {
		d.unref()
		return err
	}
	if name != "" {
		if err := sh.setRef(name, strconv.Itoa(n), false); err != nil {
			d.unref()
			return err
		}
		sh.fds.install(n, d) // stays after the command, as in bash
		return nil
	}
	set(n, d)
	if r.Op == syntax.RdrAll || r.Op == syntax.AppAll {
		set(2, d.ref())
	}
	return nil
}

// redirectSource opens what stands at the right of a redirection.
func (sh *Shell) redirectSource(r *syntax.Redirect) (*desc, error) {
	switch r.Op {
	case syntax.Hdoc, syntax.DashHdoc:
		body := r.Hdoc
		if r.Op == syntax.DashHdoc {
			body = untabbed(body)
		}
		text, err := sh.document(body, quotedDelimiter(r.Word))
		if err != nil {
			return nil, err
		}
		return textDesc(text)
	case syntax.WordHdoc:
		text, err := sh.assignText(r.Word)
		if err != nil {
			return nil, err
		}
		return textDesc(text + "\n")
	}
	name, err := sh.redirectTarget(r.Word)
	if err != nil {
		return nil, err
	}
	return sh.openFor(r.Op, name, r.N != nil && r.N.Value == "2")
}

// quotedDelimiter reports whether any part of a here-document's delimiter is quoted: its body is then taken as
// it stands.
func quotedDelimiter(w *syntax.Word) bool {
	for _, part := range w.Parts {
		lit, ok := part.(*syntax.Lit)
		if !ok || strings.IndexByte(lit.Value, '\\') >= 0 {
			return true
		}
	}
	return false
}

// openTarget opens a file for a redirection.
func (sh *Shell) openTarget(op syntax.RedirOperator, name string) (*desc, error) {
	return sh.openFor(op, name, false)
}

// openFor is openTarget; says tells that the file is for standard error.
func (sh *Shell) openFor(op syntax.RedirOperator, name string, says bool) (*desc, error) {
	if sh.cfg.Files != nil && sh.cfg.Files.Has(name) {
		return sh.openStored(op, name)
	}
	if d, ok, err := sh.openSpecial(name); ok {
		return d, err
	}
	flags := 0
	switch op {
	case syntax.RdrIn:
		flags = unix.O_RDONLY
	case syntax.RdrInOut:
		flags = unix.O_RDWR | unix.O_CREAT
	case syntax.AppOut, syntax.AppAll:
		flags = unix.O_WRONLY | unix.O_CREAT | unix.O_APPEND
	default:
		if sh.outputs != nil {
			if d, ok, err := sh.outputs.create(sh, name, op == syntax.RdrClob, says); ok {
				return d, err
			}
		}
		flags = unix.O_WRONLY | unix.O_CREAT | unix.O_TRUNC
		if sh.opts.noclobber && op != syntax.RdrClob {
			var err error
			if flags, err = noclobberFlags(name); err != nil {
				return nil, err
			}
		}
	}
	fd, err := openFile(name, flags)
	if err != nil {
		return nil, redirectFailure(name, err)
	}
	return newDesc(fd), nil
}

func openFile(name string, flags int) (int, error) {
	for {
		fd, err := unix.Open(name, flags|unix.O_CLOEXEC, 0o666)
		if err != unix.EINTR {
			return fd, err
		}
	}
}

// redirectFailure words an error as bash does: the name, then the system's text.
func redirectFailure(name string, err error) error {
	return errors.New(name + ": " + sysMessage(err))
}

// noclobberFlags are those for `>` under noclobber: a regular file that exists is refused.
func noclobberFlags(name string) (int, error) {
	var st unix.Stat_t
	if err := unix.Stat(name, &st); err != nil {
		return unix.O_WRONLY | unix.O_CREAT | unix.O_EXCL, nil
	}
	if st.Mode&unix.S_IFMT == unix.S_IFREG {
		return 0, errors.New(name + ": cannot overwrite existing file")
	}
	return unix.O_WRONLY, nil
}

// openSpecial opens the names that mean one of the shell's own descriptors.
func (sh *Shell) openSpecial(name string) (d *desc, ok bool, err error) {
	if !strings.HasPrefix(name, "/dev/") {
		return nil, false, nil
	}
	n, ok := specialFd(name)
	if !ok {
		return sh.openNetwork(name)
	}
	d = sh.fds.get(n)
	if d == nil {
		return nil, true, errors.New(name + ": No such file or directory")
	}
	return d.ref(), true, nil
}

// specialFd gives the descriptor that a name under /dev stands for.
func specialFd(name string) (int, bool) {
	switch name {
	case "/dev/stdin":
		return 0, true
	case "/dev/stdout":
		return 1, true
	case "/dev/stderr":
		return 2, true
	}
	digits, ok := strings.CutPrefix(name, "/dev/fd/")
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(digits)
	return n, err == nil && n >= 0
}

// duplicate makes n>&m, n<&m, n>&m-, n>&- and their kin.
func (sh *Shell) duplicate(r *syntax.Redirect, standard int, set func(int, *desc), saved *[]savedDesc) error {
	word, err := sh.redirectTarget(r.Word)
	if err != nil {
		return err
	}
	if word == "-" {
		return sh.closeNumber(r, standard, set)
	}
	digits, move := strings.CutSuffix(word, "-")
	from, err := strconv.Atoi(digits)
	if err != nil {
		if r.Op == syntax.DplOut && r.N == nil { // >&file is &>file
			d, err := sh.openTarget(syntax.RdrAll, word)
			if err != nil {
				return err
			}
			set(1, d)
			set(2, d.ref())
			return nil
		}
		return errors.New(word + ": ambiguous redirect")
	}
	d := sh.fds.get(from)
	if d == nil {
		return errors.New(digits + ": Bad file descriptor")
	}
	n, name, err := sh.redirectNumber(r, standard)
	if err != nil {
		return err
	}
	switch {
	case name != "":
		if err := sh.setRef(name, strconv.Itoa(n), false); err != nil {
			return err
		}
		sh.fds.install(n, d.ref())
	case n == from:
		return nil
	default:
		set(n, d.ref())
	}
	if move {
		set(from, nil)
	}
	return nil
}

// closeNumber makes n>&- and {name}>&-.
func (sh *Shell) closeNumber(r *syntax.Redirect, standard int, set func(int, *desc)) error {
	if r.N != nil && strings.HasPrefix(r.N.Value, "{") {
		name := decodeSource(strings.Trim(r.N.Value, "{}"))
		value, _ := sh.getVar(name)
		n, err := strconv.Atoi(value)
		if err != nil {
			return errors.New(name + ": ambiguous redirect")
		}
		sh.fds.install(n, nil)
		return nil
	}
	n, _, err := sh.redirectNumber(r, standard)
	if err != nil {
		return err
	}
	set(n, nil)
	return nil
}

// redirectOnly runs a statement that has redirections and no command: they are made and undone.
func (sh *Shell) redirectOnly(st *syntax.Stmt) {
	saved, ok := sh.redirect(st.Redirs)
	sh.restore(saved)
	sh.status = boolStatus(ok)
}

// pipeRoom is how much fits into a kernel pipe without a reader.
const pipeRoom = 64 << 10 // PIPE_DEF_BUFFERS pages on Linux

// textDesc gives a descriptor from which a text is read: a pipe where it fits, else an unlinked file.
func textDesc(text string) (*desc, error) {
	if len(text) <= pipeRoom/16 { // 4 KiB, which POSIX lets a pipe hold everywhere
		r, w, err := makePipe()
		if err != nil {
			return nil, err
		}
		_, err = unix.Write(w, []byte(text))
		unix.Close(w)
		if err != nil && len(text) > 0 {
			unix.Close(r)
			return nil, err
		}
		return newDesc(r), nil
	}
	f, err := os.CreateTemp("", "sshell-document-*")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := os.Remove(f.Name()); err != nil {
		return nil, err
	}
	if _, err := f.WriteString(text); err != nil {
		return nil, err
	}
	if _, err := f.Seek(0, 0); err != nil {
		return nil, err
	}
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, err
	}
	return newDesc(fd), nil
}

// fileMissing reports whether an error says that there is no such file.
func fileMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }
