package artifact

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sshell/pipes/objstore"
	"sshell/pipes/objstore/mem"
	"sshell/remote/ship"
)

// counting counts what goes into a store.
type counting struct {
	objstore.Store
	puts, gets atomic.Int64
	reading    func() // called before a body is read
}

func (c *counting) Put(ctx context.Context, key string, body io.Reader, size int64, create bool) error {
	c.puts.Add(1)
	if c.reading != nil {
		c.reading()
	}
	return c.Store.Put(ctx, key, body, size, create)
}

func (c *counting) Get(ctx context.Context, key string, off, n int64) (io.ReadCloser, error) {
	c.gets.Add(1)
	return c.Store.Get(ctx, key, off, n)
}

func newStore(t *testing.T) *counting {
	t.Helper()
	return &counting{Store: new(mem.Store)}
}

// project makes a folder with a program, a link to it, and a library folder, and gives the files to ship.
func write(t *testing.T, path, text string, mode fs.FileMode) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func project(t *testing.T) (dir string, files []ship.File) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "bin/worker-1.0"), "the worker\n", 0o755)
	write(t, filepath.Join(dir, "lib/a/data"), "the data\n", 0o640)
	write(t, filepath.Join(dir, "lib/test/big"), "left out\n", 0o644)
	write(t, filepath.Join(dir, "same"), "the worker\n", 0o600)
	for name, target := range map[string]string{"worker": "bin/worker", "bin/worker": "worker-1.0", "lib/a/link": "data"} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(dir, "bin/worker-1.0"), 0o755|fs.ModeSetuid); err != nil {
		t.Fatal(err)
	}
	return dir, []ship.File{{Path: dir + "/worker"}, {Path: dir + "/lib", Without: []string{"te*"}}, {Path: dir + "/same"}, {Path: dir + "/lib/a/data"}}
}

func upload(t *testing.T, s objstore.Store, files []ship.File, dir string) *Manifest {
	t.Helper()
	m, err := NewUploader(s).Upload(t.Context(), files, dir, "")
	if err != nil {
		t.Fatal(err)
	}
	data, err := EncodeManifest(m)
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeManifest(data)
	if err != nil || !reflect.DeepEqual(got, m) {
		t.Fatalf("travelled as %+v, %v; want %+v", got, err, m)
	}
	return got
}

func fetch(t *testing.T, s objstore.Store, m *Manifest, limit int64) *Held {
	t.Helper()
	c, err := OpenCache(filepath.Join(t.TempDir(), "cache"), limit)
	if err != nil {
		t.Fatal(err)
	}
	h, err := c.Fetch(t.Context(), s, m)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Release)
	return h
}

func TestArtifactsTravel(t *testing.T) {
	s := newStore(t)
	dir, files := project(t)
	m := upload(t, s, files, dir)
	var names []string
	for _, a := range m.Artifacts {
		names = append(names, fmt.Sprintf("%v %s %o", a.Kind, a.Path, a.Mode))
	}
	want := "link ./worker 0|link ./bin/worker 0|folder ./lib 0|file ./bin/worker-1.0 755|file ./same 600"
	if got := strings.Join(names, "|"); got != want {
		t.Fatalf("got  %s\nwant %s", got, want)
	}
	if n := s.puts.Load(); n != 2 {
		t.Errorf("%d puts, want one for each content", n)
	}
	h := fetch(t, s, m, 1<<20)
	for _, how := range []Method{HardLinks, SymbolicLinks} {
		root := t.TempDir()
		if err := h.Place(root, "/home/job", how); err != nil {
			t.Fatal(err)
		}
		work := filepath.Join(root, "home/job")
		for name, want := range map[string]string{"worker": "the worker\n", "same": "the worker\n", "lib/a/data": "the data\n", "lib/a/link": "the data\n"} {
			if b, err := os.ReadFile(filepath.Join(work, name)); err != nil || string(b) != want {
				t.Errorf("%s: %q, %v", name, b, err)
			}
		}
		if st, err := os.Stat(filepath.Join(work, "worker")); err != nil || st.Mode() != 0o755 {
			t.Errorf("mode %v, %v", st.Mode(), err)
		}
		if st, err := os.Stat(filepath.Join(work, "lib/a/data")); err != nil || st.Mode() != 0o440 {
			t.Errorf("mode in a folder %v, %v", st.Mode(), err)
		}
		if list, err := os.ReadDir(filepath.Join(work, "lib/test")); err != nil || len(list) != 0 {
			t.Errorf("what was to be left out: %v, %v", list, err)
		}
		before, _ := os.Stat(filepath.Join(dir, "same"))
		after, err := os.Stat(filepath.Join(work, "same"))
		if err != nil || after.ModTime().Unix() != before.ModTime().Unix() {
			t.Errorf("time %v, was %v", after.ModTime(), before.ModTime())
		}
	}
}

