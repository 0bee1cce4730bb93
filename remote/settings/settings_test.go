package settings

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// house is a home, a project below it with a folder in it, and variables.
type house struct {
	home, project, dir string
	env                map[string]string
}

func newHouse(t *testing.T) *house {
	t.Helper()
	home := t.TempDir()
	h := &house{home: home, project: home + "/project", dir: home + "/project/a/b", env: map[string]string{"HOME": home}}
	if err := os.MkdirAll(h.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *house) write(t *testing.T, path, text string) string {
	t.Helper()
	path = filepath.Join(h.home, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func (h *house) getenv(name string) string { return h.env[name] }

func (h *house) load(flags map[string]string) (*Settings, error) {
	return Load(Source{Env: h.getenv, Dir: h.dir, Flags: flags})
}

func (h *house) ok(t *testing.T, flags map[string]string) *Settings {
	t.Helper()
	s, err := h.load(flags)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestNothing(t *testing.T) {
	s := newHouse(t).ok(t, nil)
	if s.S3 != S3Dir || s.From("s3") != "no credentials are configured" || s.From("bucket") != "" {
		t.Errorf("%+v", s)
	}
	s.from, s.S3 = nil, ""
	if !reflect.DeepEqual(*s, Settings{}) {
		t.Errorf("%+v", s)
	}
	if _, err := Load(Source{Env: func(string) string { return "" }}); err != nil {
		t.Errorf("without a home and a directory: %v", err)
	}
}

// TestPrecedence takes the places away one by one.
func TestPrecedence(t *testing.T) {
	h := newHouse(t)
	record := Deployed{Region: "us-east-1", Bucket: "recorded", Function: "f"}
	if err := Record(h.getenv, record); err != nil {
		t.Fatal(err)
	}
	user := h.write(t, ".config/sshell/config.toml", "bucket = 'user-file'\n")
	project := h.write(t, "project/.sshell.toml", "# ours\n\nbucket = \"project-file\"\n")
	nearer := h.write(t, "project/a/.sshell.toml", "bucket = 'nearer-file'")
	h.env["SSHELL_BUCKET"] = "variable"
	flags := map[string]string{"bucket": "flag"}
	for _, c := range []struct {
		value, place string
		remove       func()
	}{
		{"flag", "--bucket", func() { flags = nil }},
		{"variable", "SSHELL_BUCKET", func() { h.env["SSHELL_BUCKET"] = "" }},
		{"nearer-file", nearer + ":1", func() { os.Remove(nearer) }},
		{"project-file", project + ":3", func() { os.Remove(project) }},
		{"user-file", user + ":1", func() { os.Remove(user) }},
		{"recorded", RecordFile(h.getenv), func() { os.Remove(RecordFile(h.getenv)) }},
		{"", "", func() {}},
	} {
		s := h.ok(t, flags)
		if s.Bucket != c.value || s.From("bucket") != c.place {
			t.Errorf("%q from %q, want %q from %q", s.Bucket, s.From("bucket"), c.value, c.place)
		}
		c.remove()
	}
}

func TestFile(t *testing.T) {
	h := newHouse(t)
	path := h.write(t, "project/.sshell.toml", `
on = "lambda"
bucket = "lab-sshell"
function = 'arn:aws:lambda:eu-central-1:123456789012:function:sshell'
region = "eu-central-1"
arch = "x86_64"
timeout = "15m"
memory = 1_769
storage = 1024 # MB
s3 = "dir"
s3_dir = "buckets"
role_arn = "arn:aws:iam::123456789012:role/r"

[[rule]]
command = "bwa"
on = "lambda"

[[rule]]
on = "client"
command = ["ssh", # asks for a password
  "less"]
`)
	h.write(t, ".config/sshell/config.toml", "[[rule]]\ncommand = 'bwa'\non = 'local'\n[[rule]]\ncommand = 'sort'\non = 'local'")
	s := h.ok(t, nil)
	s.from = nil
	user := UserFile(h.getenv)
	want := Settings{
		On: "lambda", Bucket: "lab-sshell", Function: "arn:aws:lambda:eu-central-1:123456789012:function:sshell", Region: "eu-central-1",
		Arch: "amd64", Timeout: 15 * time.Minute, Memory: 1769, Storage: 1024, S3: S3Dir, S3Dir: h.project + "/buckets",
		RoleARN: "arn:aws:iam::123456789012:role/r",
		Rules: []Rule{
			{[]string{"bwa"}, "lambda", path + ":14"}, {[]string{"ssh", "less"}, "client", path + ":18"},
			{[]string{"bwa"}, "local", user + ":1"}, {[]string{"sort"}, "local", user + ":4"},
		},
	}
	if !reflect.DeepEqual(*s, want) {
		t.Errorf("%+v, want %+v", *s, want)
	}
	if r, ok := s.Rule("bwa"); !ok || r.On != "lambda" {
		t.Errorf("rule of bwa: %+v", r)
	}
	if r, ok := s.Rule("bw"); ok {
		t.Errorf("rule of bw: %+v", r)
	}
}

func TestBadFiles(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"bukket = 'x'", `:1: bukket: no such setting`},
		{"\non = 'lambda'\n bucket = 'Lab'", `:3: bucket: invalid bucket name: "Lab"`},
		{"bucket = 'lab'\nbucket = 'lab'", `:2: bucket: it is set twice`},
		{`"two\nlines" = 1`, `:1: "two\nlines": no such setting`},
		{`["two\nlines"]`, `:1: ["two\nlines"]: no such table`},
		{"a.b = 1", `:1: a.b: no such setting`},
		{"on = \"two words\"", `:1: on: "two words": no name of a target`},
		{"on = ''", `:1: on: "": it is one word`},
		{"arch = 'mips'", `:1: arch: "mips": it is "arm64" or "x86_64"`},
		{"timeout = 'soon'", `:1: timeout: "soon": it is a number of seconds`},
		{"timeout = -1", `:1: timeout: "-1": it is a number of seconds`},
		{"timeout = 999999", `:1: timeout: "999999": it is a number of seconds`},
		{"timeout = '1.5s'", `:1: timeout: "1.5s": it is a number of seconds`},
		{"memory = 0", `:1: memory: "0": it is a number of MB`},
		{"memory = 99999999999999999999", `:1: memory: 99999999999999999999: it is too large`},
		{"memory = 1.5", `:1: memory: it is text or a number`},
		{"memory = [1]", `:1: memory: it is a list of strings`},
		{"bucket = ['a']", `:1: bucket: it has one value, not a list`},
		{"s3 = 'gcs'", `:1: s3: "gcs": it is "aws" or "dir"`},
		{"s3_dir = ''", `:1: s3_dir: "": it is a folder`},
		{"bucket = ", `:1: `},
		{"on = 'lambda'\nbucket = 'lab\n", `:2: `},
		{"[lambda]\nmemory = 1", `:1: [lambda]: no such table: there is [[rule]]`},
		{"[rule]\ncommand = 'x'", `:1: [rule]: no such table: there is [[rule]]`},
		{"[[rule]]\ncommand = 'x'\n\n[[rule]]", `:1: the rule has no on`},
		{"[[rule]]\non = 'local'", `:1: the rule has no command`},
		{"[[rule]]\non = 'local'\ncommand = []", `:1: the rule has no command`},
		{"[[rule]]\ncommand = ['']", `:2: command: it is empty`},
		{"[[rule]]\nmemory = 5", `:2: memory: no such key of a rule`},
	} {
		h := newHouse(t)
		path := h.write(t, "project/.sshell.toml", c.text)
		_, err := h.load(nil)
		if err == nil || !strings.HasPrefix(err.Error(), path+c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want %s", c.text, err, c.want)
		}
	}
}

func TestBadVariablesAndFlags(t *testing.T) {
	h := newHouse(t)
	h.env["SSHELL_MEMORY"] = "lots"
	if _, err := h.load(nil); err == nil || err.Error() != `SSHELL_MEMORY: "lots": it is a number of MB` {
		t.Error(err)
	}
	if s, err := h.load(map[string]string{"memory": "128"}); err != nil || s.Memory != 128 {
		t.Errorf("a flag before a bad variable: %v", err)
	}
	h.env["SSHELL_MEMORY"] = ""
	if _, err := h.load(map[string]string{"s3_dir": "\x00"}); err == nil || !strings.HasPrefix(err.Error(), "--s3-dir: ") {
		t.Error(err)
	}
}

func TestFolders(t *testing.T) {
	h := newHouse(t)
	for text, want := range map[string]string{"x/../y": h.dir + "/y", "~": h.home, "~/y": h.home + "/y", "/y/": "/y"} {
		h.env["SSHELL_S3_DIR"] = text
		if s := h.ok(t, nil); s.S3Dir != want || s.S3 != S3Dir || s.From("s3") != "SSHELL_S3_DIR" {
			t.Errorf("%s: %+v", text, s)
		}
	}
}

func TestFileThatCannotBeRead(t *testing.T) {
	h := newHouse(t)
	if err := os.MkdirAll(UserFile(h.getenv), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := h.load(nil); err == nil || !strings.Contains(err.Error(), "is a directory") {
		t.Error(err)
	}
	if err := os.Remove(UserFile(h.getenv)); err != nil {
		t.Fatal(err)
	}
	h.write(t, ".config/sshell/config.toml", strings.Repeat("#\n", maxFile))
	if _, err := h.load(nil); err == nil || !strings.Contains(err.Error(), "longer than") {
		t.Error(err)
	}
}

// TestOthersFile has a project file that another user put above the working directory, and a folder of that name.
func TestOthersFile(t *testing.T) {
	h := newHouse(t)
	if err := os.Mkdir(filepath.Join(h.dir, ProjectFile), 0o755); err != nil {
		t.Fatal(err)
	}
	other := h.write(t, "project/a/.sshell.toml", "on = 'lambda'")
	h.write(t, "project/.sshell.toml", "on = 'local'")
	want := "local"
	if err := os.Chown(other, 12345, 12345); err != nil {
		want = "lambda" // only root can make another's file
	}
	s := h.ok(t, nil)
	if s.On != want || len(s.Ignored) == 0 || !strings.Contains(s.Ignored[0], "not a regular file") {
		t.Errorf("%+v", s)
	}
	if want == "local" && (len(s.Ignored) != 2 || s.Ignored[1] != other+": belongs to another user: ignored") {
		t.Errorf("%q", s.Ignored)
	}
}
