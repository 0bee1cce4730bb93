package dir_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"sshell/pipes/objstore"
	"sshell/pipes/objstore/dir"
	"sshell/pipes/objstore/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) objstore.Store { return dir.New(filepath.Join(t.TempDir(), "new", "lab")) })
}

// Writes go through one Store and all else through another, as from two processes.
func TestStoresOfOneFolder(t *testing.T) {
	storetest.Run(t, func(t *testing.T) objstore.Store {
		folder := filepath.Join(t.TempDir(), "lab")
		return several{dir.New(folder), dir.New(folder)}
	})
}

type several struct {
	*dir.Store
	writer *dir.Store
}

func (s several) Put(ctx context.Context, key string, body io.Reader, size int64, create bool) error {
	return s.writer.Put(ctx, key, body, size, create)
}

func TestSync(t *testing.T) {
	s := dir.New(filepath.Join(t.TempDir(), "lab"))
	s.Sync = true
	put(t, s, "a/b", "data")
	want(t, s, "a/b", "data")
}

func TestRoot(t *testing.T) {
	for _, c := range []struct{ data, home, want string }{
		{"/data", "/home/u", "/data/sshell/s3"},
		{"", "/home/u", "/home/u/.local/share/sshell/s3"},
		{"relative", "/home/u", "/home/u/.local/share/sshell/s3"},
		{"", "", ""},
	} {
		env := map[string]string{"XDG_DATA_HOME": c.data, "HOME": c.home}
		got, err := dir.Root(func(name string) string { return env[name] })
		if got != c.want || (err != nil) != (c.want == "") {
			t.Errorf("root with %v: %q, %v, want %q", env, got, err, c.want)
		}
	}
}

