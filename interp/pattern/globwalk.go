package pattern

import "strings"

// globber is one pathname expansion.
type globber struct {
	fs    FS
	opts  *GlobOptions
	bare  bool // the pattern has no literal components in front
	found []string
}

// base is how far a walk has come.
type base struct {
	dir     string // what has been matched, with a slash at its end, or nothing
	literal bool   // dir is as the pattern spells it, and nothing else
	exists  bool   // dir is known to be a directory
}

// walk finds what parts match in a place.
func (g *globber) walk(at base, parts []part) {
	if len(parts) == 0 {
		if g.fs.Lstat(at.dir) != Missing {
			g.found = append(g.found, at.dir)
		}
		return
	}
	p, rest := &parts[0], parts[1:]
	switch {
	case p.pat == nil && p.name == "":
		g.found = append(g.found, at.dir)
	case p.pat == nil:
		g.walkLiteral(at, p, rest)
	case p.globstar:
		g.walkTree(at, rest)
	default:
		g.walkPattern(at, p, rest)
	}
}

func (g *globber) walkLiteral(at base, p *part, rest []part) {
	path := at.dir + p.name
	switch {
	case len(rest) == 0:
		if g.fs.Lstat(path) != Missing {
			g.found = append(g.found, path)
		}
	case rest[0].isSlash() && g.fs.Stat(path) != Dir:
	default:
		// Whether path is a directory shows when something in it is looked up.
		g.walk(base{dir: path + "/"}, rest)
	}
}

// isSlash reports whether the part stands for a slash at the end.
func (p *part) isSlash() bool { return p.pat == nil && p.name == "" }

func (g *globber) walkPattern(at base, p *part, rest []part) {
	entries, _ := g.fs.ReadDir(at.dir)
	if g.opts.ShowDots {
		entries = append(entries, Entry{".", Dir}, Entry{"..", Dir})
	}
	for i := range entries {
		e := &entries[i]
		if !p.pat.Match(e.Name) || g.opts.ShowDots && isDots(e.Name) && !p.dots.Match(e.Name) {
			continue
		}
		if len(rest) == 0 {
			g.add(at.dir, e.Name)
			continue
		}
		path := at.dir + e.Name
		if e.Kind == Dir || e.Kind != Other && (rest[0].pat == nil && !rest[0].isSlash() || g.fs.Stat(path) == Dir) {
			g.walk(base{dir: path + "/", exists: true}, rest)
		}
	}
}

func isDots(name string) bool { return name == "." || name == ".." }

// add adds a result. A bare name is copied, since it may share memory with all
// the names of its directory.
func (g *globber) add(dir, name string) {
	if dir == "" {
		name = strings.Clone(name)
	}
	g.found = append(g.found, dir+name)
}

// walkTree matches **: nothing, or any number of directories and, if it is the
// last part, the files in them. It does not go into symbolic links.
func (g *globber) walkTree(at base, rest []part) {
	if at.dir != "" && !at.exists && g.fs.Stat(at.dir) != Dir {
		return
	}
	switch {
	case len(rest) > 0:
		if !rest[0].isSlash() || at.dir != "" {
			g.walk(base{dir: at.dir, exists: true}, rest)
		}
	case at.dir != "" && at.literal:
		g.found = append(g.found, at.dir)
	case at.dir != "":
		g.found = append(g.found, strings.TrimSuffix(at.dir, "/"))
	}
	g.descend(at.dir, rest, at.dir == "" && g.bare)
}

// descend goes through the directories under dir. With top set, the pattern
// begins with **: then rest is not looked for in linked directories, which
// bash does under any other beginning.
func (g *globber) descend(dir string, rest []part, top bool) {
	entries, _ := g.fs.ReadDir(dir)
	for i := range entries {
		e := &entries[i]
		if e.Name[0] == '.' && !g.opts.DotGlob {
			continue
		}
		kind := e.Kind
		if kind == Unknown {
			kind = g.fs.Lstat(dir + e.Name)
		}
		if len(rest) == 0 {
			g.add(dir, e.Name)
		}
		switch {
		case kind == Dir:
			sub := dir + e.Name + "/"
			if len(rest) > 0 {
				g.walk(base{dir: sub, exists: true}, rest)
			}
			g.descend(sub, rest, top)
		case kind == Symlink && len(rest) > 0 && (!top || rest[0].isSlash()):
			if g.fs.Stat(dir+e.Name) == Dir {
				g.walk(base{dir: dir + e.Name + "/", exists: true}, rest)
			}
		}
	}
}
