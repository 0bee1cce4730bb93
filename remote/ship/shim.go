package ship

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A shim of pyenv is a script that asks pyenv which version of Python is meant, and starts that. In a root the
// version's program stands in the shim's place, behind a link.

// shim gives the program that a shim of pyenv starts, empty for any other file.
func (r *resolver) shim(path string) string {
	dir, name := filepath.Split(path)
	root := filepath.Dir(filepath.Clean(dir))
	if filepath.Base(dir) != "shims" || !isFile(root+"/libexec/pyenv") {
		return ""
	}
	for _, version := range r.pyenvVersions(root) {
		if version == "system" {
			return r.behindShims(name, dir)
		}
		if file := filepath.Join(root, "versions", version, "bin", name); isFile(file) {
			return file
		}
	}
	return ""
}

// pyenvVersions are the versions in use, as pyenv finds them: by the environment, a file of this folder or one above it, or
// the file for all.
func (r *resolver) pyenvVersions(root string) []string {
	if v, _ := r.getenv("PYENV_VERSION"); v != "" {
		return strings.Split(v, ":")
	}
	files := []string{root + "/version"}
	for dir := r.abs("."); ; dir = filepath.Dir(dir) {
		files = slices.Insert(files, len(files)-1, filepath.Join(dir, ".python-version"))
		if dir == filepath.Dir(dir) {
			break
		}
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if versions := strings.Fields(string(text)); err == nil && len(versions) > 0 {
			return versions
		}
	}
	return []string{"system"}
}

// behindShims finds a program on the PATH without the folder of shims.
func (r *resolver) behindShims(name, shims string) string {
	path, ok := r.getenv("PATH")
	if !ok {
		path = defaultPath
	}
	for dir := range strings.SplitSeq(path, ":") {
		if file := filepath.Join(dir, name); filepath.Clean(dir) != filepath.Clean(shims) && isFile(file) {
			return file
		}
	}
	return ""
}
