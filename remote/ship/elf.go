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

// standardDirs are the directories in which loaders look last: those of glibc, of Debian's glibc, and of musl. %s
// is the directory of the processor.
var standardDirs = []string{"/lib/%s", "/usr/lib/%s", "/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/local/lib"}

// triplet is the directory of Debian's multiarch for a processor by GOARCH's name.
func triplet(arch string) string {
	switch arch {
	case "amd64":
		return "x86_64-linux-gnu"
	case "arm64":
		return "aarch64-linux-gnu"
	case "386":
		return "i386-linux-gnu"
	case "arm":
		return "arm-linux-gnueabihf"
	case "riscv64":
		return "riscv64-linux-gnu"
	case "ppc64le":
		return "powerpc64le-linux-gnu"
	case "s390x":
		return "s390x-linux-gnu"
	}
	return ""
}

// archName gives GOARCH's name of an ELF file's processor, ELF's own for those that targets do not have.
func archName(f *elf.File) string {
	switch f.Machine {
	case elf.EM_X86_64:
		return "amd64"
	case elf.EM_AARCH64:
		return "arm64"
	case elf.EM_386:
		return "386"
	case elf.EM_ARM:
		return "arm"
	case elf.EM_RISCV:
		return "riscv64"
	case elf.EM_PPC64:
		return "ppc64le"
	case elf.EM_S390:
		return "s390x"
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
