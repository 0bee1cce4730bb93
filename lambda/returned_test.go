package lambda

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestReturned(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	for name, text := range map[string]string{"out 1": "one", "d/e/out": "two\x00", "other": "x"} {
		path := filepath.Join(from, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(from, "out link")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(to, "out 1"), []byte("old, and longer"), 0o600); err != nil {
		t.Fatal(err)
	}
	var archive bytes.Buffer
	missing, err := ArchiveReturned(from, []string{"out*", "d", "none", "../x", "/etc/passwd", "["}, &archive)
	if err != nil || !slices.Equal(missing, []string{"out link", "none", "../x", "/etc/passwd", "["}) {
		t.Fatalf("%q, %v", missing, err)
	}
	if err := extract(to, &archive); err != nil {
		t.Fatal(err)
	}
	var got []string
	err = filepath.WalkDir(to, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			data, err := os.ReadFile(path)
			got = append(got, path[len(to)+1:]+"="+string(data))
			return err
		}
		return err
	})
	if want := []string{"d/e/out=two\x00", "out 1=one"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
}

// An archive cannot put anything outside the directory.
func TestReturnedElsewhere(t *testing.T) {
	dir := t.TempDir()
	from := t.TempDir()
	if err := os.WriteFile(filepath.Join(from, "xxx"), []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	var archive bytes.Buffer
	if _, err := ArchiveReturned(from, []string{"xxx"}, &archive); err != nil {
		t.Fatal(err)
	}
	evil := bytes.ReplaceAll(archive.Bytes(), []byte("xxx\x00"), []byte("../\x00"))
	if err := extract(dir, bytes.NewReader(evil)); err == nil {
		t.Error("it is taken")
	}
}
