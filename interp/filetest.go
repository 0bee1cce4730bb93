package interp

import (
	"io/fs"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// unaryTest decides an operator of test and [[ that has one operand.
func (sh *Shell) unaryTest(op, arg string) (bool, error) {
	switch op[1] {
	case 'n':
		return arg != "", nil
	case 'z':
		return arg == "", nil
	case 'o':
		return sh.optionOn(arg), nil
	case 'v':
		return sh.isSet(arg)
	case 'R':
		v := sh.lookup(arg)
		_, set := v.value(sh)
		return v.is(NameRef) && set, nil
	case 't':
		n, err := strconv.Atoi(strings.TrimSpace(arg))
		if err != nil {
			return false, nil
		}
		fd, err := sh.Desc(n)
		return err == nil && isTerminal(fd), nil
	}
	return sh.fileTest(op[1], arg), nil
}

func isTerminal(fd int) bool {
	_, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP)
	return err == nil || err == unix.EPERM
}

// optionOn reports whether an option of `set -o` is on.
func (sh *Shell) optionOn(name string) bool {
	for _, opt := range setOptions() {
		if opt.name == name {
			return *opt.at(&sh.opts)
		}
	}
	return false
}

// isSet reports whether a variable, an element of an array, or a positional parameter has a value.
func (sh *Shell) isSet(ref string) (bool, error) {
	if n, err := strconv.Atoi(ref); err == nil {
		return n >= 0 && n <= len(sh.params), nil
	}
	name, sub, ok := splitRef(ref)
	if !ok {
		if !validName(ref) {
			return false, nil
		}
		val, err := sh.namedValue(ref)
		return val.set, err
	}
	if (sub == "@" || sub == "*") && !sh.lookup(name).is(AssocVar) {
		return len(sh.lookup(name).elements(sh)) > 0, nil
	}
	val, err := sh.element(name, textSubscript(sub))
	return val.set, err
}

// fileTest decides a test of a file. Names that the kernel does not know have few properties: they are there, plain,
// readable and of some size.
func (sh *Shell) fileTest(op byte, name string) bool {
	if name == "" {
		return false
	}
	if sh.cfg.Files != nil && sh.cfg.Files.Has(name) {
		return sh.storedTest(op, name)
	}
	switch op {
	case 'r':
		return accessible(name, unix.R_OK)
	case 'w':
		return accessible(name, unix.W_OK)
	case 'x':
		return accessible(name, unix.X_OK)
	}
	var st unix.Stat_t
	if op == 'h' || op == 'L' {
		return unix.Lstat(name, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFLNK
	}
	if !sh.stat(name, &st) {
		return false
	}
	kind := uint32(st.Mode) & unix.S_IFMT
	switch op {
	case 'a', 'e':
		return true
	case 'b':
		return kind == unix.S_IFBLK
	case 'c':
		return kind == unix.S_IFCHR
	case 'd':
		return kind == unix.S_IFDIR
	case 'f':
		return kind == unix.S_IFREG
	case 'p':
		return kind == unix.S_IFIFO
	case 'S':
		return kind == unix.S_IFSOCK
	case 's':
		return st.Size > 0
	case 'g':
		return st.Mode&unix.S_ISGID != 0
	case 'k':
		return st.Mode&unix.S_ISVTX != 0
	case 'u':
		return st.Mode&unix.S_ISUID != 0
	case 'G':
		return int(st.Gid) == unix.Getegid()
	case 'O':
		return int(st.Uid) == unix.Geteuid()
	case 'N':
		mtime, atime := fileTimes(&st)
		return mtime > atime
	}
	return false
}

func accessible(name string, mode uint32) bool {
	return unix.Faccessat(unix.AT_FDCWD, name, mode, unix.AT_EACCESS) == nil
}

// stat is stat(2), by which /dev/fd/N is the shell's own descriptor N.
func (sh *Shell) stat(name string, st *unix.Stat_t) bool {
	if n, ok := specialFd(name); ok {
		fd, err := sh.Desc(n)
		return err == nil && unix.Fstat(fd, st) == nil
	}
	return unix.Stat(name, st) == nil
}

// storedTest decides a test of a stored object, or of what keys have in common, which is much like a folder.
func (sh *Shell) storedTest(op byte, name string) bool {
	st, err := sh.cfg.Files.Stat(sh.filesContext(), name)
	if err != nil {
		return false
	}
	folder := st.Mode()&fs.ModeDir != 0
	switch op {
	case 'a', 'e', 'r', 'w':
		return true
	case 'f':
		return !folder
	case 'd', 'x':
		return folder
	case 's':
		return folder || st.Size() > 0
	}
	return false
}

// compareFiles decides -nt, -ot and -ef.
func compareFiles(left, op, right string) bool {
	var a, b unix.Stat_t
	leftThere, rightThere := unix.Stat(left, &a) == nil, unix.Stat(right, &b) == nil
	aTime, _ := fileTimes(&a)
	bTime, _ := fileTimes(&b)
	switch op {
	case "-nt":
		return leftThere && (!rightThere || aTime > bTime)
	case "-ot":
		return rightThere && (!leftThere || aTime < bTime)
	}
	return leftThere && rightThere && a.Dev == b.Dev && a.Ino == b.Ino
}

// fileTimes are the times of modification and access, in nanoseconds.
func fileTimes(st *unix.Stat_t) (mtime, atime int64) { return st.Mtim.Nano(), st.Atim.Nano() }
