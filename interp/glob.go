package interp

import (
	"sshell/interp/pattern"
)

// globField makes of a field that may be a pattern the names of the files that match.
func (s *sink) globField() {
	sh := s.sh
	pat := s.escaped(pattern.Escape)
	if sh.cfg.Files != nil && sh.cfg.Files.Has(pat) && !sh.opts.s3glob && !sh.globStored {
		s.out = append(s.out, string(s.buf))
		return
	}
	if !pattern.HasMeta(pat, sh.patternFlags()) {
		s.out = append(s.out, string(s.buf))
		return
	}
	names, err := sh.glob(pat)
	switch {
	case err != nil:
		s.err = err
	case len(names) > 0:
		s.out = append(s.out, names...)
	case sh.opts.failglob:
		s.err = expansionErrorf("no match: %s", s.buf)
	case !sh.opts.nullglob:
		s.out = append(s.out, string(s.buf))
	}
}

// glob gives the names that match pat, sorted, without those that GLOBIGNORE leaves out.
func (sh *Shell) glob(pat string) ([]string, error) {
	if files := sh.cfg.Files; files != nil && files.Has(pat) {
		names, err := files.Glob(sh.filesContext(), pat)
		if err != nil {
			return nil, expansionErrorf("%s: %s", pat, err)
		}
		return names, nil
	}
	opts := pattern.GlobOptions{
		ExtGlob:  sh.opts.extglob,
		NoCase:   sh.opts.nocaseglob,
		DotGlob:  sh.opts.dotglob,
		GlobStar: sh.opts.globstar,
		ShowDots: !sh.opts.globskipdots,
		Bytes:    !sh.utf8Locale(),
	}
	if ignore, _ := sh.lookup("GLOBIGNORE").value(sh); ignore != "" {
		opts.GlobIgnore = splitColons(ignore)
	}
	names, err := pattern.Glob(pattern.OS{}, pat, opts)
	if err != nil {
		return nil, expansionErrorf("%s: %s", pat, err)
	}
	return names, nil
}

// splitColons cuts at the colons that no backslash quotes.
func splitColons(text string) []string {
	var list []string
	for {
		colon := unescapedColon(text)
		if colon < 0 {
			return append(list, text)
		}
		list = append(list, text[:colon])
		text = text[colon+1:]
	}
}
