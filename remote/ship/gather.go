package ship

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Request says what a task names.
type Request struct {
	Dir      string // what relative names start from, absolute; empty for this process's working directory
	Arch     string // of the target, as GOARCH has it; empty for this machine's
	Commands []Command
	// Artifacts are files, folders, and programs: by a path, or by a name on the PATH of Env.
	Artifacts []string
	Env       []string // the task's environment, NAME=VALUE
	// Shell is the program that runs a script without an interpreter line; empty where the target has one.
	Shell string
}

// Command is one command of a task.
type Command struct {
	Argv []string // nil for shell source, of which only the environment is known
	Env  []string // its whole environment
}

// Error says what could not be shipped.
type Error struct {
	Name    string
	Command bool // it is the program of a command
	Err     error
}

func (e *Error) Error() string {
	var path *fs.PathError
	if errors.As(e.Err, &path) && path == e.Err {
		return fmt.Sprintf("ship %s: %v", e.Name, path.Err)
	}
	return fmt.Sprintf("ship %s: %v", e.Name, e.Err)
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Gather lists all that a task ships: the programs of its commands with what they need, the files that their words name, its
// artifacts, and what Locale lists. A command that is not found, or is no file, is left out: where it is started it is
// missing too, with the message of a shell. What can be seen to fail is an *Error: an artifact that does not exist, a
// program whose interpreter or library is missing, or one for another processor, which wraps an *ArchError.
func Gather(req Request) ([]File, error) {
	g := &gathering{Request: req, seen: make(map[string]int)}
	for _, c := range req.Commands {
		g.add(Locale(c.Env, req.Arch))
		if len(c.Argv) == 0 {
			continue
		}
		if err := g.command(c); err != nil {
			return nil, &Error{Name: c.Argv[0], Command: true, Err: err}
		}
		for _, word := range c.Argv[1:] {
			g.word(word, c.Env)
		}
	}
	for _, name := range req.Artifacts {
		if err := g.artifact(name); err != nil {
			return nil, &Error{Name: name, Err: err}
		}
	}
	return g.files, nil
}

type gathering struct {
	Request
	files []File
	seen  map[string]int // where in files a path is
}

func (g *gathering) add(list []File) { g.files = merge(g.files, g.seen, list) }

// Merge gives two lists of files as one, each file once with all that is said of it. The first list may be changed.
func Merge(files, more []File) []File {
	seen := make(map[string]int, len(files))
	for i, f := range files {
		seen[f.Path] = i
	}
	return merge(files, seen, more)
}

func merge(files []File, seen map[string]int, more []File) []File {
	for _, f := range more {
		at, ok := seen[f.Path]
		if !ok {
			seen[f.Path] = len(files)
			files = append(files, f)
			continue
		}
		have := &files[at]
		have.Loader = have.Loader || f.Loader
		have.Exact = have.Exact && f.Exact
		for _, name := range f.Names {
			if !slices.Contains(have.Names, name) {
				have.Names = append(slices.Clip(have.Names), name)
			}
		}
	}
	return files
}

func (g *gathering) resolver(env []string) *resolver {
	r := newResolver(env, g.Arch)
	r.dir = g.Dir
	return r
}

// program lists a program by its path.
func (g *gathering) program(path string, env []string) error {
	r := g.resolver(env)
	err := r.program(path, "", 0)
	if err == nil {
		g.add(r.files)
	}
	return err
}

func (g *gathering) command(c Command) error {
	path, err := g.resolver(c.Env).find(c.Argv[0])
	if err != nil || !isFile(path) {
		return nil
	}
	if err := g.program(path, c.Env); err != nil {
		return err
	}
	if g.Shell != "" && needsShell(path) {
		return g.program(g.Shell, c.Env)
	}
	return nil
}

// needsShell reports whether the kernel would refuse a file for its format.
func needsShell(file string) bool {
	f, err := os.Open(file)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 4)
	n, _ := io.ReadFull(f, head)
	text := string(head[:n])
	return !strings.HasPrefix(text, "#!") && !strings.HasPrefix(text, "\x7fELF")
}

// word lists a file that a word names. What else it may be is not known here, so nothing about it is an error.
func (g *gathering) word(word string, env []string) {
	path := g.resolver(env).abs(word)
	st, err := os.Stat(path)
	if word == "" || err != nil || !st.Mode().IsRegular() {
		return
	}
	if st.Mode()&0o111 == 0 || g.program(path, env) != nil {
		g.add([]File{{Path: path}})
	}
}

func (g *gathering) artifact(name string) error {
	r := g.resolver(g.Env)
	path := r.abs(name)
	st, err := os.Stat(path)
	switch {
	case err != nil && !strings.Contains(name, "/"):
		if path, err = r.find(name); err != nil {
			return err
		}
		return g.program(path, g.Env)
	case err != nil:
		return err
	case st.Mode().IsRegular() && st.Mode()&0o111 != 0:
		return g.program(path, g.Env)
	}
	g.add([]File{{Path: filepath.Clean(path)}})
	if st.IsDir() {
		g.folder(path)
	}
	return nil
}

// maxPrograms bounds the programs of one folder that are looked at.
const maxPrograms = 1000

// folder lists what the programs in a folder need. Some may not be meant to run: nothing about them is an error.
func (g *gathering) folder(path string) {
	count := 0
	filepath.WalkDir(path, func(file string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil
		}
		info, err := d.Info()
		if err != nil || info.Mode()&0o111 == 0 {
			return nil
		}
		if count++; count > maxPrograms {
			return fs.SkipAll
		}
		r := g.resolver(g.Env)
		if r.program(file, "", 0) == nil {
			g.add(slices.DeleteFunc(r.files, func(f File) bool {
				return len(f.Names) == 0 && strings.HasPrefix(f.Path, path+"/") // it is there with the folder
			}))
		}
		return nil
	})
}
