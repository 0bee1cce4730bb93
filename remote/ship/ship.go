// Package ship brings to a task's root what it needs where nothing of this machine is: programs with the interpreter of a
// script, the loader and the shared libraries of an ELF program, and files. Resolve finds them, by reading files only: it
// starts nothing. Layout says how they stand in a root. Package artifact takes them to targets that do not see this machine's
// files, and package relocate lets programs run where not even the root can be theirs.
//
// A known interpreter, Python or Perl, comes with its standard library. Locale finds what the C library reads because of
// the environment: locales, converters of character sets, the time zone. What else a program opens by itself while it
// runs is not found: programs that a script calls, packages of an interpreter, plugins, configuration. Whoever runs it
// names those.
package ship

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// File is one file that a program needs.
type File struct {
	Path string // absolute, the name under which it is looked for; it may be a symbolic link here, or a folder: then all in it
	Why  string // the path of what needs it, empty for the program itself
	// Without are patterns (see path/filepath.Match) for folders right in this folder that stand there empty.
	Without []string
	// Target is where a symbolic link leads that stands under Path, whatever is there here; empty for what is here.
	Target string
	// Names are those under which a loader looks for this library in its default folders, as from there. A library has none
	// that is found by where the program is.
	Names []string
	// Loader says that programs name this path as that of their loader.
	Loader bool
	// Exact says that the file is read, not run: not a byte of it may differ.
	Exact bool
}

// ArchError says that a program cannot run on the target's processor.
type ArchError struct {
	Path       string
	Have, Want string // as GOARCH has them; Have as debug/elf names it where Go has no name
}

func (e *ArchError) Error() string {
	return fmt.Sprintf("%s is a program for %s, the target is %s: ship a build for %s, or choose a target for %s", e.Path, e.Have, e.Want, e.Want, e.Have)
}

// ErrFormat says that a program is neither a script nor an ELF file, on a system where programs are others.
var ErrFormat = errors.New("not an ELF program")

// defaultPath is where a program is looked for when the environment has no PATH: bash's own default.
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// maxScripts bounds how often the interpreter of a script may be a script: the kernel stops at 5.
const maxScripts = 5

// headSize is how much of a file's first line the kernel reads (BINPRM_BUF_SIZE).
const headSize = 256

// Resolve lists the files that program needs, the program first, each once. A name without a slash is looked for on
// the PATH of env, a list of NAME=VALUE; LD_LIBRARY_PATH counts too. arch is the target's processor as GOARCH has it,
// empty for this machine's. A program that is missing is an error that wraps fs.ErrNotExist, one for another processor
// an *ArchError. A file that is neither a script with an interpreter line nor a program is taken for a script of the
// shell and needs nothing else.
func Resolve(program string, env []string, arch string) ([]File, error) {
	r := newResolver(env, arch)
	path, err := r.find(program)
	if err != nil {
		return nil, err
	}
	if err := r.program(path, "", 0); err != nil {
		return nil, err
	}
	return r.files, nil
}

type resolver struct {
	dir       string // what relative names start from; empty for the working directory
	env       []string
	arch      string
	seen      map[string]int // where in files a path is
	files     []File
	cache     *ldCache
	loader    string          // the file name of the loader of the program that is looked at
	loaded    map[string]bool // what it has been asked for
	loaderDir string          // where that is
	unwinds   bool            // something of it needs the unwinder
}

func newResolver(env []string, arch string) *resolver {
	if arch == "" {
		arch = runtime.GOARCH
	}
	return &resolver{env: env, arch: arch, seen: make(map[string]int)}
}

// add lists a file; it reports false when it is listed already.
func (r *resolver) add(path, why string) bool {
	path = r.abs(path) // LD_LIBRARY_PATH may have folders as seen from here
	if _, ok := r.seen[path]; ok {
		return false
	}
	r.seen[path] = len(r.files)
	r.files = append(r.files, File{Path: path, Why: why})
	return true
}

// listed is a file that add listed.
func (r *resolver) listed(path string) *File { return &r.files[r.seen[r.abs(path)]] }

func (r *resolver) getenv(name string) (string, bool) {
	for _, entry := range slices.Backward(r.env) {
		if n, v, ok := strings.Cut(entry, "="); ok && n == name {
			return v, true
		}
	}
	return "", false
}

