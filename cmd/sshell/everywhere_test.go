package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// casesAtATime is how many tests run in parallel: most of their time they wait for functions.
const casesAtATime = 6

func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("test.parallel"); f != nil && f.Value.String() < strconv.Itoa(casesAtATime) {
		f.Value.Set(strconv.Itoa(casesAtATime))
	}
	code := m.Run()
	if l := sharedLab.lab; l != nil {
		if err := l.close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// place is where the stages of a case run.
type place struct {
	name   string
	target string // what the script finds in $TARGET
	args   []string
	cloud  bool // s3:// is the account's, else a folder
}

var places = []place{
	{name: "local", target: "local"},
	{name: "isolate", target: "local", args: []string{"--isolate"}},
	{name: "lambda", target: "lambda", cloud: true},
}

// placeCase is one script of a table, and what bash runs for it.
type placeCase struct {
	area, name   string
	script, bash string
	stdin        string
	only         string // the places that it is for, and why; all if it is empty
}

// readPlaceCases reads a table of testdata/everywhere, see testdata/README.md.
func readPlaceCases(t *testing.T, path string) []placeCase {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	prelude, rest, found := strings.Cut("\n"+string(data), "\n### ")
	if !found {
		t.Fatalf("%s: no case", path)
	}
	var cases []placeCase
	for text := range strings.SplitSeq(rest, "\n### ") {
		name, script, _ := strings.Cut(text, "\n")
		c := placeCase{area: strings.TrimSuffix(filepath.Base(path), ".txt"), name: name}
		script, bash, own := strings.Cut(script, "\n--- bash\n")
		if !own {
			bash = script
		}
		c.script, c.bash = prelude+"\n"+script+"\n", prelude+"\n"+bash+"\n"
		for line := range strings.SplitSeq(script, "\n") {
			key, value, _ := strings.Cut(line, ": ")
			switch key {
			case "# only":
				c.only = value
			case "# stdin":
				if c.stdin, err = strconv.Unquote(value); err != nil {
					t.Fatalf("%s: %s: stdin: %v", path, name, err)
				}
			}
		}
		cases = append(cases, c)
	}
	return cases
}

// TestEverywhere runs the tables of testdata/everywhere at every place: what they print, their exit status, and the files
// and objects that they leave must be those that bash gives on this machine, and both must write to standard error, or neither.
func TestEverywhere(t *testing.T) {
	l := openLab(t)
	tables, err := filepath.Glob("../../testdata/everywhere/*.txt")
	if err != nil || len(tables) == 0 {
		t.Fatalf("no tables: %v", err)
	}
	for _, table := range tables {
		for i, c := range readPlaceCases(t, table) {
			t.Run(c.area+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				c.compare(t, l, fmt.Sprintf("%s-%d", c.area, i))
			})
		}
	}
}

// compare runs the case at every place.
func (c *placeCase) compare(t *testing.T, l *lab, id string) {
	want := sync.OnceValue(func() placeAnswer { return c.inBash(t, l) })
	for _, p := range places {
		if !c.isFor(p) {
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			got := c.at(t, l, p, id)
			if want := want(); !got.same(want) {
				t.Errorf("script:\n%s\n%s", c.script, got.difference(want))
			}
		})
	}
}

func (c *placeCase) isFor(p place) bool {
	names, _, _ := strings.Cut(c.only, ":")
	return c.only == "" || slices.Contains(strings.Fields(names), p.name)
}

// inBash gives bash's answer. Objects are files in a folder for it.
func (c *placeCase) inBash(t *testing.T, l *lab) placeAnswer {
	t.Helper()
	root := t.TempDir()
	store := filepath.Join(root, "store")
	words, err := filepath.Abs("../../testdata/everywhere/words.bash")
	if err != nil {
		t.Fatal(err)
	}
	text := ". " + words + "\n" + c.bash
	return c.run(t, root, store, "bash", nil, text, []string{"PROGRAMS=" + l.programs, "TARGET=here", "STORE=" + store, "PARALLEL_SHELL=/bin/bash"})
}

