package artifact

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"sshell/remote/ship"
)

// ErrChanged says that a file is no longer what it was when its digest was made.
var ErrChanged = errors.New("changed while it was read")

func changed(path string) error { return fmt.Errorf("%s: %w", path, ErrChanged) }

// stamp tells one state of a file from another without reading it.
type stamp struct {
	path    string
	inode   uint64
	size    int64
	nano    int64 // of the last change
	mode    fs.FileMode
	folder  Digest // of a folder: all that a walk tells of what is in it
	without string // of a folder: what is left out
}

func stampOf(path string, info fs.FileInfo) stamp {
	s := stamp{path: path, size: info.Size(), nano: info.ModTime().UnixNano(), mode: info.Mode()}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		s.inode = st.Ino
	}
	return s
}

// stampTree is the stamp of a folder.
func stampTree(root string, without []string) (stamp, error) {
	sum := sha256.New()
	var line []byte
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		is := stampOf("", info)
		line = append(append(line[:0], path...), 0)
		for _, n := range []uint64{is.inode, uint64(is.size), uint64(is.nano), uint64(is.mode)} {
			line = binary.BigEndian.AppendUint64(line, n)
		}
		sum.Write(line)
		if d.IsDir() && path != root && ship.LeftOut(without, path[len(root)+1:]) {
			return fs.SkipDir
		}
		return nil
	})
	s := stamp{path: root, without: fmt.Sprintf("%q", without)}
	sum.Sum(s.folder[:0])
	return s, err
}

// fileDigest reads a file once.
func fileDigest(path string, f *os.File, info fs.FileInfo) (Digest, error) {
	sum := sha256.New()
	n, err := io.Copy(sum, f)
	if err != nil {
		return Digest{}, fmt.Errorf("read %s: %w", path, err)
	}
	after, err := f.Stat()
	if err != nil {
		return Digest{}, err
	}
	if n != info.Size() || stampOf(path, after) != stampOf(path, info) {
		return Digest{}, changed(path)
	}
	return Digest(sum.Sum(nil)), nil
}

// body is a file on its way into the store. It ends with an error where its bytes are not those of the digest, so
// that the store keeps nothing. A store may seek in it, to try again.
type body struct {
	f    *os.File
	path string
	want Digest
	size int64
	sum  hash.Hash
	at   int64 // where f is read next
	upTo int64 // how much of the beginning sum has seen
}

func newBody(f *os.File, path string, want Digest, size int64) *body {
	return &body{f: f, path: path, want: want, size: size, sum: sha256.New()}
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	n, err := b.f.Read(p)
	if b.at == b.upTo {
		b.sum.Write(p[:n])
		b.upTo += int64(n)
	}
	b.at += int64(n)
	// A store that was told the size may never read on to the end.
	if b.upTo >= b.size && Digest(b.sum.Sum(nil)) != b.want || err == io.EOF && b.at < b.size {
		return 0, changed(b.path)
	}
	return n, err
}

// Seek implements io.Seeker.
func (b *body) Seek(offset int64, whence int) (int64, error) {
	at, err := b.f.Seek(offset, whence)
	if err != nil {
		return at, err
	}
	if b.at = at; at == 0 {
		b.sum.Reset()
		b.upTo = 0
	}
	return at, nil
}
