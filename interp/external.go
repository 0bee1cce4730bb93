package interp

import (
	"errors"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// The statuses of a command that was not run.
const (
	statusNotExecutable = 126
	statusNotFound      = 127
)

// startError is why a program was not started.
type startError struct {
	status int
	msg    string
}

func (e *startError) Error() string { return e.msg }

// defaultPath is where programs are looked for when PATH is not set: bash's own default.
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// standardDirs is the path of `command -p`: what `getconf PATH` prints.
const standardDirs = "/bin:/usr/bin"

// findProgram looks a command up: a name with a slash is a path, any other is searched for on PATH, and what is
// found is remembered. The error is a *startError.
func (sh *Shell) findProgram(name string) (string, error) {
	switch strings.IndexByte(name, '/') {
	case 0:
		return sh.placed(name), nil
	case -1:
	default:
		return name, nil
	}
	if h, ok := sh.hash[name]; ok && sh.opts.hashall {
		if !sh.opts.checkhash || unix.Access(h.path, unix.X_OK) == nil {
			sh.remember(name, hashed{h.path, h.hits + 1})
			return h.path, nil
		}
	}
	path, _ := sh.getVar("PATH") // without one, the working directory
	found, err := searchPath(name, path)
	if err == nil && sh.opts.hashall && found != name && found[0] == '/' {
		sh.remember(name, hashed{found, 1})
	}
	return found, err
}

// searchPath looks for an executable file in the directories of a path. When there is none but a file that cannot
// be executed, that one is the answer and the start fails on it.
func searchPath(name, path string) (string, error) {
	second := ""
	for dir := range strings.SplitSeq(path, ":") {
		if dir == "" {
			dir = "."
		}
		file := dir + "/" + name
		if dir[len(dir)-1] == '/' {
			file = dir + name
		}
		var st unix.Stat_t
		if unix.Stat(file, &st) != nil || st.Mode&unix.S_IFMT == unix.S_IFDIR {
			continue
		}
		if st.Mode&0o111 != 0 && unix.Access(file, unix.X_OK) == nil {
			return file, nil
		}
		if second == "" {
			second = file
		}
	}
	if second != "" {
		return second, nil
	}
	return "", &startError{statusNotFound, name + ": command not found"}
}

// external runs a program in the foreground and gives its status.
func (sh *Shell) external(args []string, mode lookupMode) int {
	path, err := sh.programFor(args[0], mode)
	if err != nil {
		if mode&noFunctions == 0 && sh.funcs["command_not_found_handle"] != nil {
			sh.callFunction(sh.funcs["command_not_found_handle"], append([]string{"command_not_found_handle"}, args...))
			return sh.status
		}
		return sh.notStarted(err)
	}
	words, err := sh.openOperands(args)
	if err != nil {
		return sh.notStarted(err)
	}
	pid, err := sh.spawn(path, words, spawnOptions{foreground: true})
	if err != nil {
		return sh.notStarted(err)
	}
	return sh.waitForeground(pid, args)
}

func (sh *Shell) programFor(name string, mode lookupMode) (string, error) {
	if mode&standardPath != 0 && strings.IndexByte(name, '/') < 0 {
		return searchPath(name, standardDirs)
	}
	if name == "" {
		return "", &startError{statusNotFound, ": command not found"}
	}
	return sh.findProgram(name)
}

// notStarted reports why a command was not started, and gives its status. That of a stage which is ended needs no word.
func (sh *Shell) notStarted(err error) int {
	if !sh.behind.wasBroken() {
		sh.Errorf("%s", err)
	}
	var s *startError
	if errors.As(err, &s) {
		return s.status
	}
	return statusNotExecutable
}

// spawnOptions say how a child differs from a plain one.
type spawnOptions struct {
	foreground bool
	background bool        // its own process group under job control, else no interrupts and no terminal's input
	extra      []extraFile // descriptors beyond the shell's own
	env        []string    // instead of the shell's environment
}

type extraFile struct{ n, fd int }

// spawn starts a program with the shell's descriptors, environment and working directory. The error is a
// *startError.
func (sh *Shell) spawn(path string, argv []string, opt spawnOptions) (pid int, err error) {
	files, err := sh.childFiles(opt.extra)
	if err != nil {
		return 0, &startError{statusNotExecutable, argv[0] + ": " + sysMessage(err)}
	}
	env := opt.env
	if env == nil {
		env = sh.childEnv(path)
	}
	attr := &syscall.ProcAttr{Env: env, Files: files, Sys: sh.sysProcAttr(opt)}
	pid, err = sh.fork(path, argv, attr, opt)
	if err == nil {
		sh.joinGroup(pid, opt)
		return pid, nil
	}
	return sh.spawnFailed(path, argv, attr, opt, err)
}

// spawnFailed finds out what a failing start means. A file without a format that the kernel knows is a shell
// script.
func (sh *Shell) spawnFailed(path string, argv []string, attr *syscall.ProcAttr, opt spawnOptions, err error) (int, error) {
	name := argv[0]
	switch {
	case errors.Is(err, unix.ENOEXEC):
		return sh.spawnScript(path, argv, attr, opt)
	case errors.Is(err, unix.ENOENT):
		if interpreter := scriptInterpreter(path); interpreter != "" {
			return 0, &startError{statusNotFound, path + ": cannot execute: required file not found"}
		}
		delete(sh.hash, name)
		return 0, &startError{statusNotFound, name + ": No such file or directory"}
	case errors.Is(err, unix.EACCES):
		if st, serr := os.Stat(path); serr == nil && st.IsDir() {
			return 0, &startError{statusNotExecutable, name + ": Is a directory"}
		}
		if interpreter := scriptInterpreter(path); interpreter != "" && unix.Access(path, unix.X_OK) == nil {
			return 0, &startError{statusNotExecutable, path + ": " + interpreter + ": bad interpreter: Permission denied"}
		}
		return 0, &startError{statusNotExecutable, path + ": Permission denied"}
	case errors.Is(err, unix.ENOTDIR):
		return 0, &startError{statusNotFound, name + ": Not a directory"}
	}
	return 0, &startError{statusNotExecutable, path + ": " + sysMessage(err)}
}

// spawnScript runs a file that has no interpreter line with this program, after a look that it is text.
func (sh *Shell) spawnScript(path string, argv []string, attr *syscall.ProcAttr, opt spawnOptions) (int, error) {
	if binary, err := isBinary(path); err != nil || binary {
		return 0, &startError{statusNotExecutable, argv[0] + ": cannot execute binary file: Exec format error"}
	}
	self := sh.cfg.Self
	if len(self) == 0 {
		self = []string{"/bin/sh"}
	}
	args := append([]string{self[0]}, path)
	pid, err := sh.fork(self[0], append(args, argv[1:]...), attr, opt)
	if err != nil {
		return 0, &startError{statusNotExecutable, path + ": " + sysMessage(err)}
	}
	sh.joinGroup(pid, opt)
	return pid, nil
}

// binaryProbe is how much of a file is looked at to tell text from a program, as in bash's check_binary_file.
const binaryProbe = 80

// isBinary reports whether the first line of a file holds a NUL byte.
func isBinary(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	b := make([]byte, binaryProbe)
	n, _ := f.Read(b)
	for _, c := range b[:n] {
		if c == '\n' {
			return false, nil
		}
		if c == 0 {
			return true, nil
		}
	}
	return false, nil
}

// scriptInterpreter gives the program in a file's #! line, empty when there is none.
func scriptInterpreter(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	b := make([]byte, 256) // BINPRM_BUF_SIZE of the kernel
	n, _ := f.Read(b)
	line, _, _ := strings.Cut(string(b[:n]), "\n")
	rest, ok := strings.CutPrefix(line, "#!")
	if !ok {
		return ""
	}
	if words := strings.Fields(rest); len(words) > 0 {
		return words[0]
	}
	return ""
}

// childFiles lays out a child's descriptors: at each number what the shell has there.
func (sh *Shell) childFiles(extra []extraFile) ([]uintptr, error) {
	files := make([]uintptr, 3, 10)
	top := 2
	for _, n := range sh.fds.all() {
		top = max(top, n)
	}
	for _, x := range extra {
		top = max(top, x.n)
	}
	for len(files) <= top {
		files = append(files, 0)
	}
	const closed = ^uintptr(0)
	for n := range files {
		files[n] = closed
		if d := sh.fds.get(n); d != nil {
			fd, err := d.real()
			if err != nil {
				return nil, err
			}
			files[n] = uintptr(fd)
		}
	}
	for _, x := range extra {
		files[x.n] = uintptr(x.fd)
	}
	return files, nil
}

// childEnv is the environment of a child: with `_` as bash sets it.
func (sh *Shell) childEnv(path string) []string {
	env := sh.environ()
	return append(env[:len(env):len(env)], "_="+path)
}