func TestBuckets(t *testing.T) {
	root := filepath.Join(t.TempDir(), "sshell", "s3")
	b := &dir.Buckets{Root: root}
	if names, err := b.BucketNames(t.Context()); err != nil || len(names) != 0 {
		t.Errorf("buckets of a root that is not there: %q, %v", names, err)
	}
	for _, name := range []string{"lab", "home.b"} {
		s, err := b.Bucket(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if again, _ := b.Bucket(t.Context(), name); again != s {
			t.Errorf("bucket %s is another store when asked for again", name)
		}
		if _, err := os.Stat(root); name == "lab" && err == nil {
			t.Error("to name a bucket makes folders")
		}
		put(t, s, "k", "data of "+name)
	}
	for _, name := range []string{"..", "a/b", "Lab", "lab/", ""} {
		if _, err := b.Bucket(t.Context(), name); !errors.Is(err, objstore.ErrBucket) {
			t.Errorf("bucket %q: %v, want an error that wraps ErrBucket", name, err)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(root, "No Bucket"), 0o700); err != nil {
		t.Fatal(err)
	}
	if names, err := b.BucketNames(t.Context()); err != nil || !slices.Equal(names, []string{"home.b", "lab"}) {
		t.Errorf("buckets: %q, %v", names, err)
	}
	if info, err := os.Stat(root); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the root is not the user's alone: %v, %v", info.Mode(), err)
	}
	if _, err := (&dir.Buckets{Root: "relative"}).Bucket(t.Context(), "lab"); err == nil {
		t.Error("a relative root is no error")
	}
}

// A user finds the file where he expects it, with the rights that his umask leaves.
func TestFilesAreWhereExpected(t *testing.T) {
	folder := t.TempDir()
	s := dir.New(folder)
	put(t, s, "runs/2026/out.map", "result")
	data, err := os.ReadFile(filepath.Join(folder, "runs/2026/out.map"))
	if err != nil || string(data) != "result" {
		t.Errorf("the object's file: %q, %v", data, err)
	}
	other := filepath.Join(folder, "by hand")
	if err := os.WriteFile(other, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	byHand, _ := os.Stat(other)
	stored, _ := os.Stat(filepath.Join(folder, "runs/2026/out.map"))
	if stored.Mode() != byHand.Mode() {
		t.Errorf("the object's file has mode %v, one made by hand %v", stored.Mode(), byHand.Mode())
	}
	put(t, s, "runs", "beside")
	if data, err := os.ReadFile(filepath.Join(folder, "runs%file")); err != nil || string(data) != "beside" {
		t.Errorf("the file of an object beside its folder: %q, %v", data, err)
	}
	if err := s.Delete(t.Context(), "runs", "runs/2026/out.map", "by hand"); err != nil {
		t.Fatal(err)
	}
	if left := tree(t, folder); !slices.Equal(left, []string{".%sshell", ".%sshell/lock"}) {
		t.Errorf("after all was deleted there is %q", left)
	}
}

func TestFilesPutByHand(t *testing.T) {
	folder := t.TempDir()
	s := dir.New(folder)
	for _, name := range []string{"reads.fq", "a/b/c", "50%.txt", strings.Repeat("n", 253), "%file", "%"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(folder, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(folder, "empty/folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(folder, "fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	wantKeys(t, s, "a/b/c", "reads.fq")
	want(t, s, "reads.fq", "reads.fq")
	want(t, s, "a/b/c", "a/b/c")
	for _, key := range []string{"fifo", "empty", "a", "fifo/x"} {
		if _, err := s.Get(t.Context(), key, 0, -1); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("get %q: %v, want an error that wraps fs.ErrNotExist", key, err)
		}
	}
	if _, err := os.Stat(filepath.Join(folder, ".%sshell")); err == nil {
		t.Error("to read makes the store's own folder")
	}
	if err := s.Delete(t.Context(), "a/b", "empty"); err != nil {
		t.Fatal(err)
	}
	put(t, s, "a/b/d", "x")
	wantKeys(t, s, "a/b/c", "a/b/d", "reads.fq")
}

func TestLinks(t *testing.T) {
	folder, outside := t.TempDir(), t.TempDir()
	s := dir.New(folder)
	put(t, s, "k", "x")
	if err := os.WriteFile(filepath.Join(outside, "reads.fq"), []byte("reads"), 0o600); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{"file": outside + "/reads.fq", "data": outside, "self": folder, "none": "nowhere"} {
		if err := os.Symlink(to, filepath.Join(folder, link)); err != nil {
			t.Fatal(err)
		}
	}
	wantKeys(t, s, "data/reads.fq", "file", "k")
	want(t, s, "data/reads.fq", "reads")
	put(t, s, "file", "new")
	put(t, s, "none", "new")
	want(t, s, "none", "new")
	put(t, s, "data", "beside")
	want(t, s, "data", "beside")
	if data, err := os.ReadFile(filepath.Join(outside, "reads.fq")); err != nil || string(data) != "reads" {
		t.Errorf("a put of a link's key changed what it points to: %q, %v", data, err)
	}
	if err := s.Delete(t.Context(), "data", "data/reads.fq"); err != nil {
		t.Fatal(err)
	}
	wantKeys(t, s, "file", "k", "none")
	if info, err := os.Lstat(filepath.Join(folder, "data")); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link to a folder went with an object: %v", err)
	}
}

func TestFailedCommitLeavesNoFolders(t *testing.T) {
	folder := t.TempDir()
	s := dir.New(folder)
	put(t, s, "k", "x")
	if err := s.Compose(t.Context(), "new/a/b", "other", "k"); !errors.Is(err, objstore.ErrChanged) {
		t.Errorf("compose over a version of a missing object: %v", err)
	}
	if left := tree(t, folder); !slices.Equal(left, []string{".%sshell", ".%sshell/lock", "k"}) {
		t.Errorf("a failed commit left %q", left)
	}
}

func put(t *testing.T, s objstore.Store, key, data string) {
	t.Helper()
	if err := s.Put(t.Context(), key, strings.NewReader(data), -1, false); err != nil {
		t.Fatalf("put %q: %v", key, err)
	}
}

func want(t *testing.T, s objstore.Store, key, data string) {
	t.Helper()
	body, err := s.Get(t.Context(), key, 0, -1)
	if err != nil {
		t.Errorf("get %q: %v", key, err)
		return
	}
	defer body.Close()
	if got, err := io.ReadAll(body); err != nil || string(got) != data {
		t.Errorf("object %q holds %q, %v, want %q", key, got, err, data)
	}
}

func wantKeys(t *testing.T, s objstore.Store, want ...string) {
	t.Helper()
	var got []string
	for o, err := range s.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, o.Key)
	}
	if !slices.Equal(got, want) {
		t.Errorf("listing gives %q, want %q", got, want)
	}
}

// tree is all that is in a folder.
func tree(t *testing.T, folder string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if rel, _ := filepath.Rel(folder, path); rel != "." {
			all = append(all, rel)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
