// Package relocate lets programs of one machine run on another from a folder of its own, where nothing can be mounted and
// the root cannot be changed. It is a function of bytes: it starts nothing.
//
// A dynamic program names its loader by an absolute path, the loader knows the folders of libraries by absolute paths, and the
// C library those of locales, character sets and time zones. All of them are constants in the files, so they can be changed
// there, by others that are not longer: what is left is filled with slashes. So nothing has to be said by variables of the
// environment, which the machine's own programs would see too.
//
// # The folder
//
// A Place is a folder with a short name, such as /tmp/.sh. In it stand
//
//	root/…           files under the paths that they have on their own machine
//	ld-XXXXXXXX      a loader; the digits are a hash of the path under which programs name it
//	libNAME.so.N     links to libraries: this folder takes the place of the loader's default folders
//	a few letters    a link that takes the place of a path, see Links
//
// and beside it, as sh, what takes the place of /bin/sh.
package relocate

import (
	"fmt"
	"hash/fnv"
	"path/filepath"
	"strings"
)

// Place is a folder for programs of another machine.
type Place struct {
	dir       string
	constants [128][]constant // by their second byte
	loader    []constant      // those that are changed in loaders only
	links     []Link
}

// Link takes the place of a path: it leads to what was shipped of it, or else to the path.
type Link struct {
	Name string // absolute
	Path string
}

// aliases are the paths that are replaced, and the name of each in the folder. The longest of two that begin alike comes
// first.
var aliases = []struct{ name, path string }{
	{"t", "/etc/localtime"},             // glibc, musl
	{"z", "/usr/share/zoneinfo"},        // glibc, musl, Go, Python
	{"lo", "/usr/lib/locale"},           // glibc
	{"x", "/usr/lib/x86_64-linux-gnu"},  // Debian: glibc's gconv, Perl, plugins
	{"a", "/usr/lib/aarch64-linux-gnu"}, // the same
	{"g", "/usr/lib64/gconv"},           // glibc elsewhere
	{"l5", "/usr/lib64/perl5"},          // Perl elsewhere
	{"p5", "/usr/share/perl5"},          // Perl, there and on Debian
	{"p", "/usr/share/perl"},            // Perl on Debian
}

// shell is the path by which C programs start a shell: system, popen, tar, Perl, Python.
const shell = "/bin/sh"

// loaderFolders are the default folders of loaders, as they stand there: glibc's of Debian, and of others. What is not
// there can stay: on the machines that run functions nothing stands in /lib.
var loaderFolders = []string{
	"/lib/x86_64-linux-gnu/", "/usr/lib/x86_64-linux-gnu/", "/lib/aarch64-linux-gnu/", "/usr/lib/aarch64-linux-gnu/",
	"/lib64/", "/usr/lib64/", "/usr/lib/",
}

const (
	loaderCache = "/etc/ld.so.cache"             // of glibc
	muslFolders = "/lib:/usr/local/lib:/usr/lib" // of musl's loader
)

// maxDir is the longest name of a Place: its name and a slash must fit into "/usr/lib/".
const maxDir = len("/usr/lib")

// At gives the Place of a folder, by its absolute name. It reports false for a name that is too long, more than 8 bytes.
func At(dir string) (*Place, bool) {
	if !filepath.IsAbs(dir) || len(dir) > maxDir || filepath.Dir(dir) == "/" {
		return nil, false
	}
	p := &Place{dir: filepath.Clean(dir)}
	for _, a := range aliases {
		p.link(a.path, p.dir+"/"+a.name)
	}
	p.link(shell, filepath.Dir(p.dir)+"/sh")
	for _, folder := range loaderFolders {
		put := p.dir + "/"
		if len(put) > len(folder) {
			put = filepath.Dir(p.dir) + "/" // where no libraries are
		}
		p.loader = append(p.loader, constant{path: folder, put: put, exact: true})
	}
	p.loader = append(p.loader, constant{path: loaderCache, put: p.dir + "/none", exact: true},
		constant{path: muslFolders, put: p.dir, exact: true})
	return p, true
}

// link adds a link, and the constant that leads there.
func (p *Place) link(path, name string) {
	p.links = append(p.links, Link{Name: name, Path: path})
	p.constants[path[1]] = append(p.constants[path[1]], constant{path: path, put: name, inside: path == "/usr/share/zoneinfo"})
}

// Dir is the folder.
func (p *Place) Dir() string { return p.dir }

// Root is the folder under which paths of the other machine stand.
func (p *Place) Root() string { return p.dir + "/root" }

// Path is where a path of the other machine stands.
func (p *Place) Path(path string) string { return p.Root() + filepath.Clean("/"+path) }

// Loader is where programs look for the loader that they name by a path.
func (p *Place) Loader(path string) string {
	sum := fnv.New32a()
	sum.Write([]byte(filepath.Clean(path)))
	return fmt.Sprintf("%s/ld-%08x", p.dir, sum.Sum32())
}

// Links are what must stand in the folder, and beside it.
func (p *Place) Links() []Link { return p.links }

// pad gives a path of another length: slashes at its end change nothing.
func pad(path string, length int) string { return path + strings.Repeat("/", length-len(path)) }
