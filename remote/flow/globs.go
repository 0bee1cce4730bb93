package flow

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"sshell/interp/pattern"
	"sshell/interp/plan"
	"sshell/remote"
)

// Words of source that are patterns are expanded where they run: what they match on the client travels as files do that are
// named. Of a word's variables those count that the shell has. Folders that match do not travel.

// What matches in the words of one command travels up to these bounds: as much as is stored in a few seconds without having been
// asked for.
const (
	matchesMost     = 1000
	matchesMostSize = 64 << 20 // bytes
)

// match adds the files that match a word.
func (n *naming) match(w *syntax.Word) {
	opts := n.globOptions()
	pat, ok := n.patternOf(w)
	if !ok || opts == nil || !pattern.HasMeta(pat, pattern.ExtGlob) {
		return
	}
	full := pat
	if !filepath.IsAbs(pat) {
		full = pattern.Escape(n.dir) + "/" + pat
	}
	names, err := pattern.Glob(pattern.OS{}, full, *opts)
	if err != nil {
		return
	}
	count, size := n.matches, n.matchesSize
	var files []string
	for _, name := range names {
		st, err := os.Stat(name)
		if err != nil || !st.Mode().IsRegular() || n.within(name) {
			continue
		}
		count, size = count+1, size+st.Size()
		if !filepath.IsAbs(pat) {
			name = strings.TrimPrefix(name, n.dir+"/")
		}
		files = append(files, name)
	}
	if count > matchesMost || size > matchesMostSize {
		n.behind = append(n.behind, pattern.Unescape(pat))
		n.sample = files[0]
		return
	}
	n.matches, n.matchesSize = count, size
	for _, name := range files {
		n.file(name)
	}
}

// within reports whether a file is in a folder that travels whole.
func (n *naming) within(file string) bool {
	return slices.ContainsFunc(n.list, func(name string) bool { return strings.HasPrefix(file, n.inDir(name)+"/") })
}

// globOptions are how the shell expands patterns, nil if it does not.
func (n *naming) globOptions() *pattern.GlobOptions {
	if n.snapshot == nil {
		return &pattern.GlobOptions{ExtGlob: true}
	}
	if slices.Contains(strings.Split(n.snapshot.Set, ":"), "noglob") {
		return nil
	}
	on := func(name string) bool { return slices.Contains(n.snapshot.Shopt, name) }
	return &pattern.GlobOptions{ExtGlob: true, NoCase: on("nocaseglob"), DotGlob: on("dotglob"), GlobStar: on("globstar")}
}

// patternOf gives a word as a pattern, in which what was quoted is escaped; false for one that is known only when it runs.
func (n *naming) patternOf(w *syntax.Word) (string, bool) {
	var b strings.Builder
	for _, part := range w.Parts {
		switch part := part.(type) {
		case *syntax.Lit:
			b.WriteString(part.Value)
		case *syntax.ExtGlob:
			b.WriteString(part.Op.String() + part.Pattern.Value + ")")
		case *syntax.SglQuoted:
			if part.Dollar {
				return "", false
			}
			b.WriteString(pattern.Escape(part.Value))
		case *syntax.DblQuoted:
			if !n.quoted(&b, part) {
				return "", false
			}
		case *syntax.ParamExp:
			value, ok := n.value(part)
			if !ok || strings.ContainsAny(value, " \t\n") {
				return "", false
			}
			b.WriteString(value)
		default:
			return "", false
		}
	}
	return b.String(), true
}

// quoted writes what stands between double quotes.
func (n *naming) quoted(b *strings.Builder, q *syntax.DblQuoted) bool {
	for _, part := range q.Parts {
		value, ok := "", false
		switch part := part.(type) {
		case *syntax.Lit:
			value, ok = part.Value, !strings.Contains(part.Value, `\`)
		case *syntax.ParamExp:
			value, ok = n.value(part)
		}
		if !ok {
			return false
		}
		b.WriteString(pattern.Escape(value))
	}
	return true
}

// value gives what $NAME or ${NAME} is in the shell.
func (n *naming) value(p *syntax.ParamExp) (string, bool) {
	if n.snapshot == nil || p.Param == nil || p.Excl || p.Length || p.Width || p.Index != nil || p.Slice != nil || p.Repl != nil || p.Exp != nil {
		return "", false
	}
	named := func(v plan.Variable) bool { return v.Name == p.Param.Value }
	vars := n.snapshot.Vars
	for _, scope := range slices.Backward(n.snapshot.Scopes) {
		if slices.ContainsFunc(scope.Vars, named) {
			vars = scope.Vars
			break
		}
	}
	at := slices.IndexFunc(vars, named)
	if at < 0 || !vars[at].Set {
		return "", false
	}
	return vars[at].Value, true
}

// leftBehind says which patterns match more than travels, a line each; none where the target sees this machine's files.
func (s *segment) leftBehind(n *naming, o RunnerOptions) []string {
	if len(n.behind) == 0 {
		return nil
	}
	runner, err := s.runner(o)
	if err != nil {
		return nil // which is said when it is to run
	}
	l, ok := runner.(Lister)
	if !ok {
		return nil
	}
	t := s.task(remote.Stage{Source: ":"})
	t.Artifacts = []string{n.inDir(n.sample)}
	if files, _, err := l.Travels(t); err != nil || len(files) == 0 {
		return nil
	}
	var lines []string
	for _, pat := range n.behind {
		lines = append(lines, fmt.Sprintf("%s matches more than travels by itself, %d files and %d MiB in all: take along what is needed by --with",
			pat, matchesMost, matchesMostSize>>20))
	}
	return lines
}
