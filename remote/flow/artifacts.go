package flow

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"sshell/interp/plan"
	"sshell/remote"
	"sshell/remote/ship"
)

// A target that does not see the client's files is shipped what a command names: the programs that its source calls, by
// itself and in the functions and aliases that it calls, and the files of this machine that its words are. What a command
// makes of its words when it runs is not known before: --with names the rest.
//
// A file that is only read may not differ by a byte from the client's, one that is run may have to: see package lambda. So
// names of programs are bare, or paths from the root on, as what --with lists is; files that are read are named by paths from
// the working directory on, but for those whose words have another.

// starters are programs and builtins that start another program, which their arguments name.
var starters = []string{
	"builtin", "chrt", "command", "doas", "env", "exec", "find", "flock", "ionice", "nice", "nohup", "numactl", "on", "parallel",
	"parmap", "prlimit", "reduce", "setsid", "stdbuf", "strace", "sudo", "taskset", "time", "timeout", "watch", "xargs",
}

// ours are the words of which one argument may be source.
var ours = []string{"on", "parmap", "reduce"}

// shells are programs whose argument behind -c is source.
var shells = []string{"sh", "bash", "dash", "sshell"}

// naming collects what commands name.
type naming struct {
	dir, path string
	snapshot  *plan.Snapshot
	list      []string
	seen      map[string]bool // of list
	entered   map[string]bool // functions, aliases and scripts
	runs      bool            // values are names of programs

	matches     int // files that match patterns
	matchesSize int64
	behind      []string // patterns that match too much
	sample      string   // a file that one of them matches
}

// needs is what is known of a command: what all its tasks need, and whether their values name programs.
type needs struct {
	list []string
	runs bool
}

func (s *segment) naming(with []string) *naming {
	n := &naming{dir: s.dir, snapshot: s.Snapshot, seen: map[string]bool{}, entered: map[string]bool{}}
	for _, name := range with {
		if strings.Contains(name, "/") {
			name = n.inDir(name)
			n.script(name)
		}
		n.add(name)
	}
	for _, entry := range s.environ {
		if path, ok := strings.CutPrefix(entry, "PATH="); ok {
			n.path = path
		}
	}
	return n
}

// artifacts gives what the tasks of a command need beside with, whatever their values are. It looks once.
func (s *segment) artifacts(c *command, with []string) []string {
	if known, ok := s.needs.Load(c); ok {
		return known.(*needs).list
	}
	known := s.commandNeeds(c, with)
	s.needs.Store(c, known)
	return known.list
}

func (s *segment) commandNeeds(c *command, with []string) *needs {
	n := s.naming(with)
	if c.source != nil {
		n.source(c.source)
		for _, line := range s.leftBehind(n, RunnerOptions{With: with, Dir: s.dir}) {
			s.warn(line)
		}
		return &needs{n.list, n.runs}
	}
	words := make([]string, len(c.argv))
	for i := range c.argv {
		_, fixed := c.argv.fixed(i)
		words[i] = textOf(c.argv[i])
		n.runs = n.runs || !fixed && slices.Contains(starters, words[0])
	}
	n.call(words)
	return &needs{n.list, n.runs}
}

// stageArtifacts gives what stages need beside with, and what is to be said of what matches their patterns.
func (s *segment) stageArtifacts(stages []remote.Stage, with []string, o RunnerOptions) (list, behind []string) {
	n := s.naming(with)
	for _, st := range stages {
		if st.Argv == nil {
			n.text(st.Source)
		} else {
			n.call(st.Argv)
		}
	}
	return n.list, s.leftBehind(n, o)
}

// warn writes a line to the first stage's standard error, if it has one: a segment that is only explained has none.
func (s *segment) warn(line string) {
	if len(s.Stderr) > 0 {
		fmt.Fprintf(s.Stderr[0], "sshell: %s: %s\n", s.Stages[0].Name, line)
	}
}

// withValues adds the values that are files to what tasks need. An argument vector names them itself.
func (s *segment) withValues(list []string, c *command, v values) []string {
	known, ok := s.needs.Load(c)
	runs := ok && known.(*needs).runs
	if c.source == nil && !c.shell && !runs {
		return list
	}
	n := naming{dir: s.dir, list: slices.Clip(list)}
	for _, value := range v.args {
		if runs && strings.Contains(value, "/") && n.executable(value) {
			n.add(n.inDir(value))
			continue
		}
		n.file(value)
	}
	return n.list
}

// text looks through shell source. What cannot be parsed says so when it runs.
func (n *naming) text(src string) {
	if t, err := parseSource(src, tokens{none: true}, false); err == nil {
		n.source(t)
	}
}

func (n *naming) source(t *sourceTemplate) {
	literal := func(w *syntax.Word) string {
		if w == nil {
			return ""
		}
		word, ok := t.simpleWord(w)
		if !ok {
			return ""
		}
		return textOf(word)
	}
	syntax.Walk(t.file, func(node syntax.Node) bool {
		switch node := node.(type) {
		case *syntax.CallExpr:
			words := make([]string, len(node.Args))
			for i, w := range node.Args {
				words[i] = literal(w)
				n.runs = n.runs || t.hasValue(w) && (i == 0 || slices.Contains(starters, words[0]))
			}
			n.call(words)
			for _, w := range node.Args {
				n.match(w)
			}
		case *syntax.WordIter: // of for and select
			for _, w := range node.Items {
				n.file(literal(w))
				n.match(w)
			}
		case *syntax.ArrayElem:
			if node.Value != nil {
				n.file(literal(node.Value))
				n.match(node.Value)
			}
		case *syntax.Assign:
			if node.Name != nil && node.Value != nil {
				n.assign(node.Name.Value, literal(node.Value))
			}
		case *syntax.Redirect:
			if node.Op == syntax.RdrIn {
				n.file(literal(node.Word))
			}
		}
		return true
	})
}

