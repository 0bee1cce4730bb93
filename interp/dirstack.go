package interp

import (
	"fmt"
	"strconv"
	"strings"
)

// dirIndex is an entry of the directory stack, counted from the left for +N and from the right for -N.
type dirIndex struct {
	word      string
	fromRight bool
	n         int
}

// readDirIndex reads +N or -N. ok is false for a word that begins so but has no number.
func readDirIndex(word string) (dirIndex, bool) {
	n, err := strconv.ParseUint(word[1:], 10, 31)
	return dirIndex{word: word, fromRight: word[0] == '-', n: int(n)}, err == nil
}

// place gives the entry's place from the left, where 0 is the working directory, of a stack with size
// entries besides that.
func (x dirIndex) place(size int) (int, bool) {
	n := x.n
	if x.fromRight {
		n = size - n
	}
	return n, n >= 0 && n <= size
}

// stackFault reports an entry that is not there.
func (sh *Shell) stackFault(name, word string) int {
	if len(sh.stack) == 0 {
		sh.Errorf("%s: directory stack empty", name)
	} else {
		sh.Errorf("%s: %s: directory stack index out of range", name, word)
	}
	return 1
}

// stackWords are the words of pushd and popd.
type stackWords struct {
	stay  bool // -n
	index *dirIndex
	dirs  []string
}

// readStackWords reads them. It reports a fault and gives false.
func readStackWords(sh *Shell, args []string) (w stackWords, ok bool) {
	words := args[1:]
	for len(words) > 0 {
		word := words[0]
		switch {
		case word == "-n":
			w.stay = true
		case word == "--":
			w.dirs = words[1:]
			return w, true
		case len(word) > 1 && (word[0] == '-' || word[0] == '+'):
			x, isNumber := readDirIndex(word)
			if !isNumber {
				sh.Errorf("%s: %s: invalid number", args[0], word)
				sh.usage(args[0])
				return w, false
			}
			w.index = &x
		default:
			w.dirs = words
			return w, true
		}
		words = words[1:]
	}
	return w, true
}

// runPushd is pushd.
func runPushd(sh *Shell, args []string) int {
	w, ok := readStackWords(sh, args)
	if !ok {
		return 2
	}
	switch {
	case len(w.dirs) > 1:
		sh.Errorf("pushd: too many arguments")
		return 1
	case len(w.dirs) == 1:
		return sh.pushDir(w.dirs[0], w.stay)
	case w.index != nil:
		return sh.rotateDirs(*w.index, w.stay)
	case len(sh.stack) == 0:
		sh.Errorf("pushd: no other directory")
		return 1
	case w.stay:
		return 0
	}
	here := sh.dir
	stack := append([]string(nil), sh.stack...)
	if status := sh.cdFor("pushd", stack[0]); status != 0 {
		return status
	}
	stack[0] = here
	sh.stack = stack
	return sh.showDirs("pushd")
}

// cdFor changes directory for pushd and popd.
func (sh *Shell) cdFor(name, dir string) int {
	back := dir == "-"
	if back {
		old, ok := sh.getVar("OLDPWD")
		if !ok {
			sh.Errorf("%s: OLDPWD not set", name)
			return 1
		}
		dir = old
	} else if done, status := sh.cdOnPath(dir, sh.opts.physical); done {
		return status
	}
	if dir == "" {
		return 0
	}
	if err := sh.enter(dir, sh.opts.physical); err != nil {
		sh.Errorf("%s: %s: %s", name, dir, sysMessage(err))
		return 1
	}
	return sh.entered(back, false)
}

func (sh *Shell) pushDir(dir string, stay bool) int {
	here := sh.dir
	if stay {
		here = dir
	} else if status := sh.cdFor("pushd", dir); status != 0 {
		return status
	}
	sh.stack = append([]string{here}, sh.stack...)
	return sh.showDirs("pushd")
}

