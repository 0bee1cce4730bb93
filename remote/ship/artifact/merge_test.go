package artifact

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"sshell/remote/ship"
)

func TestMerge(t *testing.T) {
	first := &Manifest{Arch: "arm64", Artifacts: []Artifact{
		{Path: "/bin", Kind: ship.Link, Target: "usr/bin"},
		{Path: "/libz.so.1", Kind: ship.Library, Target: "/lib/libz.so.1"},
		{Path: "./lib", Kind: ship.Tree}, {Path: "./tool", Kind: ship.PlainFile}, {Path: "./data", Kind: ship.PlainFile, Exact: true},
	}}
	second := &Manifest{Artifacts: []Artifact{
		{Path: "/etc/x", Kind: ship.PlainFile}, {Path: "./tool", Kind: ship.PlainFile, Exact: true}, {Path: "./data", Kind: ship.PlainFile},
		{Path: "./lib/inside", Kind: ship.PlainFile}, {Path: "./library", Kind: ship.PlainFile},
		{Path: "/libz.so.1", Kind: ship.PlainFile}, {Path: "/opt", Kind: ship.Link, Target: "x"},
	}}
	m := Merge(first, second)
	var got []string
	for _, a := range m.Artifacts {
		got = append(got, fmt.Sprintf("%v %s %v", a.Kind, a.Path, a.Exact))
	}
	want := []string{"link /bin false", "link /opt false", "library /libz.so.1 false", "folder ./lib false", "file ./tool false",
		"file ./data false", "file /etc/x false", "file ./library false", "file /libz.so.1 false"}
	if !slices.Equal(got, want) || m.Arch != "arm64" {
		t.Errorf("got %q for %s, want %q", got, m.Arch, want)
	}
	data, err := EncodeManifest(m)
	if err != nil {
		t.Fatal(err)
	}
	back, err := DecodeManifest(data)
	if err != nil || !slices.Equal(back.Artifacts, m.Artifacts) {
		t.Errorf("got %+v, %v, want %+v", back, err, m)
	}
}

// Two libraries of one name cannot both be what a loader finds in its default folder; two paths of one can.
func TestLibrariesOfOneName(t *testing.T) {
	dir := t.TempDir()
	one, other := write(t, dir+"/one/libx.so.1", "1", 0o644), write(t, dir+"/other/libx.so.1", "2", 0o644)
	if err := os.Symlink("one", dir+"/linked"); err != nil {
		t.Fatal(err)
	}
	for path, conflict := range map[string]bool{filepath.Join(dir, "linked/libx.so.1"): false, other: true} {
		files := []ship.File{{Path: one, Names: []string{"libx.so.1"}}, {Path: path, Names: []string{"libx.so.1"}}}
		m, err := NewUploader(newStore(t)).Upload(t.Context(), files, "", "")
		if errors.Is(err, ErrConflict) != conflict {
			t.Errorf("%s: got %v", path, err)
		}
		if conflict || err != nil {
			continue
		}
		count := 0
		for _, a := range m.Artifacts {
			if a.Kind == ship.Library {
				count++
			}
		}
		if count != 1 {
			t.Errorf("%s: %d names of libraries", path, count)
		}
	}
}

// A folder of the cache that somebody has written to is fetched again.
func TestSpoiltFolder(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/lib/a.py", "a", 0o644)
	write(t, dir+"/lib/sub/b.py", "b", 0o644)
	s := newStore(t)
	m := upload(t, s, []ship.File{{Path: dir + "/lib"}}, dir)
	c, err := OpenCache(filepath.Join(t.TempDir(), "cache"), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	entry := c.entry(&m.Artifacts[len(m.Artifacts)-1])
	get := func() {
		t.Helper()
		h, err := c.Fetch(t.Context(), s, m)
		if err != nil {
			t.Fatal(err)
		}
		h.Release()
	}
	get()
	for _, tt := range []struct {
		name  string
		spoil func() error
		gets  int64
	}{
		{"nothing", func() error { return nil }, 0},
		{"new", func() error { return os.Mkdir(entry+"/__pycache__", 0o755) }, 1},
		{"removed", func() error { return os.Remove(entry + "/a.py") }, 1},
		{"mode", func() error { return os.Chmod(entry+"/a.py", 0o600) }, 1},
		{"written", func() error {
			return errors.Join(os.Chmod(entry+"/sub/b.py", 0o600), os.WriteFile(entry+"/sub/b.py", []byte("x"), 0), os.Chmod(entry+"/sub/b.py", 0o444))
		}, 1},
	} {
		before := s.gets.Load()
		if err := tt.spoil(); err != nil {
			t.Fatal(err)
		}
		get()
		if n := s.gets.Load() - before; n != tt.gets {
			t.Errorf("%s: fetched %d times", tt.name, n)
		}
		for name, want := range map[string]string{"a.py": "a", "sub/b.py": "b"} {
			if got, err := os.ReadFile(filepath.Join(entry, name)); err != nil || string(got) != want {
				t.Errorf("%s: %s is %q, %v", tt.name, name, got, err)
			}
		}
	}
}
