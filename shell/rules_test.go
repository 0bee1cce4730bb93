package shell

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// rules are those of the folder in which the tests' scripts run.
const rules = `[[rule]]
command = ["place", "sort", "read"]
on = "moon"

[[rule]]
command = "cat"
on = "client"

[[rule]]
command = "nl"
on = "sun"
`

// A rule sends its command away, whatever stage of a pipeline it is, unless something else was named for this run or by the
// command's own words. What cannot leave stays.
func TestRules(t *testing.T) {
	const place = `place() { echo ${SSHELL_RUN:+away}; }; `
	cases := []struct{ name, flag, script, stdout string }{
		{"a rule", "", `place; true | place; place | sort`, "away\naway\naway\n"},
		{"what has no rule", "", `other() { place; }; other; { place; } | cat`, "away\naway\n"},
		{"a word of its own", "", `on local 'echo ${SSHELL_RUN:+away}'; cat() { place; }; cat | sort`, "away\naway\n"},
		{"what cannot leave", "", `read x <<< here; echo $x`, "here\n"},
		{"client for this run", "", `SSHELL_ON=client; place`, "\n"},
		{"client by the command line", "--on=client", `place`, "\n"},
		{"a rule that keeps a command", "--on=local", `cat() { place; }; cat; unset -f cat; echo x | cat`, "away\nx\n"},
		{"where there is no such target", "", `nl /dev/null; echo $?`, "125\n"},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := script(t, place+tt.script)
			if tt.flag != "" {
				c.Args = append(c.Args[:2:2], append([]string{tt.flag}, c.Args[2:]...)...)
			}
			if err := os.WriteFile(filepath.Join(c.Dir, ".sshell.toml"), []byte(rules), 0o666); err != nil {
				t.Fatal(err)
			}
			out, _ := c.Output() // the script says its statuses
			if string(out) != tt.stdout {
				t.Errorf("%q, want %q", out, tt.stdout)
			}
		})
	}
}

// --explain says which rule placed a stage, or what keeps it.
func TestRulesExplained(t *testing.T) {
	c := script(t, "place | sort $$ | cat")
	c.Args = append(c.Args[:2:2], append([]string{"--explain"}, c.Args[2:]...)...)
	file := filepath.Join(c.Dir, ".sshell.toml")
	if err := os.WriteFile(file, []byte(rules), 0o666); err != nil {
		t.Fatal(err)
	}
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{
		"stage 1  moon     place\n         asked by " + file + ":1\n",
		"\n         stays: it asks for a process id of this machine\n",
		"stage 3  client   cat\n         asked by " + file + ":5\n",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}