// A thousand tasks read a file once and send it once, also at the same time.
func TestUploadOnce(t *testing.T) {
	s := newStore(t)
	dir, files := project(t)
	u := NewUploader(s)
	var group sync.WaitGroup
	for range 100 {
		group.Go(func() {
			if _, err := u.Upload(t.Context(), files, dir, ""); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n := s.puts.Load(); n != 2 {
		t.Errorf("%d puts, want 2", n)
	}
	// Where a file cannot be read again, it was not.
	if err := os.Truncate(filepath.Join(dir, "same"), 3); err != nil {
		t.Fatal(err)
	}
	if m, err := u.Upload(t.Context(), files, dir, ""); err != nil || m.Artifacts[4].Size != 3 || s.puts.Load() != 3 {
		t.Errorf("a file that changed between: %v, %d puts", err, s.puts.Load())
	}
	// Another process finds what is there.
	upload(t, s, files, dir)
	if n := s.puts.Load(); n != 3 {
		t.Errorf("%d puts, want 3", n)
	}
}

func TestFileChangesWhileItIsSent(t *testing.T) {
	for name, change := range map[string]string{"other bytes": "the other!\n", "shorter": "the", "longer": "the worker, and more\n"} {
		s := newStore(t)
		dir, _ := project(t)
		path := filepath.Join(dir, "same")
		s.reading = func() {
			if err := os.WriteFile(path, []byte(change), 0o600); err != nil {
				t.Error(err)
			}
		}
		_, err := NewUploader(s).Upload(t.Context(), []ship.File{{Path: path}}, dir, "")
		if !errors.Is(err, ErrChanged) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got error %v", name, err)
		}
		for o, err := range s.List(t.Context(), "") {
			t.Errorf("%s: the store has %v, %v", name, o, err)
		}
	}
}

func TestUploadErrors(t *testing.T) {
	s := newStore(t)
	if _, err := NewUploader(s).Upload(t.Context(), []ship.File{{Path: "/no/such"}}, "", ""); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	if _, err := NewUploader(s).Upload(t.Context(), []ship.File{{Path: "/dev/null"}}, "", ""); err == nil {
		t.Error("a device was shipped")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir, files := project(t)
	u := NewUploader(s)
	if _, err := u.Upload(ctx, files, dir, ""); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := u.Upload(t.Context(), files, dir, ""); err != nil {
		t.Errorf("after one that was cancelled: %v", err)
	}
}

func TestFetchErrors(t *testing.T) {
	dir, files := project(t)
	s := newStore(t)
	m := upload(t, s, files, dir)
	c, err := OpenCache(t.TempDir(), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	worker := m.Artifacts[3]
	if err := s.Store.Put(t.Context(), worker.Digest.Key(), strings.NewReader("the w0rker\n"), -1, false); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Fetch(t.Context(), s, m); !errors.Is(err, ErrDigest) {
		t.Errorf("other bytes: %v", err)
	}
	if err := s.Delete(t.Context(), worker.Digest.Key()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Fetch(t.Context(), s, m); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
	small, err := OpenCache(t.TempDir(), 10)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := small.Fetch(t.Context(), s, m); !errors.Is(err, ErrNoRoom) {
		t.Errorf("small cache: %v", err)
	}
	list, err := os.ReadDir(c.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range list {
		if strings.HasPrefix(d.Name(), newPrefix) || strings.Contains(d.Name(), worker.Digest.String()) {
			t.Errorf("left behind: %s", d.Name())
		}
	}
}

// one uploads a file of its own with a text and gives its manifest.
func one(t *testing.T, s objstore.Store, text string) *Manifest {
	t.Helper()
	return upload(t, s, []ship.File{{Path: write(t, filepath.Join(t.TempDir(), "f"), text, 0o644)}}, "")
}

func TestCacheIsBounded(t *testing.T) {
	s := newStore(t)
	c, err := OpenCache(t.TempDir(), 10)
	if err != nil {
		t.Fatal(err)
	}
	a, b, d := one(t, s, "aaaa"), one(t, s, "bbbb"), one(t, s, "dddd")
	get := func(m *Manifest) *Held {
		t.Helper()
		h, err := c.Fetch(t.Context(), s, m)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	age := func(m *Manifest, seconds int64) { // how long ago it was used, as the folder tells
		t.Helper()
		path := c.entry(&m.Artifacts[0])
		if err := os.Chtimes(path, time.Unix(seconds, 0), time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	get(a).Release()
	get(b).Release()
	age(a, 1000)
	age(b, 2000)
	get(a).Release() // used again: b is the oldest now
	get(d).Release()
	before := s.gets.Load()
	get(a).Release()
	if n := s.gets.Load() - before; n != 0 {
		t.Errorf("a was fetched again: it was used after b")
	}
	held := get(a)
	age(a, 1)
	get(b).Release() // d goes, though a is older: it is held
	if _, err := os.Stat(c.entry(&a.Artifacts[0])); err != nil {
		t.Error(err)
	}
	both := get(b)
	if _, err := c.Fetch(t.Context(), s, d); !errors.Is(err, ErrNoRoom) {
		t.Errorf("with all held: %v", err)
	}
	held.Release()
	both.Release()
	// What a dead process left is no entry, and does not stay.
	left := write(t, filepath.Join(c.dir, newPrefix+"1-8"), "12345678", 0o600)
	get(d).Release()
	if _, err := os.Stat(left); err == nil {
		t.Error("what a dead process left is still there")
	}
}

// What somebody wrote to through a hard link is fetched again.
func TestSpoiltEntry(t *testing.T) {
	s := newStore(t)
	m := one(t, s, "text")
	c, err := OpenCache(t.TempDir(), 100)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		h, err := c.Fetch(t.Context(), s, m)
		if err != nil {
			t.Fatal(err)
		}
		root := t.TempDir()
		if err := h.Place(root, "/", HardLinks); err != nil {
			t.Fatal(err)
		}
		h.Release()
		path := filepath.Join(root, m.Artifacts[0].Path)
		if b, err := os.ReadFile(path); err != nil || string(b) != "text" {
			t.Errorf("got %q, %v", b, err)
		}
		if err := os.WriteFile(path, []byte("other text"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFetchAtOnce(t *testing.T) {
	s := newStore(t)
	dir, files := project(t)
	m := upload(t, s, files, dir)
	place := t.TempDir()
	var group sync.WaitGroup
	for range 8 { // caches as of processes: they share the folder only
		c, err := OpenCache(place, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		for range 4 {
			group.Go(func() {
				h, err := c.Fetch(t.Context(), s, m)
				if err != nil {
					t.Error(err)
					return
				}
				defer h.Release()
				if err := h.Place(t.TempDir(), "/w", HardLinks); err != nil {
					t.Error(err)
				}
			})
		}
	}
	group.Wait()
}

func TestNothingIsPlacedOutside(t *testing.T) {
	s := newStore(t)
	good := one(t, s, "text").Artifacts[0]
	outside := t.TempDir()
	c, err := OpenCache(t.TempDir(), 100)
	if err != nil {
		t.Fatal(err)
	}
	at := func(path string) Artifact { a := good; a.Path = path; return a }
	link := func(path, target string) Artifact { return Artifact{Path: path, Kind: ship.Link, Target: target} }
	tests := []struct {
		name  string
		plant func(root string) error
		list  []Artifact
	}{
		{"dots", nil, []Artifact{at("/a/../../x")}},
		{"dots from the folder", nil, []Artifact{at("./../x")}},
		{"relative", nil, []Artifact{at("x")}},
		{"nothing", nil, []Artifact{at("")}},
		{"the root", nil, []Artifact{at("/")}},
		{"link of the manifest", nil, []Artifact{link("/a", outside), at("/a/x")}},
		{"relative link of the manifest", nil, []Artifact{link("/a", "../../../../../.."+outside), at("/a/x")}},
		{"link in the way", nil, []Artifact{link("/x", outside+"/x"), at("/x")}},
		{"planted folder", func(root string) error { return os.Symlink(outside, root+"/a") }, []Artifact{at("/a/x")}},
		{"planted file", func(root string) error { return os.Symlink(outside+"/x", root+"/x") }, []Artifact{at("/x")}},
		{"planted working directory", func(root string) error { return os.Symlink(outside, root+"/work") }, []Artifact{at("./x")}},
		{"file in the way", func(root string) error { return os.WriteFile(root+"/a", nil, 0o644) }, []Artifact{at("/a/x")}},
	}
	for _, tt := range tests {
		root := t.TempDir()
		if tt.plant != nil {
			if err := tt.plant(root); err != nil {
				t.Fatal(err)
			}
		}
		for _, how := range []Method{HardLinks, SymbolicLinks} {
			h, err := c.Fetch(t.Context(), s, &Manifest{Artifacts: tt.list})
			if err == nil {
				err = h.Place(root, "/work", how)
				h.Release()
			}
			if err == nil {
				t.Errorf("%s: no error", tt.name)
			}
			if list, err := os.ReadDir(outside); err != nil || len(list) > 0 {
				t.Fatalf("%s: outside has %v, %v", tt.name, list, err)
			}
		}
	}
}

func TestFolderObjectsAreChecked(t *testing.T) {
	entry := func(kind byte, name, text string) string {
		return string([]byte{kind, byte(len(name))}) + name + "\x00\x00" + string([]byte{byte(len(text))}) + text
	}
	outside := t.TempDir()
	for name, text := range map[string]string{
		"nothing":       "",
		"no end":        treeMagic + entry(entryFile, "a", "x"),
		"cut short":     treeMagic + entry(entryFile, "a", "x")[:5],
		"dots":          treeMagic + entry(entryFile, "../x", "x") + "\x00",
		"absolute":      treeMagic + entry(entryFile, outside+"/x", "x") + "\x00",
		"no folder":     treeMagic + entry(entryFile, "a/x", "x") + "\x00",
		"through link":  treeMagic + entry(entryLink, "a", outside) + entry(entryFile, "a/x", "x") + "\x00",
		"link again":    treeMagic + entry(entryLink, "a", outside+"/x") + entry(entryFile, "a", "x") + "\x00",
		"link a folder": treeMagic + entry(entryLink, "a", outside) + entry(entryFolder, "a", "") + entry(entryFile, "a/x", "x") + "\x00",
		"unknown":       treeMagic + entry(9, "a", "x") + "\x00",
	} {
		if err := unpack(strings.NewReader(text), t.TempDir(), func(string, *os.File) error { return nil }); err == nil {
			t.Errorf("%s: no error", name)
		}
		if list, err := os.ReadDir(outside); err != nil || len(list) > 0 {
			t.Fatalf("%s: outside has %v, %v", name, list, err)
		}
	}
}

func TestManifestErrors(t *testing.T) {
	good, err := EncodeManifest(&Manifest{Arch: "arm64", Artifacts: []Artifact{{Path: "./\xff", Kind: ship.PlainFile, Mode: 0o755}}})
	if err != nil {
		t.Fatal(err)
	}
	if m, err := DecodeManifest(good); err != nil || m.Artifacts[0].Path != "./\xff" || m.Arch != "arm64" {
		t.Errorf("got %+v, %v", m, err)
	}
	newer := append([]byte(nil), good...)
	newer[1]++
	bad := map[string][]byte{"nothing": nil, "cut short": good[:len(good)-3], "another version": newer}
	for name, a := range map[string]Artifact{
		"dots": {Path: "/../x", Kind: ship.PlainFile}, "setuid": {Path: "/x", Kind: ship.PlainFile, Mode: fs.ModeSetuid | 0o755},
		"no kind": {Path: "/x"}, "no target": {Path: "/x", Kind: ship.Link}, "size": {Path: "/x", Kind: ship.PlainFile, Size: -1},
		"zero byte": {Path: "/x\x00", Kind: ship.PlainFile}, "double slash": {Path: "//x", Kind: ship.PlainFile},
	} {
		if bad[name], err = EncodeManifest(&Manifest{Artifacts: []Artifact{a}}); err != nil {
			t.Fatal(err)
		}
	}
	for name, data := range bad {
		if _, err := DecodeManifest(data); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
