package ship

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// pythonAt copies this machine's true as an interpreter, which nothing here starts.
func pythonAt(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile("/bin/true")
	if err != nil {
		t.Fatal(err)
	}
	return write(t, path, string(b), 0o755)
}

func TestStandardLibraries(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	python := pythonAt(t, dir+"/bin/python3.9")
	if _, err := Resolve(python, nil, ""); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "os.py") || !strings.Contains(err.Error(), python) {
		t.Errorf("without a library: %v", err)
	}
	if _, err := Resolve(pythonAt(t, dir+"/bin/perl5.10"), nil, ""); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "strict.pm") {
		t.Errorf("without a library: %v", err)
	}
	write(t, dir+"/lib/python3.9/os.py", "", 0o644)
	write(t, dir+"/lib/python3.8/os.py", "", 0o644)
	write(t, dir+"/venv/pyvenv.cfg", "home = "+dir+"/bin\n", 0o644)
	write(t, dir+"/venv/lib/python3.9/site-packages/x.py", "", 0o644)
	if err := os.MkdirAll(dir+"/venv/bin", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../../bin/python3.9", dir+"/venv/bin/python"); err != nil {
		t.Fatal(err)
	}
	for program, want := range map[string][]string{
		python:                   {dir + "/lib/python3.9"},
		dir + "/venv/bin/python": {dir + "/venv/pyvenv.cfg", dir + "/venv/lib/python3.9/site-packages", dir + "/lib/python3.9"},
	} {
		files, err := Resolve(program, nil, "")
		if err != nil {
			t.Fatal(err)
		}
		got := slices.DeleteFunc(paths(files[1:]), func(p string) bool { return !strings.HasPrefix(p, dir) })
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", program, got, want)
		}
	}
}
