package interp

import (
	"strings"

	"golang.org/x/sys/unix"

	"sshell/interp/quote"
)

// meaning is one thing that a command's name can mean.
type meaning struct {
	kind string // as type -t has it: alias, keyword, function, builtin or file
	text string // the alias's value, or the file's path
	// hashed says that the path is remembered and was not looked for.
	hashed bool
}

// meanings finds what a name means, the first that counts or all.
func (sh *Shell) meanings(name string, all, functions bool) []meaning {
	var found []meaning
	add := func(m meaning) bool {
		found = append(found, m)
		return !all
	}
	if value, ok := sh.aliases[name]; ok && sh.opts.expandAliases && add(meaning{kind: "alias", text: value}) {
		return found
	}
	if isKeyword(name) && add(meaning{kind: "keyword"}) {
		return found
	}
	if functions && sh.funcs[name] != nil && add(meaning{kind: "function"}) {
		return found
	}
	if sh.isBuiltin(name) && add(meaning{kind: "builtin"}) {
		return found
	}
	return append(found, sh.files(name, all)...)
}

// files finds the programs of that name.
func (sh *Shell) files(name string, all bool) []meaning {
	if strings.IndexByte(name, '/') >= 0 {
		if isExecutable(name) || name[0] == '/' && isExecutable(sh.placed(name)) {
			return []meaning{{kind: "file", text: name}}
		}
		return nil
	}
	if h, ok := sh.hash[name]; ok && !all {
		sh.remember(name, hashed{h.path, h.hits + 1})
		return []meaning{{kind: "file", text: h.path, hashed: true}}
	}
	path, _ := sh.getVar("PATH")
	return filesOn(path, name, all)
}

// filesOn finds the programs of that name in the directories of a path.
func filesOn(path, name string, all bool) []meaning {
	var found []meaning
	for dir := range strings.SplitSeq(path, ":") {
		if dir == "" {
			dir = "."
		}
		if file := strings.TrimSuffix(dir, "/") + "/" + name; name != "" && isExecutable(file) {
			found = append(found, meaning{kind: "file", text: file})
			if !all {
				break
			}
		}
	}
	return found
}

func isExecutable(path string) bool {
	var st unix.Stat_t
	return unix.Stat(path, &st) == nil && st.Mode&unix.S_IFMT != unix.S_IFDIR && unix.Access(path, unix.X_OK) == nil
}

func isKeyword(name string) bool {
	switch name {
	case "if", "then", "else", "elif", "fi", "case", "esac", "for", "select", "while", "until", "do", "done", "in",
		"function", "time", "{", "}", "!", "[[", "]]", "coproc":
		return true
	}
	return false
}

// told is the sentence that type prints.
func (m meaning) told(sh *Shell, name string) string {
	switch {
	case m.kind == "alias":
		return name + " is aliased to `" + m.text + "'\n"
	case m.kind == "keyword":
		return name + " is a shell keyword\n"
	case m.kind == "function":
		return name + " is a function\n" + functionSource(sh.funcs[name]) + "\n"
	case m.kind == "builtin" && sh.opts.posix && isSpecial(name):
		return name + " is a special shell builtin\n"
	case m.kind == "builtin":
		return name + " is a shell builtin\n"
	case m.hashed:
		return name + " is hashed (" + m.text + ")\n"
	}
	return name + " is " + m.text + "\n"
}

func isSpecial(name string) bool {
	entry, _ := lookupBuiltin(name)
	return entry.special
}

// short is the line that command -v prints.
func (m meaning) short(name string) string {
	switch m.kind {
	case "alias":
		return "alias " + name + "=" + quote.Single(m.text) + "\n"
	case "file":
		return m.text + "\n"
	}
	return name + "\n"
}

// shortForms puts the letters in place of the long options -type, -path and -all, which bash has kept.
func shortForms(args []string) []string {
	out := append([]string(nil), args...)
	for i := 1; i < len(out) && strings.HasPrefix(out[i], "-"); i++ {
		switch out[i] {
		case "-type", "--type":
			out[i] = "-t"
		case "-path", "--path":
			out[i] = "-p"
		case "-all", "--all":
			out[i] = "-a"
		}
	}
	return out
}

// typeCall is one call of type.
type typeCall struct {
	all, noFuncs         bool
	kinds, paths, onPath bool // -t, -p or -P, -P
}

// runType is type.
func runType(sh *Shell, args []string) int {
	var c typeCall
	o := readOptions(shortForms(args), "afptP")
	for o.next() {
		switch o.letter {
		case 'a':
			c.all = true
		case 'f':
			c.noFuncs = true
		case 'p', 'P':
			c.paths, c.kinds, c.onPath = true, false, c.onPath || o.letter == 'P'
		case 't':
			c.kinds, c.paths = true, false
		}
	}
	if o.failed(sh) {
		return 2
	}
	var b strings.Builder
	status := 0
	for _, name := range o.rest {
		found := c.find(sh, name)
		for _, m := range found {
			b.WriteString(c.line(sh, name, m))
		}
		if len(found) == 0 {
			status = 1
			if !c.kinds && !c.paths {
				sh.Errorf("type: %s: not found", name)
			}
		}
	}
	sh.Out("type", []byte(b.String()))
	return status
}

func (c *typeCall) find(sh *Shell, name string) []meaning {
	if c.onPath {
		return sh.files(name, c.all)
	}
	return sh.meanings(name, c.all, !c.noFuncs)
}

// line is what is printed for one meaning; nothing for what has no path where paths are wanted.
func (c *typeCall) line(sh *Shell, name string, m meaning) string {
	switch {
	case c.kinds:
		return m.kind + "\n"
	case !c.paths:
		return m.told(sh, name)
	case m.kind == "file":
		return m.text + "\n"
	}
	return ""
}

// describeNames is command -v and -V, with standardPath in mode where -p was given.
func (sh *Shell) describeNames(names []string, how byte, mode lookupMode) int {
	var b strings.Builder
	status := 1
	for _, name := range names {
		found := sh.meanings(name, false, true)
		if len(found) > 0 && found[0].kind == "file" && mode&standardPath != 0 && strings.IndexByte(name, '/') < 0 {
			found = filesOn(standardDirs, name, false)
		}
		if len(found) == 0 {
			if how == 'V' {
				sh.Errorf("command: %s: not found", name)
			}
			continue
		}
		status = 0
		if how == 'V' {
			b.WriteString(found[0].told(sh, name))
		} else {
			b.WriteString(found[0].short(name))
		}
	}
	sh.Out("command", []byte(b.String()))
	return status
}
