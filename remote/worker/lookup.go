package worker

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"sshell/interp/plan"
	"sshell/remote"
)

// The statuses of a command that was not started, as in POSIX.
const (
	statusNotExecutable plan.Status = 126
	statusNotFound      plan.Status = 127
)

// errNotFound is why a name that is on no directory of PATH cannot be started.
var errNotFound error = notFound{}

// notFound wraps fs.ErrNotExist without saying it.
type notFound struct{}

func (notFound) Error() string { return "command not found" }
func (notFound) Unwrap() error { return fs.ErrNotExist }

// defaultPath is where programs are looked for when PATH is not set: bash's own default.
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// programs remembers where names were found, as a shell's hash table does: ten thousand tasks look one name up once.
type programs struct {
	mu    sync.RWMutex
	found map[programKey]string
}

// programKey is what a look-up depends on; dir is empty when PATH has only absolute directories.
type programKey struct{ name, path, dir string }

// maxPrograms bounds the memory of the table.
const maxPrograms = 1024

// find gives the file of a command, as it is named from the working directory dir. A name with a slash is that file.
// again says that it was found earlier and not looked for now. The error is a *remote.NotStartedError.
func (p *programs) find(name, path, dir string) (file string, again bool, err error) {
	if strings.IndexByte(name, '/') >= 0 {
		return name, false, nil
	}
	key := programKey{name: name, path: path}
	if hasRelative(path) {
		key.dir = dir
	}
	p.mu.RLock()
	file, again = p.found[key]
	p.mu.RUnlock()
	if again {
		return file, true, nil
	}
	if name != "" {
		file = search(name, path, dir)
	}
	if file == "" {
		return "", false, &remote.NotStartedError{Status: statusNotFound, Err: fmt.Errorf("%s: %w", name, errNotFound)}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found == nil || len(p.found) >= maxPrograms {
		p.found = make(map[programKey]string)
	}
	p.found[key] = file
	return file, false, nil
}

// forget drops everything, because a file has gone.
func (p *programs) forget() {
	p.mu.Lock()
	p.found = nil
	p.mu.Unlock()
}

func hasRelative(path string) bool {
	if path == "" || path[0] != '/' || strings.HasSuffix(path, ":") {
		return true
	}
	for i := range len(path) - 1 {
		if path[i] == ':' && path[i+1] != '/' {
			return true
		}
	}
	return false
}

// search looks for an executable file in the directories of a path. When there is none but a file that cannot be
// executed, that one is the answer, and the start fails on it.
func search(name, path, dir string) string {
	second := ""
	for entry := range strings.SplitSeq(path, ":") {
		if entry == "" {
			entry = "."
		}
		file := strings.TrimSuffix(entry, "/") + "/" + name
		there := inDir(dir, file)
		st, err := os.Stat(there)
		if err != nil || st.IsDir() {
			continue
		}
		if st.Mode()&0o111 != 0 && unix.Access(there, unix.X_OK) == nil {
			return file
		}
		if second == "" {
			second = file
		}
	}
	return second
}

// inDir names from here a file that is named from dir.
func inDir(dir, file string) string {
	if dir == "" || filepath.IsAbs(file) {
		return file
	}
	return dir + "/" + file
}

// dirError says what is wrong with a working directory, nil for nothing.
func dirError(dir string) error {
	if dir == "" {
		return nil
	}
	st, err := os.Stat(dir)
	if err == nil && !st.IsDir() {
		err = syscall.ENOTDIR
	}
	if err == nil {
		err = unix.Access(dir, unix.X_OK)
	}
	if err != nil {
		return fmt.Errorf("change to directory: %s: %w", dir, bare(err))
	}
	return nil
}

// bare is an error without the operation and path that package os puts around it.
func bare(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// notStarted says why a program was not started, with the status that a shell gives. What the kernel answers may be
// about the directory, or about a file's interpreter.
func notStarted(name, file, dir string, err error) error {
	if derr := dirError(dir); derr != nil {
		return &remote.NotStartedError{Status: plan.StatusMachinery, Err: derr}
	}
	there := inDir(dir, file)
	status := statusNotExecutable
	switch {
	case errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.ENOMEM) || errors.Is(err, syscall.EMFILE):
		status = plan.StatusMachinery
	case errors.Is(err, syscall.ENOEXEC):
		err = fmt.Errorf("cannot execute binary file: %w", err)
	case errors.Is(err, syscall.ENOENT):
		status = statusNotFound
		if _, serr := os.Stat(there); serr == nil {
			err = fmt.Errorf("cannot execute: its interpreter or loader: %w", err)
		}
	case errors.Is(err, syscall.EACCES):
		if st, serr := os.Stat(there); serr == nil && st.IsDir() {
			err = syscall.EISDIR
		}
	}
	return &remote.NotStartedError{Status: status, Err: fmt.Errorf("%s: %w", name, err)}
}

// textProbe is how much of a file is looked at to tell text from a program, as bash does.
const textProbe = 80

// isText reports whether the first line of a file, as far as it is looked at, has no NUL byte.
func isText(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	b := make([]byte, textProbe)
	n, _ := f.Read(b)
	line, _, _ := strings.Cut(string(b[:n]), "\n")
	return strings.IndexByte(line, 0) < 0
}

// pause waits before another try, doubling from 1 ms.
func pause(try int) { time.Sleep(time.Millisecond << min(try, 7)) }
