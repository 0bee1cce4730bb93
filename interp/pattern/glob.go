package pattern

import (
	"slices"
	"strings"
)

// GlobOptions are the shell's options on pathname expansion. The zero value is
// bash's default.
type GlobOptions struct {
	ExtGlob  bool // shopt extglob
	NoCase   bool // shopt nocaseglob
	DotGlob  bool // shopt dotglob; set too while GLOBIGNORE has a value
	GlobStar bool // shopt globstar
	ShowDots bool // shopt -u globskipdots: patterns may match . and ..
	Bytes    bool // the C locale: every byte is a character

	// GlobIgnore holds the patterns of GLOBIGNORE: results that one of them
	// matches, and those that end in . or .., are left out.
	GlobIgnore []string
	// Less orders the results; nil is the order of their bytes.
	Less func(a, b string) bool
}

// flags are those of the patterns of components.
func (o *GlobOptions) flags() Flags {
	var f Flags
	if o.ExtGlob {
		f |= ExtGlob
	}
	if o.NoCase {
		f |= NoCase
	}
	if !o.DotGlob {
		f |= Period
	}
	if o.Bytes {
		f |= Bytes
	}
	return f
}

// Glob returns the names in fs that pat matches, in order, or none. Characters
// that were quoted have a backslash before them in pat. A pattern without
// metacharacters matches the name that it spells, if that exists. Directories
// that cannot be read hold nothing. **//x is **/x, which bash 5.2 does not
// quite have. The error is that of a pattern too deeply nested to be compiled.
func Glob(fs FS, pat string, opts GlobOptions) ([]string, error) {
	g := &globber{fs: fs, opts: &opts}
	dir, parts, err := g.split(pat)
	if err != nil {
		return nil, err
	}
	g.bare = dir == ""
	g.walk(base{dir: dir, literal: true}, parts)
	if err := g.ignore(); err != nil {
		return nil, err
	}
	if opts.Less == nil {
		slices.Sort(g.found)
		return g.found, nil
	}
	slices.SortFunc(g.found, func(a, b string) int {
		switch {
		case opts.Less(a, b):
			return -1
		case opts.Less(b, a):
			return 1
		}
		return 0
	})
	return g.found, nil
}

// ignore leaves out what GlobIgnore names.
func (g *globber) ignore() error {
	if len(g.opts.GlobIgnore) == 0 || len(g.found) == 0 {
		return nil
	}
	flags := g.opts.flags()&^Period | FileName | DotGlob | ignoring
	var unwanted []*Pattern
	for _, pat := range g.opts.GlobIgnore {
		p, err := Cached(pat, flags)
		if err != nil {
			return err
		}
		unwanted = append(unwanted, p)
	}
	g.found = slices.DeleteFunc(g.found, func(name string) bool {
		base := name[strings.LastIndexByte(name, '/')+1:]
		if base == "." || base == ".." {
			return true
		}
		return slices.ContainsFunc(unwanted, func(p *Pattern) bool { return p.Match(name) })
	})
	return nil
}

// part is a component of a pattern, from the first that is not literal on.
type part struct {
	name     string   // of a literal component, without quotes
	pat      *Pattern // of another; nil for a literal one
	dots     *Pattern // with ShowDots: what matches . and ..
	globstar bool     // it is **
}

// split takes the literal components off the start of pat; dir is what they
// spell, slashes and all. A last part without a name stands for a slash at the
// end of pat. Of several slashes between parts only one counts.
func (g *globber) split(pat string) (dir string, parts []part, err error) {
	flags := g.opts.flags()
	for pat != "" {
		end := componentEnd(pat, flags)
		text := strings.TrimSuffix(pat[:end], `\`) // of a quoted slash
		slashes := end
		for slashes < len(pat) && pat[slashes] == '/' {
			slashes++
		}
		last := slashes == end
		if last {
			text = pat
		}
		meta := HasMeta(text, flags)
		if !meta && !last && len(parts) == 0 {
			dir += Unescape(text) + pat[end:slashes]
			pat = pat[slashes:]
			continue
		}
		p := part{name: Unescape(text), globstar: g.opts.GlobStar && text == "**"}
		if meta {
			if p.pat, err = Cached(text, flags); err != nil {
				return "", nil, err
			}
			p.dots, _ = Cached(text, flags|Period)
		}
		if n := len(parts); !p.globstar || n == 0 || !parts[n-1].globstar {
			parts = append(parts, p)
		}
		if pat = pat[slashes:]; pat == "" && !last {
			parts = append(parts, part{})
		}
	}
	return dir, parts, nil
}

// componentEnd returns the length of the first component of pat. Slashes in
// groups do not end it; those in brackets do.
func componentEnd(pat string, flags Flags) int {
	for i := 0; i < len(pat); i++ {
		switch c := pat[i]; {
		case c == '/':
			return i
		case c == '\\' && i+1 < len(pat) && pat[i+1] != '/':
			i++
		case flags&ExtGlob != 0 && strings.IndexByte("?*+@!", c) >= 0 && i+1 < len(pat) && pat[i+1] == '(':
			if _, end := splitGroup(bytesOf(pat), i+2); end > 0 {
				i = end - 1
			}
		}
	}
	return len(pat)
}
