package ship

import (
	"os"
	"strings"
)

// musl reports whether the program's loader is that of musl.
func (r *resolver) musl() bool { return strings.HasPrefix(r.loader, "ld-musl-") }

// isMuslOwn reports whether a library is part of musl's loader, which is its libc too.
func isMuslOwn(name string) bool {
	name, ok := strings.CutPrefix(name, "lib")
	name, _, dotted := strings.Cut(name, ".")
	switch name {
	case "c", "pthread", "rt", "m", "dl", "util", "xnet":
		return ok && dotted
	}
	return false
}

// muslLibrary looks where musl's loader looks last: in the folders that its own file names, else in the usual ones.
func (r *resolver) muslLibrary(o *elfObject, name string) ([]string, error) {
	dirs := []string{"/lib", "/usr/local/lib", "/usr/lib"}
	config := "/etc/" + strings.TrimSuffix(r.loader, ".so.1") + ".path"
	if text, err := os.ReadFile(config); err == nil {
		dirs = strings.FieldsFunc(string(text), func(c rune) bool { return c == ':' || c == '\n' })
		r.add(config, o.path)
	}
	for _, dir := range dirs {
		if found := r.inDir(dir, name); len(found) > 0 {
			return found, nil
		}
	}
	return nil, missing(o, name)
}
