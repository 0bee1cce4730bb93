package pattern

// FS is where Glob looks for names. Paths are bytes, parted by slashes, and
// relative to the current directory unless they begin with one; the empty
// path is the current directory itself. There are no errors but ReadDir's:
// what cannot be looked at is not there.
type FS interface {
	// ReadDir returns what dir holds, without . and .., in any order. Its path
	// may end in slashes. Glob takes an error for an empty directory.
	ReadDir(dir string) ([]Entry, error)
	// Stat returns what path is, with symbolic links followed.
	Stat(path string) Kind
	// Lstat returns what path is, itself.
	Lstat(path string) Kind
}

// Entry is a name in a directory.
type Entry struct {
	Name string
	Kind Kind // Unknown where the directory does not say
}

// Kind tells as much of a file as globbing needs.
type Kind uint8

// The kinds of files.
const (
	Unknown Kind = iota
	Missing
	Dir
	Symlink
	Other
)

// OS is the file system of the operating system. Relative paths are resolved
// by the kernel, against the current directory of the calling thread.
type OS struct{}
