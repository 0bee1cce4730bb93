package ship

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestGather(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"tool": "#!./sub/sh\n", "sub/sh": "text", "plain": "text", "bin/cmd": "text", "script": "#!/no/such\n"} {
		write(t, filepath.Join(dir, name), text, 0o755)
	}
	write(t, dir+"/data", "", 0o644)
	arm := write(t, dir+"/arm", "\x7fELF\x02\x01\x01"+strings.Repeat("\x00", 9)+"\x02\x00\xb7\x00\x01"+strings.Repeat("\x00", 43), 0o755)
	env := []string{"PATH=bin:/nowhere", "TZ="}
	in := func(names ...string) []string {
		for i, n := range names {
			names[i] = filepath.Join(dir, n)
		}
		return names
	}
	tests := []struct {
		name      string
		argv      []string
		artifacts []string
		want      []string
		err       string
	}{
		{"relative to the folder", []string{"./tool", "x"}, nil, in("tool", "sub/sh"), ""},
		{"on a relative PATH", []string{"cmd"}, nil, in("bin/cmd", "plain"), ""},
		{"not found", []string{"none"}, nil, nil, ""},
		{"a folder", []string{"./sub"}, nil, nil, ""},
		{"words", []string{"none", "data", "./tool", "script", "sub", "", "none"}, nil, in("data", "tool", "sub/sh", "script"), ""},
		{"artifacts", nil, []string{"data", "sub", "cmd"}, in("data", "sub", "bin/cmd"), ""},
		{"missing artifact", nil, []string{"./none"}, nil, "ship ./none: no such file or directory"},
		{"unknown artifact", nil, []string{"none"}, nil, "ship none: none: command not found"},
		{"interpreter", []string{"./script"}, nil, nil, "ship ./script: interpreter of " + dir + "/script: "},
		{"processor", []string{arm}, nil, nil, "is a program for arm64, the target is amd64: "},
	}
	for _, tt := range tests {
		files, err := Gather(Request{Dir: dir, Arch: "amd64", Commands: []Command{{Argv: tt.argv, Env: env}},
			Artifacts: tt.artifacts, Env: env, Shell: dir + "/plain"})
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%s: got error %v, want %q", tt.name, err, tt.err)
			}
			continue
		}
		if got := paths(files); err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, %v; want %q", tt.name, got, err, tt.want)
		}
	}
	_, err := Gather(Request{Dir: dir, Artifacts: []string{"none/none"}})
	var not *Error
	if !errors.As(err, &not) || not.Command || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
