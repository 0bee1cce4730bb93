package artifact

import (
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// look is what can be seen of a folder without reading its files. To look again takes a call of the kernel for each of
// them, and is done for each task.
type look struct {
	names  []string // from the folder on, the folder itself first
	states []state
}

// state tells one state of a file from another.
type state struct {
	inode uint64
	size  int64
	nano  int64 // of the last change; a folder's is that of the last name that came or went
	mode  uint32
}

func stateAt(fd int, name string) (state, error) {
	var st unix.Stat_t
	err := unix.Fstatat(fd, name, &st, unix.AT_SYMLINK_NOFOLLOW)
	return state{inode: st.Ino, size: st.Size, nano: st.Mtim.Nano(), mode: uint32(st.Mode)}, err
}

// lookAt looks at a folder for the first time.
func lookAt(f *os.File) (*look, error) {
	l := new(look)
	root := f.Name()
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		is, err := stateAt(int(f.Fd()), name)
		l.names, l.states = append(l.names, name), append(l.states, is)
		return err
	})
	return l, err
}

// same reports whether a folder is as it was.
func (l *look) same(f *os.File) bool {
	for i, name := range l.names {
		if is, err := stateAt(int(f.Fd()), name); err != nil || is != l.states[i] {
			return false
		}
	}
	return true
}
