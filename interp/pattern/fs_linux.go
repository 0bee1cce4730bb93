package pattern

import (
	"encoding/binary"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// Layout of struct linux_dirent64, getdents64(2).
const (
	direntReclen = 16
	direntType   = 18
	direntName   = 19
)

// direntBuffer is what is asked of the kernel at once: what fits glibc's
// readdir(3), in bytes.
const direntBuffer = 32 << 10

// ReadDir implements FS. It costs no stat: the kinds come with the names, on
// the file systems that store them there.
func (OS) ReadDir(dir string) ([]Entry, error) {
	fd, err := openDir(dir)
	if err != nil {
		return nil, fmt.Errorf("open directory: %w", err)
	}
	defer unix.Close(fd)
	var entries []Entry
	buf := make([]byte, direntBuffer)
	for {
		n, err := unix.Getdents(fd, buf)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return entries, fmt.Errorf("read directory: %w", err)
		case n == 0:
			return entries, nil
		default:
			entries = appendDirents(entries, buf[:n])
		}
	}
}

func openDir(dir string) (int, error) {
	if dir == "" {
		dir = "."
	}
	for {
		fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
		if err != unix.EINTR {
			return fd, err
		}
	}
}

// appendDirents appends the entries in buf. Their names share one string.
func appendDirents(entries []Entry, buf []byte) []Entry {
	text := string(buf)
	for len(buf) > direntName {
		size := int(binary.NativeEndian.Uint16(buf[direntReclen:]))
		if size <= direntName || size > len(buf) {
			return entries
		}
		name := text[direntName:size]
		if end := strings.IndexByte(name, 0); end >= 0 {
			name = name[:end]
		}
		if name != "." && name != ".." {
			entries = append(entries, Entry{name, direntKind(buf[direntType])})
		}
		buf, text = buf[size:], text[size:]
	}
	return entries
}

func direntKind(t byte) Kind {
	switch t {
	case unix.DT_UNKNOWN:
		return Unknown
	case unix.DT_DIR:
		return Dir
	case unix.DT_LNK:
		return Symlink
	}
	return Other
}

// Stat implements FS.
func (OS) Stat(path string) Kind { return statKind(path, unix.Stat) }

// Lstat implements FS.
func (OS) Lstat(path string) Kind { return statKind(path, unix.Lstat) }

func statKind(path string, stat func(string, *unix.Stat_t) error) Kind {
	if path == "" {
		path = "."
	}
	var st unix.Stat_t
	err := stat(path, &st)
	for err == unix.EINTR {
		err = stat(path, &st)
	}
	switch {
	case err != nil:
		return Missing
	case st.Mode&unix.S_IFMT == unix.S_IFDIR:
		return Dir
	case st.Mode&unix.S_IFMT == unix.S_IFLNK:
		return Symlink
	}
	return Other
}
