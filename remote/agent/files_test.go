package agent

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sshell/interp/plan"
)

// objects is a folder of objects that the test's agent has, as files of the bucket data.
type objects string

func newObjects(t *testing.T) objects {
	t.Helper()
	root := t.TempDir()
	t.Setenv("AGENT_TEST_OBJECTS", root)
	return objects(root)
}

func (o objects) put(t *testing.T, key, text string) {
	t.Helper()
	path := filepath.Join(string(o), "data", key)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// all gives what there is, a key and its bytes in each line.
func (o objects) all(t *testing.T) string {
	t.Helper()
	var lines []string
	root := filepath.Join(string(o), "data")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err == nil && d.IsDir() && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir // the store's own
		case err != nil || d.IsDir():
			return err
		}
		text, err := os.ReadFile(path)
		key, _ := filepath.Rel(root, path)
		lines = append(lines, key+" "+string(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

func TestFiles(t *testing.T) {
	store := newObjects(t)
	store.put(t, "in", "alpha")
	c := newClient(t, testConfig())
	if c.ReadsObjects("test") {
		t.Error("reads objects whose names are not its")
	}
	named := c.Files()
	if !c.ReadsObjects("test") {
		t.Error("does not read its objects")
	}
	f, err := named.Open(t.Context(), "s3://data/in")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(f)
	f.Close()
	if err != nil || string(text) != "alpha" {
		t.Errorf("%q, %v", text, err)
	}
	for _, add := range []bool{false, true} {
		out, err := named.Create(t.Context(), "s3://data/out", add)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(out.File(), "beta")
		if err := out.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	if got := store.all(t); got != "in alpha\nout betabeta" {
		t.Error(got)
	}
}

// A segment's output is made of what its tasks stored when it is committed, and what they stored is removed in any case.
func TestOutputOfObjects(t *testing.T) {
	for _, c := range []struct {
		name   string
		add    bool
		finish func(plan.Output) error
		said   string
		want   string
	}{
		{"commit", false, plan.Output.Commit, "s3://data/out false s3://data/in\n", "out onetwo"},
		{"behind what there is", true, plan.Output.Commit, "s3://data/out true s3://data/in\n", "out oldonetwo"},
		{"abort", false, plan.Output.Abort, "s3://data/out false s3://data/in\n", "out old"},
	} {
		t.Run(c.name, func(t *testing.T) {
			store := newObjects(t)
			store.put(t, "out", "old")
			store.put(t, "tmp/run/1", "one")
			store.put(t, "tmp/run/2", "two")
			client := newClient(t, testConfig())
			out, err := client.Files().Create(t.Context(), "s3://data/out", c.add)
			if err != nil {
				t.Fatal(err)
			}
			seg := act("compose", "s3://data/tmp/run/1", "s3://data/tmp/run/2")
			seg.Out, seg.In = out, "s3://data/in"
			said, _, err := run(t, client, t.Context(), seg, "")
			if err != nil || said != c.said {
				t.Errorf("%q, %v", said, err)
			}
			if err := c.finish(out); err != nil {
				t.Error(err)
			}
			if got := store.all(t); got != c.want {
				t.Errorf("objects\n%s\nwant %s", got, c.want)
			}
		})
	}
}

// other is an output that is not the agent's.
type other struct{ plan.ObjectOutput }

func TestOutputOfOthers(t *testing.T) {
	newObjects(t)
	client := newClient(t, testConfig())
	seg := act("compose")
	seg.Out = other{}
	if said, _, err := run(t, client, context.Background(), seg, ""); err != nil || said != "no object\n" {
		t.Errorf("%q, %v", said, err)
	}
}