// assign adds the files that programs read for the locale or the time zone that a variable names.
func (n *naming) assign(name, value string) {
	if value == "" || name != "TZ" && name != "LANG" && !strings.HasPrefix(name, "LC_") {
		return
	}
	for _, f := range ship.Locale([]string{name + "=" + value}, "") {
		n.add(f.Path)
	}
}

// textOf gives a word; one with values is empty, unless it is longer text such as source, in which they are no names.
func textOf(word []piece) string {
	var b strings.Builder
	values := false
	for _, p := range word {
		if p.isTok {
			values = true
			b.WriteString("{}")
			continue
		}
		b.WriteString(p.lit)
	}
	if text := b.String(); !values || strings.ContainsAny(text, " \t\n") {
		return text
	}
	return ""
}

// hasValue reports whether a value of the input stands in a word.
func (t *sourceTemplate) hasValue(w *syntax.Word) bool {
	word, ok := t.simpleWord(w)
	return ok && slices.ContainsFunc(word, func(p piece) bool { return p.isTok && p.token.isValue() })
}

// call looks at the words of a command; one that is not known is empty.
func (n *naming) call(words []string) {
	if len(words) == 0 {
		return
	}
	name := words[0]
	starts, shell := slices.Contains(starters, name), slices.Contains(shells, filepath.Base(name))
	if !n.enter(name) && !isShellName(name) {
		n.program(name)
	}
	for i, w := range words[1:] {
		switch {
		case slices.Contains(ours, name) && strings.ContainsAny(w, " \t\n"):
			n.text(w)
		case shell && strings.HasPrefix(words[i], "-") && strings.HasSuffix(words[i], "c"):
			n.text(w)
		case starts && !strings.Contains(w, "="):
			n.program(w)
		case starts: // env NAME=VALUE
			name, value, _ := strings.Cut(w, "=")
			n.assign(name, value)
		}
		n.file(w)
	}
	switch {
	case name == "tar":
		n.compressors(words[1:])
	case shell, name == ".", name == "source":
		n.reads(words[1:])
	}
}

// reads looks through the script that a shell is given to read: its first word that is no option.
func (n *naming) reads(words []string) {
	for _, w := range words {
		if w != "" && w[0] != '-' {
			n.script(n.inDir(w))
			return
		}
	}
}

// compressions are what tar starts for an archive, by the end of its name, a letter and an option.
var compressions = []struct{ end, letter, option, program string }{
	{"gz", "z", "--gzip", "gzip"}, {"bz2", "j", "--bzip2", "bzip2"}, {"xz", "J", "--xz", "xz"}, {"zst", "", "--zstd", "zstd"},
}

// compressors adds what tar starts by itself.
func (n *naming) compressors(words []string) {
	for i, w := range words {
		letters := i == 0 && !strings.Contains(w, "/") || strings.HasPrefix(w, "-") && !strings.HasPrefix(w, "--")
		for _, c := range compressions {
			if strings.HasSuffix(w, c.end) || w == c.option || letters && c.letter != "" && strings.Contains(w, c.letter) {
				n.program(c.program)
			}
		}
	}
}

// enter looks into a function or an alias; it reports whether name is one.
func (n *naming) enter(name string) bool {
	if n.snapshot == nil {
		return false
	}
	src, ok := n.snapshot.Aliases[name]
	for _, f := range n.snapshot.Funcs {
		if f.Name == name {
			src, ok = f.Source, true
		}
	}
	if ok && !n.entered[name] {
		n.entered[name] = true
		n.text(src)
	}
	return ok
}

// program adds a program that this machine has, and what it calls if it is a script of the shell; one that it has not is missed
// where it is called.
func (n *naming) program(name string) {
	switch {
	case name == "" || n.seen[name]:
	case strings.Contains(name, "/"):
		if n.executable(name) {
			n.add(n.inDir(name))
			n.script(n.inDir(name))
		}
	default:
		n.onPath(name)
	}
}

// onPath is program for a name without a slash.
func (n *naming) onPath(name string) {
	for dir := range strings.SplitSeq(n.path, ":") {
		file := filepath.Join(dir, name)
		if !n.executable(file) {
			continue
		}
		if _, err := os.Lstat(n.inDir(name)); err == nil {
			n.add(n.inDir(file)) // the bare name would mean what stands here
		} else {
			n.add(name)
		}
		n.script(n.inDir(file))
		return
	}
}

func (n *naming) executable(file string) bool {
	st, err := os.Stat(n.inDir(file))
	return err == nil && st.Mode().IsRegular() && st.Mode()&0o111 != 0
}

// file adds a file that a word is.
func (n *naming) file(name string) {
	if name == "" || n.seen[name] || n.seen[n.inDir(name)] {
		return
	}
	if st, err := os.Stat(n.inDir(name)); err != nil || !st.Mode().IsRegular() {
		return
	}
	switch from, err := filepath.Rel(n.dir, name); {
	case !strings.Contains(name, "/"):
		name = "./" + name // not a program on PATH
	case filepath.IsAbs(name) && err == nil && !filepath.IsLocal(from):
		name = from // not what --with names
	}
	n.add(name)
}

func (n *naming) inDir(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(n.dir, name)
}

func (n *naming) add(name string) {
	if !n.seen[name] {
		n.list = append(n.list, name)
	}
	if n.seen != nil {
		n.seen[name] = true
	}
}
