package main

import (
	"hash/fnv"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// corpusShare is one in how many of the scripts of testdata/bash run elsewhere in all tests. SSHELL_CORPUS=1 runs all of them.
const corpusShare = 12

// bound is what scripts do that means something else in another place, or for another process: go to a folder, make one, use
// the shell's own descriptors, traps, job control, call stack and places in the script, or a time zone that does not travel.
var bound = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\b(cd|pushd|popd|dirs|exec|trap|umask|ulimit|touch|mkdir|mkfifo|LINENO|FUNCNAME|BASH_SOURCE|caller|TZ|PWD|let|times|hash|unset PATH)\b|` +
		`[<>]&|\$-|set -o|set -m|SHELL_UNDER_TEST|[<>] ?"?"? ?\w*""`)
})

// apart are scripts for which it matters that a stage is elsewhere, or a process of its own.
var apart = map[string]string{
	"words/the last word of the command before":   "$_ is of the last command that ran in the shell",
	"builtins/the last word":                      "$_ is of the last command that ran in the shell",
	"test/bracket with operators":                 "asks for files that no word names",
	"test/longer expressions":                     "asks for files that no word names",
	"alias/in use":                                "lists a folder that no word names",
	"control/dollar dollar in subshell":           "removes files in stages",
	"control/background compound has its own pid": "removes files in stages",
	"control/killed by a signal":                  "the shell tells of signals that end its own children only",
	"control/command_not_found_handle":            "what is not found is looked for where the stage runs",
	"params/indirection that fails":               "what fails in a stage ends the stage, not the line",
	"params/bad substrings":                       "what fails in a stage ends the stage, not the line",
	"substitution/process substitution":           "a function in a loop takes the loop's input, as ssh does",
	"idioms/trimming and splitting":               "a function in a loop takes the loop's input, as ssh does",
	"substitution/output":                         "NUL bytes are taken from a stage's output without a warning",
	"declare/local export":                        "a local variable without a value hides the exported one from programs elsewhere",
	"enable/builtins":                             "which builtins are enabled does not travel",
	"declare/behind other words":                  "the name of a builtin comes of an expansion",
	"arrays/assignments in front of commands":     "assignments before a program do not see each other",
	"arrays/keys as they are written":             "a compound stage travels as it is printed: i+1 becomes i + 1",
	"arrays/associative":                          "keys have another order where the array was made anew",
}

// TestCorpus runs scripts of testdata/bash, in which nothing is said of other places, with every stage elsewhere that can
// leave: what they print and their status must be bash's. Those that leave files are not asked: a stage's files are where it ran.
func TestCorpus(t *testing.T) {
	share := uint32(corpusShare)
	if n, err := strconv.ParseUint(os.Getenv("SSHELL_CORPUS"), 10, 32); err == nil && n > 0 {
		share = uint32(n)
	}
	l := openLab(t)
	tables, err := filepath.Glob("../../testdata/bash/*.txt")
	if err != nil || len(tables) == 0 {
		t.Fatalf("no tables: %v", err)
	}
	for _, table := range tables {
		for _, c := range readPlaceCases(t, table) {
			name := c.area + "/" + c.name
			h := fnv.New32()
			h.Write([]byte(name))
			special := apart[name] != "" || strings.Contains(c.script, "\n# differs: ") || strings.Contains(c.script, "\n# locale: ") || c.stdin != ""
			if h.Sum32()%share != 0 || special || bound().MatchString(c.script) {
				continue
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				c.elsewhere(t, l)
			})
		}
	}
}

// elsewhere compares the script with its stages at every place.
func (c *placeCase) elsewhere(t *testing.T, l *lab) {
	root := t.TempDir()
	want := c.run(t, root, filepath.Join(root, "store"), "bash", nil, c.script, []string{"SHELL_UNDER_TEST=bash"})
	want.stdout = strings.ReplaceAll(want.stdout, root, "")
	if want.files != "" {
		return
	}
	for _, p := range places {
		t.Run(p.name, func(t *testing.T) {
			root := t.TempDir()
			shell := filepath.Join(l.bin, "sshell")
			environ := []string{"SHELL_UNDER_TEST=" + shell, "SSHELL_S3_DIR=" + filepath.Join(root, "s3")}
			if p.cloud {
				environ = append(l.environ, environ[0])
			}
			got := c.run(t, root, filepath.Join(root, "store"), shell, append([]string{"--on", p.target}, p.args...), c.script, environ)
			if got.stdout = strings.ReplaceAll(got.stdout, root, ""); !got.same(want) {
				t.Errorf("script:\n%s\n%s", c.script, got.difference(want))
			}
		})
	}
}