// abs makes a name absolute.
func (r *resolver) abs(name string) string {
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	dir := r.dir
	if dir == "" {
		dir, _ = os.Getwd() // without one nothing is found by a relative name
	}
	return filepath.Join(dir, name)
}

// find gives the absolute path of a program as a shell finds it.
func (r *resolver) find(name string) (string, error) {
	if strings.Contains(name, "/") {
		return r.abs(name), nil
	}
	path, ok := r.getenv("PATH")
	if !ok {
		path = defaultPath
	}
	for dir := range strings.SplitSeq(path, ":") {
		file := r.abs(filepath.Join(dir, name)) // an empty entry is the working directory
		if st, err := os.Stat(file); err == nil && st.Mode().IsRegular() && st.Mode()&0o111 != 0 {
			return file, nil
		}
	}
	return "", fmt.Errorf("%s: %w", name, errNotFound)
}

// errNotFound wraps fs.ErrNotExist without saying it.
var errNotFound error = notFound{}

type notFound struct{}

func (notFound) Error() string { return "command not found" }
func (notFound) Unwrap() error { return fs.ErrNotExist }

// program lists a program and what it needs. depth counts the scripts on the way to it.
func (r *resolver) program(path, why string, depth int) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return err
	}
	if st.IsDir() {
		return fmt.Errorf("%s: is a directory", path)
	}
	if !r.add(path, why) {
		return nil
	}
	if real := r.shim(path); real != "" {
		r.files[len(r.files)-1].Target = real
		return r.program(real, path, depth+1)
	}
	head := make([]byte, headSize)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && err != io.EOF {
		return fmt.Errorf("read %s: %w", path, err)
	}
	head = head[:n]
	switch {
	case bytes.HasPrefix(head, []byte("#!")):
		return r.script(path, head, depth)
	case bytes.HasPrefix(head, []byte(elf.ELFMAG)):
		return r.binary(path, f)
	case foreign(head):
		return fmt.Errorf("%s: %w", path, ErrFormat)
	}
	return nil
}

// foreign reports whether a file begins as a Mach-O or Windows program does.
func foreign(head []byte) bool {
	for _, magic := range []string{"\xcf\xfa\xed\xfe", "\xfe\xed\xfa\xcf", "\xca\xfe\xba\xbe", "MZ"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return true
		}
	}
	return false
}

// script lists what the interpreter line of a script names.
func (r *resolver) script(path string, head []byte, depth int) error {
	if depth >= maxScripts {
		return fmt.Errorf("%s: too many levels of interpreters", path)
	}
	words := interpreterWords(head)
	if len(words) == 0 {
		return nil
	}
	if err := r.program(r.abs(words[0]), path, depth+1); err != nil {
		return fmt.Errorf("interpreter of %s: %w", path, err)
	}
	if filepath.Base(words[0]) != "env" {
		return nil
	}
	name := envProgram(words[1:])
	if name == "" {
		return nil
	}
	file, err := r.find(name)
	if err == nil {
		err = r.program(file, path, depth+1)
	}
	if err != nil {
		return fmt.Errorf("interpreter of %s: %w", path, err)
	}
	return nil
}

// interpreterWords gives the words behind #!. The kernel passes all behind the first as one argument, which for
// env -S is cut up again.
func interpreterWords(head []byte) []string {
	line, _, _ := strings.Cut(string(head[2:]), "\n")
	return strings.Fields(line)
}

// envProgram gives the program that env would start with these arguments.
func envProgram(args []string) string {
	for len(args) > 0 {
		a := args[0]
		args = args[1:]
		if split, ok := strings.CutPrefix(a, "--split-string="); ok {
			args = append([]string{split}, args...)
			continue
		}
		switch {
		case strings.HasPrefix(a, "--"), a == "-", strings.Contains(a, "="):
		case strings.HasPrefix(a, "-"):
			args = envLetters(a[1:], args)
		default:
			return strings.Trim(a, `'"`)
		}
	}
	return ""
}

// envLetters gives what is left of env's arguments behind a group of options of one letter.
func envLetters(letters string, args []string) []string {
	at := strings.IndexAny(letters, "SuC")
	if at < 0 {
		return args
	}
	value := letters[at+1:]
	switch {
	case letters[at] == 'S' && value != "":
		return append([]string{value}, args...)
	case letters[at] != 'S' && value == "":
		return args[min(1, len(args)):]
	}
	return args
}
