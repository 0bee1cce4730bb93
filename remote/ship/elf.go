package ship

import (
	"debug/elf"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// machines maps GOARCH to ELF's names of the processors that targets have.
var machines = map[string]elf.Machine{
	"amd64":   elf.EM_X86_64,
	"arm64":   elf.EM_AARCH64,
	"386":     elf.EM_386,
	"arm":     elf.EM_ARM,
	"riscv64": elf.EM_RISCV,
	"ppc64le": elf.EM_PPC64,
	"s390x":   elf.EM_S390,
}

// standardDirs are the directories in which loaders look last: those of glibc, of Debian's glibc, and of musl. %s
// is the directory of the processor.
var standardDirs = []string{"/lib/%s", "/usr/lib/%s", "/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/local/lib"}

// triplets are the directories of Debian's multiarch for each processor.
var triplets = map[string]string{
	"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu", "386": "i386-linux-gnu",
	"arm": "arm-linux-gnueabihf", "riscv64": "riscv64-linux-gnu", "ppc64le": "powerpc64le-linux-gnu",
	"s390x": "s390x-linux-gnu",
}

// archName gives GOARCH's name of an ELF file's processor.
func archName(f *elf.File) string {
	for name, m := range machines {
		if m == f.Machine {
			return name
		}
	}
	return f.Machine.String()
}

// object is an ELF file of the program's closure, with the directories that it names for its libraries.
type object struct {
	path    string
	needed  []string
	rpath   []string // DT_RPATH, which counts for what it loads too; ignored where there is a RUNPATH
	runpath []string
	parent  *object
}

// binary lists the loader and the libraries of an ELF program, breadth first as a loader finds them.
func (r *resolver) binary(path string, f io.ReaderAt) error {
	file, err := elf.NewFile(f)
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	if have := archName(file); have != r.arch {
		return &ArchError{Path: path, Have: have, Want: r.arch}
	}
	loader, err := loaderOf(file)
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	if loader == "" {
		return nil // static
	}
	if _, err := os.Stat(loader); err != nil {
		return fmt.Errorf("loader of %s: %w", path, err)
	}
	r.add(loader, path)
	first, err := readObject(file, path, nil)
	if err != nil {
		return err
	}
	return r.libraries(first, filepath.Base(loader))
}

func (r *resolver) libraries(first *object, loader string) error {
	queue := []*object{first}
	loaded := map[string]bool{loader: true} // by the name that was asked for: a loader looks for no name twice
	for len(queue) > 0 {
		o := queue[0]
		queue = queue[1:]
		for _, name := range o.needed {
			if loaded[name] {
				continue
			}
			loaded[name] = true
			found, err := r.library(o, name)
			if err != nil {
				return err
			}
			for _, path := range found {
				if !r.add(path, o.path) {
					continue
				}
				next, err := openObject(path, o)
				if err != nil {
					return err
				}
				queue = append(queue, next)
			}
		}
	}
	return nil
}

// loaderOf gives the path in PT_INTERP, empty for a static program.
func loaderOf(f *elf.File) (string, error) {
	for _, p := range f.Progs {
		if p.Type != elf.PT_INTERP {
			continue
		}
		b, err := io.ReadAll(p.Open())
		if err != nil {
			return "", err
		}
		return strings.TrimRight(string(b), "\x00"), nil
	}
	return "", nil
}

func openObject(path string, parent *object) (*object, error) {
	f, err := elf.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	defer f.Close()
	return readObject(f, path, parent)
}

func readObject(f *elf.File, path string, parent *object) (*object, error) {
	o := &object{path: path, parent: parent}
	for _, entry := range []struct {
		tag  elf.DynTag
		into *[]string
	}{{elf.DT_NEEDED, &o.needed}, {elf.DT_RPATH, &o.rpath}, {elf.DT_RUNPATH, &o.runpath}} {
		list, err := f.DynString(entry.tag)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		*entry.into = list
	}
	return o, nil
}

// library gives the files that a loader may take for a needed name: the one it takes, and with it every variant for
// richer processors that the loader's cache knows, because the target's loader chooses among them.
func (r *resolver) library(o *object, name string) ([]string, error) {
	if strings.Contains(name, "/") {
		return []string{name}, nil
	}
	for _, dir := range r.searchDirs(o) {
		if file := filepath.Join(dir, name); r.fits(file) {
			return []string{file}, nil
		}
	}
	var found []string
	for _, file := range r.ldCache().lookup(name) {
		if r.fits(file) {
			found = append(found, file)
		}
	}
	if len(found) > 0 {
		r.add(ldCachePath, o.path)
		return found, nil
	}
	for _, dir := range standardDirs {
		if strings.Contains(dir, "%s") {
			dir = fmt.Sprintf(dir, triplets[r.arch])
		}
		if file := filepath.Join(dir, name); r.fits(file) {
			return []string{file}, nil
		}
	}
	return nil, fmt.Errorf("library %s, which %s needs: %w", name, o.path, os.ErrNotExist)
}

// searchDirs are the directories that come before the loader's own: RPATH of the object and of those that loaded it,
// unless it has a RUNPATH; LD_LIBRARY_PATH; RUNPATH.
func (r *resolver) searchDirs(o *object) []string {
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

// expand cuts run paths at colons and replaces the loader's own variables.
func (r *resolver) expand(o *object, paths []string) []string {
	origin, err := filepath.EvalSymlinks(filepath.Dir(o.path))
	if err != nil {
		origin = filepath.Dir(o.path)
	}
	lib := "lib/" + triplets[r.arch]
	names := strings.NewReplacer("${ORIGIN}", origin, "$ORIGIN", origin, "${LIB}", lib, "$LIB", lib)
	var dirs []string
	for _, p := range paths {
		for dir := range strings.SplitSeq(p, ":") {
			if dir != "" {
				dirs = append(dirs, names.Replace(dir))
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
