package flow

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"sshell/interp/plan"
	"sshell/remote"
)

// What a command names is shipped: what it calls, and the files that its words are.
func TestArtifactsOfCommands(t *testing.T) {
	dir := t.TempDir()
	for name, mode := range map[string]os.FileMode{"bin/sort": 0o755, "bin/wc": 0o755, "bin/xargs": 0o755, "bin/sh": 0o755,
		"bin/echo": 0o755, "bin/plain": 0o644, "data": 0o644, "sub/data": 0o644, "tool": 0o755, "na\xefve": 0o644} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), nil, mode); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{"path/bin": "", "script": "#!/bin/sh -e\nwc <data2\nif sort; then ./inner; fi\n",
		"inner": "#!/usr/bin/env -S A=1 bash\nwc; ./script\n", "python": "#!/usr/bin/env python3\nsort\n", "bin/tar": "", "bin/gzip": "", "bin/xz": "",
		"bin/bzip2": "", "bin/nice": ""} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	s := &segment{dir: dir, environ: []string{"PATH=" + dir + "/none:" + dir + "/bin:" + dir + "/path"}}
	s.Snapshot = &plan.Snapshot{
		Funcs:   []plan.Function{{Name: "f", Source: "{ sort | g; }"}, {Name: "g", Source: "{ f; wc -l; }"}},
		Aliases: map[string]string{"many": "wc -c"},
	}
	tests := []struct {
		name  string
		words []string
		want  []string
	}{
		{"pipeline", []string{"echo {} | sort | wc"}, []string{"sort", "wc"}},
		{"compound", []string{"if :; then (x=$(sort); wc); fi"}, []string{"sort", "wc"}},
		{"functions that call each other", []string{"echo {} | f"}, []string{"sort", "wc"}},
		{"function as argv", []string{"f", "{}"}, []string{"sort", "wc"}},
		{"alias", []string{"many; :"}, []string{"wc"}},
		{"started by another", []string{"xargs", "-n1", "echo"}, []string{"xargs", "echo"}},
		{"by a builtin", []string{"exec sort"}, []string{"sort"}},
		{"source in source", []string{"sh", "-ec", "sort | wc"}, []string{"sh", "sort", "wc"}},
		{"files", []string{"sort -f data sub/data <'tool' none >data2; wc 'data'"}, []string{"sort", "./data", "sub/data", "./tool", "wc"}},
		{"in the folder", []string{"./tool | ./data"}, []string{dir + "/tool"}},
		{"a folder of the name", []string{"sub/../bin/sh; bin"}, []string{dir + "/bin/sh", dir + "/path/bin"}},
		{"script", []string{"./script"}, []string{dir + "/script", "wc", "sort", dir + "/inner"}},
		{"script by env", []string{"nice ./inner"}, []string{"nice", dir + "/inner", "wc", dir + "/script", "sort"}},
		{"what is no script of the shell", []string{"./python"}, []string{dir + "/python"}},
		{"values in source", []string{"sh", "-c", "echo {} | sort {}"}, []string{"sh", "sort"}},
		{"source of ours", []string{"on lambda 'sort | wc'; parmap --on lambda nice :::"}, []string{"sort", "wc", "nice"}},
		{"script that is read", []string{"bash -e script x"}, []string{"./script", "wc", "sort", dir + "/inner"}},
		{"archives", []string{"tar xf data.tar.gz; tar c --xz sub; tar -cj sub"}, []string{"tar", "gzip", "xz", "bzip2"}},
		{"not UTF-8", []string{"sort 'na\xefve' | wc"}, []string{"sort", "./na\xefve", "wc"}},
		{"time zone", []string{"TZ=:" + dir + "/data sort; export TZ=$x; LC_ALL="}, []string{"sort", dir + "/data"}},
		{"unknown", []string{"none; plain; $x; \"$sort\" {}"}, nil},
		{"no syntax", []string{"sh", "-c", "if"}, []string{"sh"}},
	}
	for _, tt := range tests {
		c, err := newCommand(tt.words, &tokens{}, false, s.Snapshot)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if got := s.artifacts(c, []string{"w"}); !slices.Equal(got, append([]string{"w"}, tt.want...)) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
	for command, want := range map[string]string{"{} -x | sort": dir + "/tool", "nice {}": dir + "/tool", "sort {}; wc": "./tool"} {
		c, err := newCommand([]string{command}, &tokens{}, false, s.Snapshot)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.withValues(s.artifacts(c, nil), c, values{args: []string{"./tool"}}); !slices.Contains(got, want) {
			t.Errorf("%s: got %q, want %s among them", command, got, want)
		}
	}
	if got, _ := s.stageArtifacts(nil, []string{"w", "./sub", "/abs"}, RunnerOptions{}); !slices.Equal(got, []string{"w", dir + "/sub", "/abs"}) {
		t.Errorf("--with: got %q", got)
	}
	got, _ := s.stageArtifacts([]remote.Stage{{Source: "echo | sort"}, {Argv: []string{"wc", "data"}}}, nil, RunnerOptions{})
	if want := []string{"sort", "wc", "./data"}; !slices.Equal(got, want) {
		t.Errorf("stages: got %q, want %q", got, want)
	}
	c, err := newCommand([]string{"sort {} | wc"}, &tokens{}, false, s.Snapshot)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.withValues([]string{"w"}, c, values{args: []string{"data", "none", "sub/data"}}); !slices.Equal(got, []string{"w", "./data", "sub/data"}) {
		t.Errorf("values: got %q", got)
	}
}
