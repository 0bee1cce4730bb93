package artifact

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"sshell/remote/ship"
)

// Method says how artifacts are placed.
type Method uint8

const (
	// HardLinks makes links to the cache's files, copies where the file systems differ. They stay when the artifacts
	// are released. The task must not write to them; a file that it did write to is fetched again by the next task.
	HardLinks Method = iota
	// SymbolicLinks leads to the cache, for a task that can see it and cannot write to it: it costs the same for any
	// size, and holds until Release.
	SymbolicLinks
)

// Place puts the artifacts under root, which exists; dir is where the task's working directory is there, an absolute
// name from root on. Folders on the way are made. No link is followed, neither one of the manifest nor one that was there: an
// artifact behind one is an error, and so is one in whose place something else stands.
func (h *Held) Place(root, dir string, how Method) error {
	p, err := h.placing(root, dir)
	if err != nil {
		return err
	}
	defer p.close()
	for i := range h.manifest.Artifacts {
		a := &h.manifest.Artifacts[i]
		if !a.isPlaced() {
			continue // they stand under their own paths
		}
		if err := p.place(a, how); err != nil {
			return fmt.Errorf("place %s: %w", a.Path, err)
		}
	}
	return nil
}

// placing is artifacts on their way into a root.
type placing struct {
	h       *Held
	top     int
	dir     string
	folders map[string]int // opened ones, by their paths
	change  func(at int, name, source string, info fs.FileInfo) (bool, error)
}

func (h *Held) placing(root, dir string) (*placing, error) {
	top, err := unix.Open(root, unix.O_DIRECTORY|unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open root: %w", &fs.PathError{Op: "open", Path: root, Err: err})
	}
	return &placing{h: h, top: top, dir: dir, folders: map[string]int{}}, nil
}

func (p *placing) close() {
	for _, fd := range p.folders {
		unix.Close(fd)
	}
	unix.Close(p.top)
}

// path is where an artifact stands, from the root on.
func (p *placing) path(a *Artifact) string {
	if rest, ok := strings.CutPrefix(a.Path, "./"); ok {
		return filepath.Join("/", p.dir, rest)
	}
	return a.Path
}

func (p *placing) place(a *Artifact, how Method) error {
	if err := a.check(); err != nil {
		return err
	}
	path, source := p.path(a), p.h.cache.entry(a)
	if path == "/" {
		return p.fill(p.top, source)
	}
	parent, err := p.folder(filepath.Dir(path))
	if err != nil {
		return err
	}
	name := filepath.Base(path)
	switch {
	case a.Kind == ship.Link:
		return linkAt(a.Target, parent, name)
	case how == SymbolicLinks && (a.Kind == ship.PlainFile || !existsAt(parent, name)):
		return linkAt(source, parent, name)
	case a.Kind == ship.Tree:
		return p.treeAt(parent, name, source)
	}
	return p.fileAt(source, parent, name, a.Mode, a.ModTime)
}

// maxFolders bounds the folders that are open at a time.
const maxFolders = 64

// folder opens a folder below the root, and makes what is missing on the way. It stays open.
func (p *placing) folder(path string) (int, error) {
	if fd, ok := p.folders[path]; ok {
		return fd, nil
	}
	if len(p.folders) == maxFolders {
		for path, fd := range p.folders {
			unix.Close(fd)
			delete(p.folders, path)
		}
	}
	fd, err := folderAt(p.top, path)
	if err == nil {
		p.folders[path] = fd
	}
	return fd, err
}

// errInTheWay says that a link or a file stands where a folder must be.
var errInTheWay = errors.New("is no folder")

// folderAt opens a folder below another, and makes what is missing on the way.
func folderAt(top int, path string) (int, error) {
	at, err := unix.Dup(top)
	if err != nil {
		return -1, err
	}
	unix.CloseOnExec(at)
	for name := range strings.SplitSeq(path, "/") {
		if name == "" {
			continue
		}
		next, err := enter(at, name)
		unix.Close(at)
		if err != nil {
			return -1, err
		}
		at = next
	}
	return at, nil
}

// enter opens a folder in a folder, made if it is missing, and never by a link.
func enter(at int, name string) (int, error) {
	const flags = unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_RDONLY | unix.O_CLOEXEC
	next, err := unix.Openat(at, name, flags, 0)
	if err == unix.ENOENT {
		if err = unix.Mkdirat(at, name, 0o755); err == nil || err == unix.EEXIST {
			next, err = unix.Openat(at, name, flags, 0)
		}
	}
	if err == unix.ENOTDIR || err == unix.ELOOP {
		err = errInTheWay
	}
	if err != nil {
		return -1, fmt.Errorf("%s: %w", name, err)
	}
	return next, nil
}

func existsAt(at int, name string) bool {
	var st unix.Stat_t
	return unix.Fstatat(at, name, &st, unix.AT_SYMLINK_NOFOLLOW) == nil
}

// linkAt makes a symbolic link; one that is there already and leads to the same is as good.
func linkAt(target string, at int, name string) error {
	err := unix.Symlinkat(target, at, name)
	if err == unix.EEXIST {
		there := make([]byte, len(target)+1)
		if n, err := unix.Readlinkat(at, name, there); err == nil && string(there[:n]) == target {
			return nil
		}
	}
	return err
}

// fileAt makes a hard link to a file of the cache, or a copy of it.
func (p *placing) fileAt(source string, at int, name string, mode fs.FileMode, seconds int64) error {
	err := unix.Linkat(unix.AT_FDCWD, source, at, name, 0)
	if err != unix.EXDEV && err != unix.EMLINK && err != unix.EPERM {
		return err
	}
	from, err := os.Open(source)
	if err != nil {
		return err
	}
	defer from.Close()
	return newFile(from, at, name, mode, seconds)
}

// newFile makes a file.
func newFile(from io.Reader, at int, name string, mode fs.FileMode, seconds int64) error {
	fd, err := unix.Openat(at, name, unix.O_CREAT|unix.O_EXCL|unix.O_WRONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	to := os.NewFile(uintptr(fd), name)
	_, err = io.Copy(to, from)
	when := unix.NsecToTimeval(time.Unix(seconds, 0).UnixNano())
	return errors.Join(err, to.Chmod(mode), unix.Futimes(fd, []unix.Timeval{when, when}), to.Close())
}

// treeAt makes a folder like one of the cache.
func (p *placing) treeAt(at int, name, source string) error {
	fd, err := enter(at, name)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return p.fill(fd, source)
}

// fill puts all that is in a folder of the cache into another.
func (p *placing) fill(fd int, source string) error {
	list, err := os.ReadDir(source)
	if err != nil {
		return err
	}
	for _, d := range list {
		from := filepath.Join(source, d.Name())
		info, err := d.Info()
		switch {
		case err != nil:
		case d.IsDir():
			err = p.treeAt(fd, d.Name(), from)
		case info.Mode()&fs.ModeSymlink != 0:
			var target string
			if target, err = os.Readlink(from); err == nil {
				err = linkAt(target, fd, d.Name())
			}
		default:
			err = p.fileOf(fd, d.Name(), from, info)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", d.Name(), err)
		}
	}
	return nil
}

// fileOf puts a file of a folder of the cache into another.
func (p *placing) fileOf(fd int, name, source string, info fs.FileInfo) error {
	if p.change != nil {
		if done, err := p.change(fd, name, source, info); done || err != nil {
			return err
		}
	}
	return p.fileAt(source, fd, name, info.Mode().Perm(), info.ModTime().Unix())
}
