package ship

import (
	"debug/elf"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// name adds a name by which a loader's default folders must have this library, found under a path there.
func (f *File) name(path, name string) {
	if strings.Contains(name, "/") {
		return // the program says where it is
	}
	if dir := filepath.Dir(path); filepath.Base(filepath.Dir(dir)) == hwcaps {
		name = filepath.Join(hwcaps, filepath.Base(dir), name)
	}
	if !slices.Contains(f.Names, name) {
		f.Names = append(f.Names, name)
	}
}

// byOrigin reports whether a library of an object is found in a folder that is named from where the object is.
func (r *resolver) byOrigin(o *elfObject, path string) bool {
	named := func(o *elfObject, entries []string) bool {
		from := slices.DeleteFunc(strings.Split(strings.Join(entries, ":"), ":"), func(e string) bool { return !strings.Contains(e, "ORIGIN") })
		return slices.ContainsFunc(r.expand(o, from), func(dir string) bool { return filepath.Clean(dir) == filepath.Dir(path) })
	}
	if len(o.runpath) > 0 {
		return named(o, o.runpath)
	}
	for p := o; p != nil; p = p.parent {
		if len(p.runpath) == 0 && p.inPlace && named(p, p.rpath) {
			return true
		}
	}
	return false
}

// library gives the files that a loader may take for a needed name: the one it takes, and with it every variant for
// richer processors that the loader's cache knows, because the target's loader chooses among them.
func (r *resolver) library(o *elfObject, name string) ([]string, error) {
	if strings.Contains(name, "/") {
		return []string{name}, nil
	}
	dirs := r.searchDirs(o)
	if !isStandard(r.loaderDir) {
		dirs = append(dirs, r.loaderDir)
	}
	for _, dir := range dirs {
		if found := r.inDir(dir, name); len(found) > 0 {
			return found, nil
		}
	}
	if r.musl() {
		return r.muslLibrary(o, name)
	}
	var found []string
	for _, file := range r.ldCache().lookup(name) {
		if r.fits(file) {
			found = append(found, file)
		}
	}
	if len(found) > 0 {
		r.add(LoaderCache, o.path)
		return found, nil
	}
	for _, dir := range standardDirs {
		if strings.Contains(dir, "%s") {
			dir = fmt.Sprintf(dir, triplet(r.arch))
		}
		if found := r.inDir(dir, name); len(found) > 0 {
			return found, nil
		}
	}
	return nil, missing(o, name)
}

// isStandard reports whether a loader in a folder is the system's. Others know the libraries beside them, and not those of
// the system.
func isStandard(dir string) bool {
	return dir == "" || strings.HasPrefix(dir, "/lib") || strings.HasPrefix(dir, "/usr/lib")
}

func missing(o *elfObject, name string) error {
	return fmt.Errorf("library %s, which %s needs: %w", name, o.path, os.ErrNotExist)
}

// variants are the folders in which glibc looks for a library for richer processors, within any other.
func variants(arch string) []string {
	switch arch {
	case "amd64":
		return []string{"x86-64-v4", "x86-64-v3", "x86-64-v2"}
	case "ppc64le":
		return []string{"power10", "power9"}
	case "s390x":
		return []string{"z16", "z15", "z14", "z13"}
	}
	return nil
}

// hwcaps is the folder that holds them.
const hwcaps = "glibc-hwcaps"

// inDir gives a library of a folder, and its variants.
func (r *resolver) inDir(dir, name string) []string {
	file := filepath.Join(dir, name)
	if !r.fits(file) {
		return nil
	}
	found := []string{file}
	for _, v := range variants(r.arch) {
		if file := filepath.Join(dir, hwcaps, v, name); !r.musl() && r.fits(file) {
			found = append(found, file)
		}
	}
	return found
}

// searchDirs are the directories that come before the loader's own: RPATH of the object and of those that loaded it,
// unless it has a RUNPATH; LD_LIBRARY_PATH; RUNPATH.
func (r *resolver) searchDirs(o *elfObject) []string {
	var dirs []string
	if len(o.runpath) == 0 {
		for p := o; p != nil; p = p.parent {
			if len(p.runpath) == 0 {
				dirs = append(dirs, r.expand(p, p.rpath)...)
			}
		}
	}
	if path, ok := r.getenv("LD_LIBRARY_PATH"); ok && path != "" {
		dirs = append(dirs, strings.FieldsFunc(path, func(c rune) bool { return c == ':' || c == ';' })...)
	}
	return append(dirs, r.expand(o, o.runpath)...)
}

// platform is what the kernel calls a processor, for $PLATFORM.
func platform(arch string) string {
	switch arch {
	case "amd64":
		return "x86_64"
	case "arm64":
		return "aarch64"
	case "386":
		return "i686"
	case "arm":
		return "v7l"
	case "ppc64le":
		return "power9"
	case "s390x":
		return "z15"
	}
	return ""
}

// expand cuts run paths at colons and replaces the loader's own variables. $LIB depends on how glibc was built: Debian
// has one value, others have another.
func (r *resolver) expand(o *elfObject, paths []string) []string {
	var dirs []string
	for _, p := range paths {
		for dir := range strings.SplitSeq(p, ":") {
			if dir == "" {
				continue
			}
			for _, lib := range []string{"lib/" + triplet(r.arch), "lib64"} {
				names := strings.NewReplacer("${ORIGIN}", o.origin, "$ORIGIN", o.origin, "${LIB}", lib, "$LIB", lib,
					"${PLATFORM}", platform(r.arch), "$PLATFORM", platform(r.arch))
				if full := names.Replace(dir); !slices.Contains(dirs, full) {
					dirs = append(dirs, full)
				}
			}
		}
	}
	return dirs
}

// fits reports whether a file is a library for the target's processor: loaders pass over others.
func (r *resolver) fits(path string) bool {
	f, err := elf.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	return archName(f) == r.arch
}