// rotateDirs brings an entry to the left end.
func (sh *Shell) rotateDirs(x dirIndex, stay bool) int {
	n, ok := x.place(len(sh.stack))
	if !ok {
		return sh.stackFault("pushd", x.word)
	}
	all := sh.dirStack()
	rotated := append(append([]string{}, all[n:]...), all[:n]...)
	sh.stack = rotated[1:]
	if stay {
		return 0
	}
	if status := sh.cdFor("pushd", rotated[0]); status != 0 {
		return status
	}
	return sh.showDirs("pushd")
}

// runPopd is popd.
func runPopd(sh *Shell, args []string) int {
	w, ok := readStackWords(sh, args)
	if !ok {
		return 2
	}
	if len(w.dirs) > 0 {
		sh.Errorf("popd: %s: invalid argument", w.dirs[0])
		sh.usage("popd")
		return 2
	}
	x := dirIndex{word: "+0"}
	if w.index != nil {
		x = *w.index
	}
	n, ok := x.place(len(sh.stack))
	if !ok || len(sh.stack) == 0 {
		return sh.stackFault("popd", x.word)
	}
	if n == 0 {
		if !w.stay {
			if status := sh.cdFor("popd", sh.stack[0]); status != 0 {
				return status
			}
		}
		n = 1
	}
	sh.stack = append(append([]string(nil), sh.stack[:n-1]...), sh.stack[n:]...)
	return sh.showDirs("popd")
}

// showDirs prints the stack as pushd and popd do at their end.
func (sh *Shell) showDirs(name string) int {
	return boolStatus(sh.Out(name, []byte(sh.dirLine(false)+"\n")))
}

// dirLine is the stack in one line, with ~ for the home directory unless long.
func (sh *Shell) dirLine(long bool) string {
	all := sh.dirStack()
	for i, dir := range all {
		all[i] = sh.politeDir(dir, long)
	}
	return strings.Join(all, " ")
}

func (sh *Shell) politeDir(dir string, long bool) string {
	home, _ := sh.getVar("HOME")
	if long || len(home) < 2 {
		return dir
	}
	if rest, ok := strings.CutPrefix(dir, home); ok && (rest == "" || rest[0] == '/') {
		return "~" + rest
	}
	return dir
}

// runDirs is dirs.
func runDirs(sh *Shell, args []string) int {
	var long, lines, numbers bool
	var index *dirIndex
	words := args[1:]
	for ; len(words) > 0; words = words[1:] {
		word := words[0]
		switch word {
		case "-l":
			long = true
			continue
		case "-c":
			sh.stack = nil
			return 0
		case "-v":
			numbers = true
			continue
		case "-p":
			lines = true
			continue
		case "--":
			continue
		}
		if len(word) < 2 || word[0] != '-' && word[0] != '+' {
			sh.Errorf("dirs: %s: invalid option", word)
			sh.usage("dirs")
			return 2
		}
		x, ok := readDirIndex(word)
		if !ok {
			sh.Errorf("dirs: %s: invalid number", word)
			sh.usage("dirs")
			return 2
		}
		index = &x
	}
	if index != nil {
		return sh.showDir(*index, long, numbers)
	}
	if !lines && !numbers {
		return boolStatus(sh.Out("dirs", []byte(sh.dirLine(long)+"\n")))
	}
	var b strings.Builder
	for i, dir := range sh.dirStack() {
		if numbers {
			fmt.Fprintf(&b, "%2d  ", i)
		}
		b.WriteString(sh.politeDir(dir, long) + "\n")
	}
	return boolStatus(sh.Out("dirs", []byte(b.String())))
}

// showDir is dirs with +N or -N.
func (sh *Shell) showDir(x dirIndex, long, number bool) int {
	n, ok := x.place(len(sh.stack))
	if !ok {
		return sh.stackFault("dirs", x.word[1:])
	}
	text := sh.politeDir(sh.dirStack()[n], long) + "\n"
	if number {
		text = fmt.Sprintf("%2d  ", n) + text
	}
	return boolStatus(sh.Out("dirs", []byte(text)))
}
