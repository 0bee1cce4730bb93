package ship

import (
	"bytes"
	"debug/elf"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
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

// elfObject is an ELF file of the program's closure, with the directories that it names for its libraries.
type elfObject struct {
	path    string
	origin  string // what $ORIGIN stands for
	needed  []string
	rpath   []string // DT_RPATH, which counts for what it loads too; ignored where there is a RUNPATH
	runpath []string
	parent  *elfObject
	// inPlace says that a loader finds it by where it is: its $ORIGIN is the same wherever the program stands.
	inPlace bool
	unwinds bool // it calls one of unwinding
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
	r.listed(loader).Loader = true
	first, err := readObject(file, path, nil)
	if err != nil {
		return err
	}
	first.inPlace = true
	r.unwinds = first.unwinds
	// The kernel tells the loader where a program really is; of a library it knows the name it was found by.
	if real, err := filepath.EvalSymlinks(path); err == nil {
		first.origin = filepath.Dir(real)
	}
	r.loaderDir, r.loader = filepath.Dir(loader), filepath.Base(loader)
	if target, err := os.Readlink(loader); err == nil && !isStandard(r.loaderDir) {
		r.loader = filepath.Base(target) // where it was relocated, its name is there
	}
	r.loaded = map[string]bool{r.loader: true}
	if err := r.libraries(first); err != nil {
		return err
	}
	r.services(file, first)
	if r.unwinds && !r.musl() {
		// Without it a thread that ends aborts the program; where it is missing here it does so here.
		_ = r.libraries(&elfObject{path: path, origin: first.origin, needed: []string{unwinder}, parent: first})
	}
	if err := r.interpreter(path, first); err != nil {
		return err
	}
	return r.shell(file, path)
}

// shellPath is where programs find a shell that start one.
const shellPath = "/bin/sh"

// shell lists the shell, for a program that may start one: by a function of the C library, or by its path.
func (r *resolver) shell(program *elf.File, path string) error {
	imported, err := program.ImportedSymbols()
	if err != nil || !slices.ContainsFunc(imported, func(s elf.ImportedSymbol) bool { return startsShell[s.Name] }) || !isFile(shellPath) {
		return nil
	}
	return r.program(shellPath, path, 0)
}

// startsShell are functions of the C library that start a shell, or a program by a path that is fixed.
var startsShell = map[string]bool{"system": true, "popen": true, "wordexp": true, "execl": true, "execv": true}

// unwinder is the library that glibc loads by itself for threads that are ended, and for backtraces.
const unwinder = "libgcc_s.so.1"

// unwinding are the functions that need it.
var unwinding = [][]byte{[]byte("\x00pthread_exit\x00"), []byte("\x00pthread_cancel\x00"), []byte("\x00backtrace\x00")}

// services lists what the C library loads by itself for some of its functions.
func (r *resolver) services(program *elf.File, first *elfObject) {
	imported, err := program.ImportedSymbols()
	if err != nil {
		return // it has none
	}
	var lookUp bool
	for _, s := range imported {
		lookUp = lookUp || strings.HasPrefix(s.Name, "getpw") || strings.HasPrefix(s.Name, "getgr") ||
			strings.HasPrefix(s.Name, "gethost") || s.Name == "getaddrinfo"
	}
	if converting[filepath.Base(first.path)] {
		r.converters(first.path)
	}
	if !lookUp {
		return
	}
	for _, name := range []string{"libnss_files.so.2", "libnss_dns.so.2"} {
		found, err := r.library(first, name)
		if err != nil || !definesService(found[0]) {
			continue
		}
		r.libraries(&elfObject{path: first.path, origin: first.origin, needed: []string{name}, parent: first})
	}
}

// converting are programs that are told by their arguments which character sets they convert. A hundred others call iconv
// too, between the locale's set and UTF-8: they need converters just where Locale lists them.
var converting = map[string]bool{"iconv": true}

// definesService reports whether a library of the name service is more than the empty one that glibc has had since 2.34,
// when the service became part of libc.
func definesService(path string) bool {
	f, err := elf.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	symbols, err := f.DynamicSymbols()
	return err == nil && slices.ContainsFunc(symbols, func(s elf.Symbol) bool {
		return strings.HasPrefix(s.Name, "_nss_") && s.Section != elf.SHN_UNDEF
	})
}

// libraries lists what an object needs, and what that needs. A loader looks for no name twice.
func (r *resolver) libraries(first *elfObject) error {
	queue := []*elfObject{first}
	for len(queue) > 0 {
		o := queue[0]
		queue = queue[1:]
		for _, name := range o.needed {
			if r.loaded[name] || r.musl() && isMuslOwn(name) {
				continue
			}
			r.loaded[name] = true
			found, err := r.library(o, name)
			if err != nil {
				return err
			}
			inPlace := o.inPlace && r.byOrigin(o, found[0])
			for _, path := range found {
				added := r.add(path, o.path)
				if !inPlace {
					r.listed(path).name(path, name)
				}
				if !added {
					continue
				}
				next, err := openObject(path, o)
				if err != nil {
					return err
				}
				next.inPlace = inPlace
				r.unwinds = r.unwinds || next.unwinds
				queue = append(queue, next)
			}
		}
	}
	return nil
}

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

func openObject(path string, parent *elfObject) (*elfObject, error) {
	f, err := elf.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	defer f.Close()
	return readObject(f, path, parent)
}

func readObject(f *elf.File, path string, parent *elfObject) (*elfObject, error) {
	o := &elfObject{path: path, origin: filepath.Dir(path), parent: parent}
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
	o.unwinds = unwinds(f, filepath.Base(path))
	return o, nil
}

// unwinds reports whether an object names one of unwinding. The C library names what it has.
func unwinds(f *elf.File, name string) bool {
	if strings.HasPrefix(name, "libc.so") || strings.HasPrefix(name, "libpthread.so") {
		return false
	}
	names := f.Section(".dynstr")
	if names == nil {
		return false
	}
	text, err := names.Data()
	return err == nil && slices.ContainsFunc(unwinding, func(name []byte) bool { return bytes.Contains(text, name) })
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
		r.add(ldCachePath, o.path)
		return found, nil
	}
	for _, dir := range standardDirs {
		if strings.Contains(dir, "%s") {
			dir = fmt.Sprintf(dir, triplets[r.arch])
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
var variants = map[string][]string{
	"amd64":   {"x86-64-v4", "x86-64-v3", "x86-64-v2"},
	"ppc64le": {"power10", "power9"},
	"s390x":   {"z16", "z15", "z14", "z13"},
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
	for _, v := range variants[r.arch] {
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

// platforms are what the kernel calls processors, for $PLATFORM.
var platforms = map[string]string{"amd64": "x86_64", "arm64": "aarch64", "386": "i686", "arm": "v7l", "ppc64le": "power9", "s390x": "z15"}

// expand cuts run paths at colons and replaces the loader's own variables. $LIB depends on how glibc was built: Debian
// has one value, others have another.
func (r *resolver) expand(o *elfObject, paths []string) []string {
	var dirs []string
	for _, p := range paths {
		for dir := range strings.SplitSeq(p, ":") {
			if dir == "" {
				continue
			}
			for _, lib := range []string{"lib/" + triplets[r.arch], "lib64"} {
				names := strings.NewReplacer("${ORIGIN}", o.origin, "$ORIGIN", o.origin, "${LIB}", lib, "$LIB", lib,
					"${PLATFORM}", platforms[r.arch], "$PLATFORM", platforms[r.arch])
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
