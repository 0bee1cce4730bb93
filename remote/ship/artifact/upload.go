package artifact

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"sshell/pipes/objstore"
	"sshell/remote/ship"
)

// maxUploads bounds the files that are read, or sent, at a time. Hashing takes a core each; beyond a few requests a
// client's link is full.
const maxUploads = 8

// Uploader brings files into a store, each content once. Its methods may be called from several goroutines: what
// a thousand tasks need is read once and sent once.
type Uploader struct {
	store   objstore.Store
	slots   chan struct{}
	objects flights[stamp, content] // of this machine's files
	puts    flights[Digest, struct{}]
}

// content is the bytes of an artifact.
type content struct {
	digest Digest
	size   int64
}

// NewUploader makes an Uploader for a bucket.
func NewUploader(s objstore.Store) *Uploader {
	return &Uploader{store: s, slots: make(chan struct{}, maxUploads)}
}

// Upload stores what is not there yet under artifacts/<SHA-256>, and gives the manifest. dir is the working directory of the
// task: what stands in it travels as "./…", unless it is a folder of the system. arch is the processor of the programs, empty
// for this machine's. A file that changes meanwhile is an error that wraps ErrChanged and names it. A file that was
// seen by an earlier call, and has kept path, size, time and inode, is not read again.
func (u *Uploader) Upload(ctx context.Context, files []ship.File, dir, arch string) (*Manifest, error) {
	items, err := ship.Layout(files, dir)
	if err != nil {
		return nil, err
	}
	if arch == "" {
		arch = runtime.GOARCH
	}
	names, err := namesOf(files)
	if err != nil {
		return nil, err
	}
	m := &Manifest{Arch: arch, Artifacts: make([]Artifact, len(items))}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxUploads)
	for i, item := range items {
		a := &m.Artifacts[i]
		*a = Artifact{Path: inDir(item.Path, dir), Kind: item.Kind, Target: item.Target, Exact: item.Exact}
		if item.Kind == ship.Link {
			continue
		}
		group.Go(func() error {
			if err := u.artifact(ctx, a, item); err != nil {
				return fmt.Errorf("ship %w", err)
			}
			return a.check()
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return Merge(m, names), nil
}

// ErrConflict says that programs need different libraries under one name.
var ErrConflict = errors.New("cannot be had at once where programs have no folders of their own: build one with a RUNPATH of $ORIGIN, or run them in different tasks")

// namesOf lists the names of libraries and the paths of loaders.
func namesOf(files []ship.File) (*Manifest, error) {
	m := new(Manifest)
	by := make(map[string]string)
	for _, f := range files {
		path := filepath.Clean(f.Path)
		if f.Loader {
			m.Artifacts = append(m.Artifacts, Artifact{Path: path, Kind: ship.Loader})
		}
		for _, name := range f.Names {
			have, ok := by[name]
			if ok && !same(have, path) {
				return nil, fmt.Errorf("ship %s: %s and %s %w", name, have, path, ErrConflict)
			}
			if !ok {
				by[name] = path
				m.Artifacts = append(m.Artifacts, Artifact{Path: "/" + name, Kind: ship.Library, Target: path})
			}
		}
	}
	return m, nil
}

// same reports whether two paths lead to one file.
func same(a, b string) bool {
	one, err1 := os.Stat(a)
	other, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(one, other)
}

// Forget makes the next Upload look at the store again: an artifact was missing there.
func (u *Uploader) Forget() {
	u.objects.clear()
	u.puts.clear()
}

// systemFolders hold files of the system, which stand where they are whatever the working directory is.
var systemFolders = []string{"bin", "boot", "dev", "etc", "lib", "lib32", "lib64", "libx32", "nix", "proc", "sbin", "sys", "usr"}

// inDir gives the path of an artifact from the working directory on, or as it is.
func inDir(path, dir string) string {
	dir = filepath.Clean(dir)
	if !filepath.IsAbs(dir) || dir == "/" {
		return path
	}
	top, _, _ := strings.Cut(dir[1:], "/")
	rest, ok := strings.CutPrefix(path, dir)
	if slices.Contains(systemFolders, top) || !ok || rest != "" && rest[0] != '/' {
		return path
	}
	return "./" + strings.TrimPrefix(rest, "/")
}

// artifact fills in what an item's bytes are, and sees to it that the store has them.
func (u *Uploader) artifact(ctx context.Context, a *Artifact, item ship.Item) error {
	info, err := os.Stat(item.Source)
	if err != nil {
		return err
	}
	var is stamp
	switch {
	case info.IsDir():
		if is, err = stampTree(item.Source, item.Without); err != nil {
			return err
		}
	case info.Mode().IsRegular():
		is = stampOf(item.Source, info)
		a.Mode, a.ModTime = info.Mode().Perm(), info.ModTime().Unix()
	default:
		return fmt.Errorf("%s: neither a file nor a folder", item.Source)
	}
	o, err := u.objects.do(ctx, is, func() (content, error) { return u.object(ctx, item, is) })
	a.Digest, a.Size = o.digest, o.size
	return err
}

// object reads the bytes of an item and stores them.
func (u *Uploader) object(ctx context.Context, item ship.Item, is stamp) (content, error) {
	select {
	case u.slots <- struct{}{}:
		defer func() { <-u.slots }()
	case <-ctx.Done():
		return content{}, ctx.Err()
	}
	read := readFile
	if item.Kind == ship.Tree {
		read = readTree
	}
	f, o, err := read(item, is)
	if err != nil {
		return o, err
	}
	defer f.Close()
	_, err = u.puts.do(ctx, o.digest, func() (struct{}, error) {
		return struct{}{}, u.put(ctx, f, item.Source, o)
	})
	return o, err
}

// readFile opens a file and makes its digest.
func readFile(item ship.Item, is stamp) (*os.File, content, error) {
	f, err := os.Open(item.Source)
	if err != nil {
		return nil, content{}, err
	}
	info, err := f.Stat()
	if err == nil && stampOf(item.Source, info) != is {
		err = changed(item.Source)
	}
	var d Digest
	if err == nil {
		d, err = fileDigest(item.Source, f, info)
	}
	if err != nil {
		f.Close()
		return nil, content{}, err
	}
	return f, content{d, info.Size()}, nil
}

// readTree packs a folder into a file without a name.
func readTree(item ship.Item, is stamp) (*os.File, content, error) {
	f, err := os.CreateTemp("", "sshell-tree-")
	if err != nil {
		return nil, content{}, err
	}
	sum := sha256.New()
	err = os.Remove(f.Name())
	if err == nil {
		w := bufio.NewWriterSize(f, 1<<20)
		err = pack(io.MultiWriter(w, sum), item.Source, item.Without)
		err = errors.Join(err, w.Flush())
	}
	if after, err2 := stampTree(item.Source, item.Without); err == nil && (err2 != nil || after != is) {
		err = changed(item.Source)
	}
	size, err2 := f.Seek(0, io.SeekCurrent)
	if err := errors.Join(err, err2); err != nil {
		f.Close()
		return nil, content{}, err
	}
	return f, content{Digest(sum.Sum(nil)), size}, nil
}

// put stores an object, unless it is there.
func (u *Uploader) put(ctx context.Context, f *os.File, path string, o content) error {
	there, err := objstore.Stat(ctx, u.store, o.digest.Key())
	switch {
	case err == nil && there.Size == o.size:
		return nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: %w", path, err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	b := newBody(f, path, o.digest, o.size)
	err = u.store.Put(ctx, o.digest.Key(), b, o.size, true)
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil
	case errors.Is(err, ErrChanged):
		return changed(path)
	case err != nil:
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
