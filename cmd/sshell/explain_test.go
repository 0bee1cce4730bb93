package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// --explain says what a stage takes along and what it leaves behind, and runs and stores nothing.
func TestExplainWhatTravels(t *testing.T) {
	l := openLab(t)
	cases := []struct {
		name, script  string
		args          []string
		says, silence []string
	}{
		{"a function in a function", `x=1; f() { sort data; touch made; }; on lambda f`, nil,
			[]string{"travels: functions f\n", " x\n", "travels: /usr/bin/sort (", "/data (2 B)\n", "left behind: API_TOKEN AWS_ACCESS_KEY_ID ",
				"--env NAME takes one along"}, []string{"cannot run"}},
		{"a credential that is asked for", `on lambda --env API_TOKEN sort data`, nil,
			[]string{"travels: variables API_TOKEN ", "left behind: AWS_"}, []string{"functions"}},
		{"which stages", `echo x | on lambda cat | on lambda sort | cat | on lambda --memory 512 cat | on lambda wc`, nil,
			[]string{"         stages 2 and 3:\n         tasks 1\n", "         stage 5:\n", "         stage 6:\n"}, []string{"stage 1:", "stage 4:"}},
		{"one stage", `on lambda cat`, nil, []string{"tasks 1\n"}, []string{"stage 1:"}},
		{"tasks", `parmap --on lambda 'sort {}' ::: data`, nil, []string{"tasks 1\n", "travels: /usr/bin/sort ("}, nil},
		{"here", `on local sort data`, nil, []string{"travels: variables API_TOKEN "}, []string{"/usr/bin/sort (", "left behind"}},
		{"here, isolated", `on local sort data`, []string{"--isolate"}, []string{"travels: /usr/bin/sort (", "/data (2 B)\n"}, []string{"left behind"}},
		{"what cannot be", `on lambda ./arm`, nil, []string{"cannot run: "}, []string{"travels: "}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			arm := "\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 9) + "\x02\x00\xb7\x00\x01" + strings.Repeat("\x00", 43)
			for name, text := range map[string]string{"data": "x\n", "arm": arm} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			cmd := exec.Command(filepath.Join(l.bin, "sshell"), append(c.args, "--explain", "-c", c.script)...)
			cmd.Dir = dir
			cmd.Env = append([]string{"PATH=/usr/bin:/bin", "HOME=" + dir, "API_TOKEN=t"}, l.environ...)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Errorf("%v", err)
			}
			for _, want := range c.says {
				if !strings.Contains(string(out), want) {
					t.Errorf("no %q in\n%s", want, out)
				}
			}
			for _, no := range c.silence {
				if strings.Contains(string(out), no) {
					t.Errorf("%q in\n%s", no, out)
				}
			}
			if left := filesUnder(t, dir); strings.Contains(left, "made") {
				t.Errorf("left: %s", left)
			}
		})
	}
}
