package interp

import (
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// runCd is cd.
func runCd(sh *Shell, args []string) int {
	physical, strict := sh.opts.physical, false
	o := readOptions(args, "eLP")
	for o.next() {
		switch o.letter {
		case 'P':
			physical = true
		case 'L':
			physical, strict = false, false
		case 'e':
			strict = true
		}
	}
	if o.failed(sh) {
		return 2
	}
	if len(o.rest) > 1 {
		sh.Errorf("cd: too many arguments")
		return 1
	}
	dir, show, ok := sh.cdTarget(o.rest)
	if !ok {
		return 1
	}
	if len(o.rest) > 0 && !show {
		if done, status := sh.cdOnPath(dir, physical); done {
			return status
		}
	}
	if dir == "" {
		return 0
	}
	err := sh.enter(dir, physical)
	if err != nil && sh.opts.cdableVars && len(o.rest) > 0 {
		if value, ok := sh.getVar(dir); ok && sh.enter(value, physical) == nil {
			err, show = nil, true
		}
	}
	if err != nil {
		sh.Errorf("cd: %s: %s", dir, sysMessage(err))
		return 1
	}
	return sh.entered(show, physical && strict)
}

// cdTarget gives the directory that the operands of cd name. show says that it must be printed: the user did not
// write it. It reports a variable that is missing.
func (sh *Shell) cdTarget(operands []string) (dir string, show, ok bool) {
	from := ""
	switch {
	case len(operands) == 0:
		from = "HOME"
	case operands[0] == "-":
		from = "OLDPWD"
	default:
		return operands[0], false, true
	}
	dir, ok = sh.getVar(from)
	if !ok {
		sh.Errorf("cd: %s not set", from)
	}
	return dir, from == "OLDPWD", ok
}

// cdOnPath looks for dir below the directories of CDPATH. done says that it was found there.
func (sh *Shell) cdOnPath(dir string, physical bool) (done bool, status int) {
	path, _ := sh.getVar("CDPATH")
	if path == "" || dir == "" || pathStands(dir) {
		return false, 0
	}
	for parent := range strings.SplitSeq(path, ":") {
		at := parent + "/" + dir
		if parent == "" {
			at = "./" + dir
		}
		if isDir(at) && sh.enter(at, physical) == nil {
			return true, sh.entered(parent != "", false)
		}
	}
	return false, 0
}

// pathStands reports whether dir says itself where it begins: at the root, here, or above here.
func pathStands(dir string) bool {
	first, _, _ := strings.Cut(dir, "/")
	return first == "" || first == "." || first == ".."
}

// enter changes the working directory, and sh.dir with it.
func (sh *Shell) enter(dir string, physical bool) error {
	whole := dir
	if dir[0] != '/' {
		whole = strings.TrimSuffix(sh.dir, "/") + "/" + dir
	}
	if physical {
		if err := sh.chdir(dir); err != nil {
			return err
		}
		sh.findDir(whole)
		return nil
	}
	clean, err := logicalPath(whole)
	if err == nil {
		if err = sh.chdir(clean); err == nil {
			sh.dir = clean
			return nil
		}
	}
	if sh.opts.posix {
		return err
	}
	if err := sh.chdir(dir); err != nil {
		return err
	}
	sh.findDir(whole)
	return nil
}

// findDir asks the kernel what the working directory is called; otherwise stands where it does not know.
func (sh *Shell) findDir(otherwise string) {
	dir, err := unix.Getwd()
	if err != nil || dir == "" || dir[0] != '/' {
		sh.errorLine("cd: error retrieving current directory: getcwd: cannot access parent directories: No such file or directory")
		dir = otherwise
	}
	sh.dir = dir
}

// logicalPath resolves . and .. by name. What .. leaves, and the result, must be directories.
func logicalPath(path string) (string, error) {
	root := "/"
	if strings.HasPrefix(path, "//") && !strings.HasPrefix(path, "///") {
		root = "//"
	}
	var parts []string
	for part := range strings.SplitSeq(path, "/") {
		switch part {
		case "", ".":
		case "..":
			if len(parts) == 0 {
				continue
			}
			if err := mustBeDir(root + strings.Join(parts, "/")); err != nil {
				return "", err
			}
			parts = parts[:len(parts)-1]
		default:
			parts = append(parts, part)
		}
	}
	clean := root + strings.Join(parts, "/")
	if len(parts) == 0 {
		return root, nil
	}
	return clean, mustBeDir(clean)
}

func mustBeDir(path string) error {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFDIR {
		return unix.ENOTDIR
	}
	return nil
}

// entered sets OLDPWD and PWD after a change of directory. show prints where the shell is now; mustKnow makes
// it a failure when nobody knows.
func (sh *Shell) entered(show, mustKnow bool) int {
	status := 0
	old, _ := sh.getVar("PWD")
	for _, v := range [...]struct{ name, value string }{{"OLDPWD", old}, {"PWD", sh.dir}} {
		if err := sh.setVar(v.name, v.value); err != nil {
			status = sh.refuse(err)
		}
	}
	if mustKnow {
		if _, err := unix.Getwd(); err != nil {
			status = 1
		}
	}
	if show && !sh.Out("cd", []byte(sh.dir+"\n")) {
		return 1
	}
	return status
}

// runPwd is pwd.
func runPwd(sh *Shell, args []string) int {
	physical := sh.opts.physical
	o := readOptions(args, "LP")
	for o.next() {
		physical = o.letter == 'P'
	}
	if o.failed(sh) {
		return 2
	}
	dir := sh.dir
	if sh.opts.posix && !sameFile(dir, ".") {
		physical = true
	}
	if physical {
		var err error
		if dir, err = physicalDir(dir); err != nil {
			sh.Errorf("pwd: error retrieving current directory: getcwd: cannot access parent directories: %s", sysMessage(err))
			return 1
		}
		if sh.opts.posix {
			sh.dir = dir
		}
	}
	return boolStatus(sh.Out("pwd", []byte(dir+"\n")))
}

// physicalDir is the working directory's name without symbolic links.
func physicalDir(dir string) (string, error) {
	if sameFile(dir, ".") {
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			return real, nil
		}
	}
	real, err := unix.Getwd()
	if err == nil && (real == "" || real[0] != '/') { // what Linux answers for a directory out of reach
		err = unix.ENOENT
	}
	return real, err
}
