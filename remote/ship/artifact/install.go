package artifact

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"sshell/remote/ship"
	"sshell/remote/ship/relocate"
)

// Install puts the artifacts into the Place of the cache, which is not there yet; dir is the task's working directory on its
// own machine, which is made at the same path below the Place. Programs there run with what was shipped with them.
// Folders outside of the working directory are links to the cache, until Release.
func (h *Held) Install(dir string) error {
	at := h.cache.place
	if err := os.MkdirAll(at.Path(dir), 0o755); err != nil {
		return fmt.Errorf("make working directory: %w", err)
	}
	if len(h.manifest.Artifacts) == 0 {
		return nil // and nobody whom the links would lead
	}
	p, err := h.placing(at.Root(), dir)
	if err != nil {
		return err
	}
	defer p.close()
	i := &installing{placing: p, at: at, texts: make(map[string]bool)}
	p.change = i.change
	var later []*Artifact // those that name programs, when these are there
	for n := range h.manifest.Artifacts {
		a := &h.manifest.Artifacts[n]
		if i.names(a) {
			later = append(later, a)
			i.texts[i.path(a)] = true
			continue
		}
		if err := i.install(a); err != nil {
			return fmt.Errorf("place %s: %w", a.Path, err)
		}
	}
	for _, a := range later {
		if err := i.text(a); err != nil {
			return fmt.Errorf("place %s: %w", a.Path, err)
		}
	}
	return i.links()
}

// installing is artifacts on their way into a Place.
type installing struct {
	*placing
	at    *relocate.Place
	texts map[string]bool // the paths of scripts
}

// names reports whether something in an artifact may name programs in its text: a script, or a folder with some.
func (i *installing) names(a *Artifact) bool {
	switch a.Kind {
	case ship.Tree:
		return i.apart(a)
	case ship.PlainFile:
		return !a.Exact && i.isText(a.Path, i.h.cache.entry(a), a.Mode)
	}
	return false
}

// text places such an artifact.
func (i *installing) text(a *Artifact) error {
	if a.Kind == ship.Tree {
		return i.place(a, HardLinks)
	}
	path := i.path(a)
	parent, err := i.folder(filepath.Dir(path))
	if err != nil {
		return err
	}
	return i.script(parent, filepath.Base(path), i.h.cache.entry(a), a.Mode, a.ModTime)
}

func (i *installing) install(a *Artifact) error {
	switch a.Kind {
	case ship.Library:
		name := i.at.Dir() + a.Path
		if strings.Count(a.Path, "/") > 1 { // a variant for a richer processor
			if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				return err
			}
		}
		return link(i.at.Path(a.Target), name)
	case ship.Loader:
		return link(i.at.Path(a.Path), i.at.Loader(a.Path))
	case ship.Link:
		there := *a
		if filepath.IsAbs(a.Target) {
			there.Target = i.at.Path(a.Target)
		}
		return i.place(&there, HardLinks)
	case ship.Tree:
		return i.place(a, SymbolicLinks)
	}
	return i.place(a, HardLinks)
}

// apart reports whether a folder must have files of its own: the task may write there, or something else stands in it.
func (i *installing) apart(a *Artifact) bool { return !filepath.IsAbs(a.Path) || i.inside(i.path(a)) }

// inside reports whether something else stands in a folder: then it cannot be a link to the cache.
func (i *installing) inside(folder string) bool {
	folder += "/"
	if strings.HasPrefix(i.dir+"/", folder) {
		return true
	}
	for n := range i.h.manifest.Artifacts {
		a := &i.h.manifest.Artifacts[n]
		if a.isPlaced() && strings.HasPrefix(i.path(a), folder) {
			return true
		}
	}
	return false
}

// isText reports whether a file names programs in its text.
func (i *installing) isText(name, source string, mode fs.FileMode) bool {
	if mode&0o111 == 0 {
		return filepath.Base(name) == relocate.VirtualEnv
	}
	head, _ := headOf(source)
	return relocate.IsScript(head)
}

// headOf gives the first bytes of a file.
func headOf(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	head := make([]byte, 4)
	n, err := io.ReadFull(f, head)
	return head[:n], err
}

// script writes a file that names programs.
func (i *installing) script(parent int, name, source string, mode fs.FileMode, seconds int64) error {
	text, err := os.ReadFile(source)
	if err != nil {
		return err
	}
	if name == relocate.VirtualEnv {
		text = i.at.Config(text, i.there)
	} else {
		text = i.at.Script(text, i.there)
	}
	return newFile(bytes.NewReader(text), parent, name, mode, seconds)
}

// there reports whether a path of the other machine has something here, or will have.
func (i *installing) there(path string) bool {
	if i.texts[path] {
		return true
	}
	_, err := os.Stat(i.at.Path(path))
	return err == nil
}

// change places a file of a folder that is no link to the cache, if it is not to stand there as it is in the cache.
func (i *installing) change(at int, name, source string, info fs.FileInfo) (bool, error) {
	mode, seconds := info.Mode().Perm(), info.ModTime().Unix()
	if i.isText(name, source, mode) {
		return true, i.script(at, name, source, mode, seconds)
	}
	head, err := headOf(source)
	if mode&0o111 == 0 || err != nil || string(head) != "\x7fELF" {
		return false, nil
	}
	f, err := os.Open(source)
	if err != nil {
		return false, err
	}
	defer f.Close()
	if !relocate.Dynamic(f) {
		return false, nil
	}
	patches, err := i.at.Patches(name, f, info.Size())
	if err != nil {
		return false, err
	}
	data := make([]byte, info.Size())
	if _, err := f.ReadAt(data, 0); err != nil {
		return false, err
	}
	for _, patch := range patches {
		copy(data[patch.At:], patch.Put)
	}
	return true, newFile(bytes.NewReader(data), at, name, mode, seconds)
}

// links makes what takes the place of paths. What was not shipped is what the path leads to here.
func (i *installing) links() error {
	for _, l := range i.at.Links() {
		target := l.Path
		if i.there(l.Path) {
			target = i.at.Path(l.Path)
		}
		if err := link(target, l.Name); err != nil {
			return fmt.Errorf("place %s: %w", l.Path, err)
		}
	}
	return nil
}

// link makes a symbolic link; one that leads to the same is as good.
func link(target, name string) error {
	err := os.Symlink(target, name)
	if errors.Is(err, fs.ErrExist) {
		if have, err := os.Readlink(name); err == nil && have == target {
			return nil
		}
	}
	return err
}

// patch changes a file for the Place of the cache.
func (c *Cache) patch(name string, f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	patches, err := c.place.Patches(name, f, info.Size())
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for _, patch := range patches {
		if _, err := f.WriteAt(patch.Put, patch.At); err != nil {
			return err
		}
	}
	return nil
}
