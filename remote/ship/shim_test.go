package ship

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestShims(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	write(t, root+"/libexec/pyenv", "", 0o755)
	for _, name := range []string{"shims/tool", "versions/3.9/bin/tool", "versions/3.8/bin/tool", "sys/tool"} {
		write(t, filepath.Join(root, name), "text", 0o755)
	}
	write(t, root+"/version", "3.9\n", 0o644)
	project := root + "/project/deep"
	if err := os.MkdirAll(project, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir(project)
	path := "PATH=" + root + "/shims:" + root + "/sys"
	check := func(want string, env ...string) {
		t.Helper()
		files, err := Resolve("tool", append(env, path), "")
		if err != nil || !slices.Equal(paths(files), []string{root + "/shims/tool", want}) || files[0].Target != want {
			t.Errorf("got %+v, %v; want %s", files, err, want)
			return
		}
		items, err := Layout(files, "")
		if err != nil || len(items) != 2 || items[0].Kind != Link || items[0].Path != root+"/shims/tool" || items[0].Target != want {
			t.Errorf("stands as %+v, %v", items, err)
		}
	}
	check(root + "/versions/3.9/bin/tool")
	check(root+"/versions/3.8/bin/tool", "PYENV_VERSION=3.7:3.8")
	check(root+"/sys/tool", "PYENV_VERSION=system")
	write(t, root+"/project/.python-version", "3.8\n", 0o644)
	check(root + "/versions/3.8/bin/tool")
}
