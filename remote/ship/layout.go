package ship

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Kind says what an Item or an Artifact is.
type Kind uint8

// The kinds. Their numbers travel.
const (
	PlainFile Kind = 1 // a file, or in an Item anything else that can be opened
	Link      Kind = 2 // a symbolic link
	Tree      Kind = 3 // a folder with all that is in it
	Library   Kind = 4 // of an Artifact alone: a name of File.Names
	Loader    Kind = 5 // of an Artifact alone: the path of a loader
)

// Item is one thing that stands in a task's root.
type Item struct {
	Path    string // in the root: absolute and clean; what leads there are folders, no links
	Kind    Kind
	Source  string   // the file or folder of this machine, no link
	Target  string   // of a link, as the link has it
	Without []string // of a Tree: see File
	Exact   bool     // see File
}

// maxLinks bounds how many symbolic links lead to one file, as the kernel does.
const maxLinks = 40

// Layout says how files stand in a root: each under the path where it really is, and the symbolic links through which it
// is found as links, so that a loader's $ORIGIN and an interpreter's search for its library see what they see
// here. dir is the task's working directory, empty for none. There it is a folder, whatever it is here. Links come
// first, then folders, the outer before the inner, then files; what is in a folder of the list is left out.
func Layout(files []File, dir string) ([]Item, error) {
	l := layout{standing: map[string]bool{"/": true}, seen: make(map[string]int)}
	for _, fixed := range []string{"/tmp", filepath.Clean(dir)} {
		for p := fixed; filepath.IsAbs(p) && p != "/"; p = filepath.Dir(p) {
			l.standing[p] = true
		}
	}
	for _, f := range files {
		if err := l.file(f); err != nil {
			return nil, err
		}
	}
	return l.sorted(), nil
}

type layout struct {
	standing map[string]bool // folders that every root has
	seen     map[string]int  // where in items a path is
	items    []Item
}

func (l *layout) add(i Item) {
	if at, ok := l.seen[i.Path]; ok {
		l.items[at].Exact = l.items[at].Exact && i.Exact
		return
	}
	l.seen[i.Path] = len(l.items)
	l.items = append(l.items, i)
}

func (l *layout) file(f File) error {
	if f.Target != "" {
		dir, links := l.walk(filepath.Dir(f.Path))
		for _, link := range links {
			l.add(link)
		}
		l.add(Item{Path: filepath.Join(dir, filepath.Base(f.Path)), Kind: Link, Target: f.Target})
		return nil
	}
	real, err := filepath.EvalSymlinks(f.Path)
	if err != nil {
		return err
	}
	info, err := os.Stat(real)
	if err != nil {
		return err
	}
	item := Item{Path: filepath.Clean(f.Path), Kind: PlainFile, Source: real, Without: f.Without, Exact: f.Exact}
	if info.IsDir() {
		item.Kind = Tree
	}
	// Where the working directory is behind a link here, a path may lead elsewhere there: then the name alone counts.
	if end, links := l.walk(f.Path); end != "" {
		if there, err := os.Stat(end); err == nil && os.SameFile(info, there) {
			for _, link := range links {
				l.add(link)
			}
			item.Path = end
		}
	}
	l.add(item)
	return nil
}

// walk follows a path as the kernel does in the root. It gives where it ends, empty if nowhere, and the links on the way.
func (l *layout) walk(path string) (end string, links []Item) {
	at, rest := "/", strings.Split(path, "/")
	for len(rest) > 0 {
		name := rest[0]
		rest = rest[1:]
		switch name {
		case "", ".":
			continue
		case "..":
			at = filepath.Dir(at)
			continue
		}
		next := filepath.Join(at, name)
		if l.standing[next] {
			at = next
			continue
		}
		info, err := os.Lstat(next)
		if err != nil {
			return "", nil
		}
		if info.Mode()&os.ModeSymlink == 0 {
			at = next
			continue
		}
		target, err := os.Readlink(next)
		if err != nil || len(links) == maxLinks {
			return "", nil
		}
		links = append(links, Item{Path: next, Kind: Link, Target: target})
		rest = append(strings.Split(target, "/"), rest...)
		if filepath.IsAbs(target) {
			at = "/"
		}
	}
	return at, links
}

// sorted gives the items that no folder of them holds.
func (l *layout) sorted() []Item {
	trees := make(map[string][]string)
	for _, i := range l.items {
		if i.Kind == Tree {
			trees[i.Path] = i.Without
		}
	}
	l.items = slices.DeleteFunc(l.items, func(i Item) bool { return inTree(trees, i.Path) })
	order := func(k Kind) int { return strings.IndexByte("\x02\x03\x01", byte(k)) }
	slices.SortStableFunc(l.items, func(a, b Item) int {
		c := cmp.Compare(order(a.Kind), order(b.Kind))
		if c == 0 && a.Kind == Tree {
			c = strings.Compare(a.Path, b.Path)
		}
		return c
	})
	return l.items
}

// inTree reports whether one of the folders holds a path.
func inTree(trees map[string][]string, path string) bool {
	for dir := path; dir != "/"; {
		parent, name := filepath.Dir(dir), filepath.Base(dir)
		without, ok := trees[parent]
		if ok && !LeftOut(without, name) {
			return true
		}
		dir = parent
	}
	return false
}

// LeftOut reports whether the name of a folder matches one of the patterns of those that stay empty.
func LeftOut(without []string, name string) bool {
	return slices.ContainsFunc(without, func(pattern string) bool {
		ok, _ := filepath.Match(pattern, name)
		return ok
	})
}

// Empty reports whether a folder right in this one, by its name, stands there empty.
func (i *Item) Empty(name string) bool { return LeftOut(i.Without, name) }

// String names a kind in messages.
func (k Kind) String() string {
	switch k {
	case PlainFile:
		return "file"
	case Link:
		return "link"
	case Tree:
		return "folder"
	case Library:
		return "library"
	case Loader:
		return "loader"
	}
	return fmt.Sprintf("kind %d", uint8(k))
}