// at gives sshell's answer at one place. Objects are under a name of the case's own in the bucket.
func (c *placeCase) at(t *testing.T, l *lab, p place, id string) placeAnswer {
	t.Helper()
	root := t.TempDir()
	environ := []string{"PROGRAMS=" + l.programs, "TARGET=" + p.target, "STORE=s3://" + l.bucket + "/" + id}
	objects := l.objects
	if p.cloud {
		environ = append(environ, l.environ...)
	} else {
		environ = append(environ, "SSHELL_S3_DIR="+filepath.Join(root, "s3"))
		objects = filepath.Join(root, "s3", l.bucket)
	}
	return c.run(t, root, filepath.Join(objects, id), filepath.Join(l.bin, "sshell"), p.args, c.script, environ)
}

// placeTime is how long a script may take; those of the tables take a second at most.
const placeTime = 60 * time.Second

// run runs the case's script with a shell, in an empty folder.
func (c *placeCase) run(t *testing.T, root, store, shell string, args []string, text string, environ []string) placeAnswer {
	t.Helper()
	dir := filepath.Join(root, "work")
	script := filepath.Join(root, "script")
	err := errors.Join(os.Mkdir(dir, 0o777), os.MkdirAll(store, 0o777), os.Mkdir(filepath.Join(root, "home"), 0o777),
		os.WriteFile(script, []byte(text), 0o666))
	if err != nil {
		t.Fatal(err)
	}
	data, err := filepath.Abs("../../testdata")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), placeTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, shell, append(args, script, "one", "two  words", "")...)
	cmd.Dir = dir
	cmd.Env = append([]string{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=" + filepath.Join(root, "home"), "LC_ALL=C", "TZ=UTC",
		"TMPDIR=" + root, "DATA=" + data}, environ...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(c.stdin), &stdout, &stderr
	cmd.WaitDelay = placeTime / 4
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("run %s: %v\n%s", shell, err, stderr.String())
	}
	if ctx.Err() != nil {
		t.Fatalf("%s took more than %v:\n%s\n%s%s", shell, placeTime, text, stdout.String(), stderr.String())
	}
	return placeAnswer{stdout.String(), stderr.String(), statusOf(cmd.ProcessState), filesUnder(t, dir), filesUnder(t, store)}
}

// statusOf gives the status as a shell would, a signal counting from 128.
func statusOf(p *os.ProcessState) int {
	if ws, ok := p.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return 128 + int(ws.Signal())
	}
	return p.ExitCode()
}

// placeAnswer is all that a script did.
type placeAnswer struct {
	stdout, stderr string
	status         int
	files, objects string
}

func (a placeAnswer) same(b placeAnswer) bool {
	return a.stdout == b.stdout && (a.stderr == "") == (b.stderr == "") && a.status == b.status && a.files == b.files &&
		a.objects == b.objects
}

// shownMost bounds what is shown of an answer, in bytes.
const shownMost = 2000

// difference shows what is not bash's.
func (a placeAnswer) difference(bash placeAnswer) string {
	var b strings.Builder
	for _, part := range []struct{ name, got, want string }{
		{"stdout", a.stdout, bash.stdout},
		{"status", strconv.Itoa(a.status), strconv.Itoa(bash.status)},
		{"stderr", a.stderr, bash.stderr},
		{"files", a.files, bash.files},
		{"objects", a.objects, bash.objects},
	} {
		if part.got != part.want {
			fmt.Fprintf(&b, "%s of sshell:\n%.*s\n%s of bash:\n%.*s\n", part.name, shownMost, part.got, part.name, shownMost, part.want)
		}
	}
	return b.String()
}

// filesUnder lists the files of a folder with their contents, and modes where they are meant: a store's files are not.
func filesUnder(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "%s %s", info.Mode().Type(), name)
		if info.Mode().IsRegular() {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, " %q", text)
		}
		b.WriteByte('\n')
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}
