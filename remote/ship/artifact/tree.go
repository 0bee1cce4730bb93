package artifact

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sshell/remote/ship"
)

// treeMagic begins the object of a folder.
const treeMagic = "sshell tree 1\n"

// What an entry of a folder's object is.
const (
	entryEnd    = 0
	entryFile   = 1
	entryLink   = 2
	entryFolder = 3
)

// maxName bounds a name, or a link's target, in the object of a folder: Linux's PATH_MAX.
const maxName = 4096

// packer writes the object of a folder.
type packer struct {
	w       *bufio.Writer
	root    string
	without []string
}

// pack writes all of a folder, in the order of names, so that equal folders give equal bytes. A file that changes
// meanwhile is an error that names it.
func pack(w io.Writer, root string, without []string) error {
	p := &packer{w: bufio.NewWriterSize(w, 64<<10), root: root, without: without}
	p.w.WriteString(treeMagic)
	if err := filepath.WalkDir(root, p.entry); err != nil {
		return err
	}
	p.w.WriteByte(entryEnd)
	return p.w.Flush()
}

func (p *packer) entry(path string, d fs.DirEntry, err error) error {
	if err != nil || path == p.root {
		return err
	}
	name := strings.TrimPrefix(path[len(p.root):], "/")
	info, err := d.Info()
	if err != nil {
		return err
	}
	switch {
	case d.IsDir():
		p.header(entryFolder, name, info, 0)
		if ship.LeftOut(p.without, name) {
			return fs.SkipDir
		}
	case info.Mode().IsRegular():
		return p.file(path, name, info)
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := os.Readlink(path)
		if err != nil {
			return err
		}
		p.header(entryLink, name, info, int64(len(target)))
		p.w.WriteString(target)
	}
	return nil // sockets and the like do not travel; a writer keeps its first error
}

func (p *packer) file(path, name string, info fs.FileInfo) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	p.header(entryFile, name, info, info.Size())
	if n, err := io.Copy(p.w, io.LimitReader(f, info.Size())); err != nil {
		return err
	} else if n < info.Size() {
		return changed(path)
	}
	after, err := f.Stat()
	if err != nil {
		return err
	}
	if after.Size() != info.Size() || !after.ModTime().Equal(info.ModTime()) {
		return changed(path)
	}
	return nil
}

func (p *packer) header(kind byte, name string, info fs.FileInfo, size int64) {
	b := binary.AppendUvarint([]byte{kind}, uint64(len(name)))
	b = append(b, name...)
	b = binary.AppendUvarint(b, uint64(info.Mode().Perm()))
	b = binary.AppendVarint(b, info.ModTime().Unix())
	b = binary.AppendUvarint(b, uint64(size))
	p.w.Write(b)
}

// errTree says that an object is not that of a folder.
var errTree = errors.New("not the object of a folder")

// unpack makes in an empty folder what pack has read, and lets change have each file before it is closed. Nothing is
// written through a link: the folder of each entry is one that an entry before it has made.
func unpack(r io.Reader, root string, change func(name string, f *os.File) error) error {
	u := &unpacker{r: bufio.NewReaderSize(r, 64<<10), root: root, change: change, folders: map[string]bool{".": true}}
	magic := make([]byte, len(treeMagic))
	if _, err := io.ReadFull(u.r, magic); err != nil || string(magic) != treeMagic {
		return errTree
	}
	for {
		more, err := u.entry()
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil || !more {
			return err
		}
	}
}

type unpacker struct {
	r       *bufio.Reader
	root    string
	change  func(name string, f *os.File) error
	folders map[string]bool
}

func (u *unpacker) entry() (more bool, err error) {
	kind, err := u.r.ReadByte()
	if err != nil || kind == entryEnd {
		return false, err
	}
	length, err := binary.ReadUvarint(u.r)
	if err != nil {
		return false, err
	}
	name, err := u.text(length)
	if err != nil {
		return false, err
	}
	mode, err1 := binary.ReadUvarint(u.r)
	seconds, err2 := binary.ReadVarint(u.r)
	size, err3 := binary.ReadUvarint(u.r)
	if err := errors.Join(err1, err2, err3); err != nil {
		return false, err
	}
	if !filepath.IsLocal(name) || filepath.Clean(name) != name || name == "." || !u.folders[filepath.Dir(name)] {
		return false, fmt.Errorf("%q: %w", name, errTree)
	}
	path := filepath.Join(u.root, name)
	switch kind {
	case entryFolder:
		u.folders[name] = true
		return true, os.Mkdir(path, 0o755)
	case entryLink:
		target, err := u.text(size)
		if err != nil {
			return false, err
		}
		return true, os.Symlink(target, path)
	case entryFile:
		return true, u.file(path, fs.FileMode(mode)&fs.ModePerm, seconds, int64(size))
	}
	return false, errTree
}

// text reads a name or a link's target.
func (u *unpacker) text(length uint64) (string, error) {
	if length > maxName {
		return "", errTree
	}
	b := make([]byte, length)
	_, err := io.ReadFull(u.r, b)
	return string(b), err
}

// file writes one file. Nobody may write to it: roots share it.
func (u *unpacker) file(path string, mode fs.FileMode, seconds, size int64) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if _, err = io.CopyN(f, u.r, size); err == nil {
		err = u.change(path, f)
	}
	if err == nil {
		err = f.Chmod(mode &^ 0o222)
	}
	err = errors.Join(err, f.Close())
	if err != nil {
		return err
	}
	when := time.Unix(seconds, 0)
	return os.Chtimes(path, when, when)
}
