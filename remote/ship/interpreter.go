package ship

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
)

// An interpreter is of no use without its standard library, which is where the interpreter's own search ends: the same
// search is made here. What was installed besides (site-packages, vendor_perl and the like) is not listed, because it
// may be of any size: who needs it names it. A virtual environment of Python is listed with all that is in it.

// unneededPython are folders of the standard library that scripts do not import, and those of other packages.
var unneededPython = []string{"site-packages", "dist-packages", "test", "idlelib", "turtledemo", "ensurepip", "config-*"}

// unneededPerl are the same of Perl.
var unneededPerl = []string{"pod", "CORE", "site_perl", "vendor_perl"}

var (
	pythonName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^python[23]?(\.[0-9]+)?$`) })
	perlName   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^perl(5[.0-9]*)?$`) })
)

// interpreter lists the standard library of a program that is a known interpreter. first is the program as its loader sees it.
func (r *resolver) interpreter(path string, first *elfObject) error {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	switch base := filepath.Base(path); {
	case pythonName().MatchString(base):
		err = r.python(path, real, first)
	case perlName().MatchString(base):
		err = r.perl(path, real, first)
	}
	if err != nil {
		return fmt.Errorf("standard library of %s: %w", path, err)
	}
	return nil
}

func (r *resolver) python(path, real string, first *elfObject) error {
	start := filepath.Dir(real)
	if cfg, home := virtualEnv(path); cfg != "" {
		r.add(cfg, path)
		packages, err := filepath.Glob(filepath.Dir(cfg) + "/lib*/python[0-9]*/site-packages")
		if err != nil {
			return err
		}
		for _, dir := range packages {
			r.add(dir, path)
		}
		if home != "" {
			start = home
		}
	}
	if home, _ := r.getenv("PYTHONHOME"); home != "" {
		start, _, _ = strings.Cut(home, ":")
	}
	version := "python[0-9]*"
	if base := filepath.Base(real); strings.Contains(base, ".") {
		version = base
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		found, err := filepath.Glob(filepath.Join(dir, "lib*", version, "os.py"))
		if err != nil {
			return err
		}
		for _, landmark := range found {
			lib := filepath.Dir(landmark)
			r.addFolder(lib, path, unneededPython)
			modules, err := filepath.Glob(lib + "/lib-dynload/*.so")
			if err != nil {
				return err
			}
			r.modules(modules, first)
		}
		if len(found) > 0 {
			return nil
		}
		if dir == "/" || dir == "." {
			return fmt.Errorf("no lib/%s/os.py in a folder above %s: %w", version, start, fs.ErrNotExist)
		}
	}
}

// virtualEnv gives the file that makes a folder a virtual environment of Python, and the folder of the program it is made
// from; empty where python is no part of one.
func virtualEnv(python string) (cfg, home string) {
	dir := filepath.Dir(python)
	for _, cfg := range []string{dir + "/pyvenv.cfg", filepath.Dir(dir) + "/pyvenv.cfg"} {
		text, err := os.ReadFile(cfg)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			if key, value, ok := strings.Cut(line, "="); ok && strings.TrimSpace(key) == "home" {
				return cfg, strings.TrimSpace(value)
			}
		}
		return cfg, ""
	}
	return "", ""
}

func (r *resolver) perl(path, real string, first *elfObject) error {
	prefix := filepath.Dir(filepath.Dir(real))
	multiarch := triplet(r.arch)
	complete := false
	for _, pattern := range []string{"share/perl/5.*", "lib/" + multiarch + "/perl/5.*", "lib/" + multiarch + "/perl-base",
		"lib/perl5/5.*", "lib64/perl5", "share/perl5", "lib/5.*"} {
		dirs, err := filepath.Glob(filepath.Join(prefix, pattern))
		if err != nil {
			return err
		}
		for _, dir := range dirs {
			if complete && pattern == "share/perl5" && multiarch != "" && isFile(filepath.Join(prefix, "lib", multiarch, "perl-base/strict.pm")) {
				continue // Debian's folder for other packages
			}
			complete = complete || isFile(dir+"/strict.pm")
			r.addFolder(dir, path, unneededPerl)
			r.modules(sharedObjects(dir+"/auto"), first)
		}
	}
	if !complete {
		return fmt.Errorf("no strict.pm in the folders of Perl under %s: %w", prefix, fs.ErrNotExist)
	}
	return nil
}

// sharedObjects lists the extension modules below a folder.
func sharedObjects(dir string) []string {
	var list []string
	filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && strings.HasSuffix(path, ".so") {
			list = append(list, path)
		}
		return nil // what cannot be read cannot be loaded either
	})
	return list
}

// addFolder lists a folder but for some of what is right in it.
func (r *resolver) addFolder(path, why string, without []string) {
	if r.add(path, why) {
		r.listed(path).Without = without
	}
}

// modules lists the libraries that extension modules need. A module whose libraries are missing cannot be loaded on
// this machine either.
func (r *resolver) modules(paths []string, parent *elfObject) {
	for _, path := range paths {
		if o, err := openObject(path, parent); err == nil {
			o.inPlace = true
			if err := r.libraries(o); err != nil && !errors.Is(err, fs.ErrNotExist) {
				continue
			}
		}
	}
}
