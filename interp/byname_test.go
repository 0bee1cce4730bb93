package interp

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sshell/interp/plan"
)

// named is a plan.Files whose names begin with obj: and are files of a folder.
type named struct {
	dir string
	log *bytes.Buffer
}

func (n named) path(name string) string {
	return filepath.Join(n.dir, strings.TrimPrefix(name, "obj:"))
}
func (n named) Has(name string) bool { return strings.HasPrefix(name, "obj:") }

func (n named) Open(_ context.Context, name string) (*os.File, error) {
	n.log.WriteString("open " + name + "\n")
	return os.Open(n.path(name))
}

func (n named) Stat(_ context.Context, name string) (fs.FileInfo, error) {
	return os.Stat(n.path(name))
}

func (n named) Glob(context.Context, string) ([]string, error) { return nil, nil }

func (n named) Create(_ context.Context, name string, add bool) (plan.Output, error) {
	f, err := os.CreateTemp(n.dir, "")
	if err != nil {
		return nil, err
	}
	return &namedOutput{named: n, name: name, add: add, file: f}, nil
}

type namedOutput struct {
	named
	name string
	add  bool
	file *os.File
	made *plan.Content
}

func (o *namedOutput) File() *os.File         { return o.file }
func (o *namedOutput) Object() (string, bool) { return o.name, o.add }
func (o *namedOutput) Make(c plan.Content)    { o.made = &c }

func (o *namedOutput) Commit() error {
	text, err := os.ReadFile(o.file.Name())
	if err != nil {
		return err
	}
	o.log.WriteString("commit " + o.name + " " + string(text))
	if o.made != nil {
		o.log.WriteString(strings.Join(o.made.Sources, "+") + "\n")
	}
	return o.file.Close()
}

func (o *namedOutput) Abort() error {
	o.log.WriteString("abort " + o.name + "\n")
	return o.file.Close()
}

// byName is a plan.Segments that reads and makes objects itself.
type byName struct {
	log    *bytes.Buffer
	status int
}

func (b *byName) ReadsObjects(plan.Target) bool { return true }

func (b *byName) Run(_ context.Context, s plan.Segment) ([]plan.Status, error) {
	b.log.WriteString("run " + strings.Join(s.Stages[0].Argv[2:], " "))
	if (s.Stdin == nil) != (s.In != "") {
		b.log.WriteString(" two inputs")
	}
	if s.In != "" {
		b.log.WriteString(" in " + s.In)
	}
	if o, ok := s.Out.(plan.ObjectOutput); ok {
		name, add := o.Object()
		b.log.WriteString(" out " + name)
		if add {
			b.log.WriteString(" add")
		}
		o.Make(plan.Content{Sources: []string{"1", "2"}})
	} else if _, err := s.Stdout.WriteString("text\n"); err != nil {
		return nil, err
	}
	b.log.WriteString("\n")
	statuses := make([]plan.Status, len(s.Stages))
	statuses[len(statuses)-1] = b.status
	return statuses, nil
}

func TestObjectsByName(t *testing.T) {
	for _, c := range []struct {
		script, want string
		status       int // of the segment
	}{
		{"on local c < obj:in", "run c in obj:in\n", 0},
		{"on local c <obj:in >obj:out", "run c in obj:in out obj:out\ncommit obj:out 1+2\n", 0},
		{"on local c >obj:out", "run c out obj:out\ncommit obj:out 1+2\n", 3},
		{"on local c >>obj:out", "run c out obj:out add\ncommit obj:out 1+2\n", 0},
		{"on local c >obj:out", "run c out obj:out\nabort obj:out\n", 125},
		{"x=out; on local c | on local d >obj:$x", "run c out obj:out\ncommit obj:out 1+2\n", 0},
		{"on local c <obj:missing", "", 0},
		{"on local c <obj:folder", "", 0},
		{"on local c <obj:in </dev/null", "run c\n", 0},
		{"on local c </dev/null <obj:in", "run c in obj:in\n", 0},
		{"on local c >obj:out 2>&1", "run c\ncommit obj:out text\n", 0},
		{"on local c >obj:out >/dev/null", "run c\ncommit obj:out ", 0},
		{"{ on local c; } >obj:out", "run c\ncommit obj:out text\n", 0},
		{"on local c 2>obj:out", "run c\ncommit obj:out ", 0},
		{"{ on local c; } <obj:in", "open obj:in\nrun c\n", 0},
		{"on local c <obj:in; cat <obj:in", "run c in obj:in\nopen obj:in\n", 0},
	} {
		t.Run(c.script, func(t *testing.T) {
			log := new(bytes.Buffer)
			dir := t.TempDir()
			if err := os.Mkdir(filepath.Join(dir, "folder"), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "in"), []byte("alpha\n"), 0o666); err != nil {
				t.Fatal(err)
			}
			cfg := testConfig()
			cfg.Segments, cfg.Planner, cfg.Files = &byName{log, c.status}, plan.Plan, named{dir, log}
			cfg.Facts = plan.Facts{Targets: []plan.Target{plan.Local}}
			cfg.Environ = []string{"PATH=/usr/bin:/bin"}
			sh := New(cfg)
			defer sh.Close()
			null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			d, err := adoptFile(null)
			if err != nil {
				t.Fatal(err)
			}
			for n := range 3 {
				sh.fds.install(n, d.ref())
			}
			sh.RunSource(context.Background(), "test", c.script)
			if log.String() != c.want {
				t.Errorf("%q, want %q", log.String(), c.want)
			}
			if strings.Contains(c.script, "missing") && sh.Status() != 1 {
				t.Errorf("status %d", sh.Status())
			}
		})
	}
}
