package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"sshell/remote"
)

func isolated(t *testing.T) *Runner {
	t.Helper()
	return newRunner(t, Config{Isolate: true, Tmp: 1 << 20})
}

// A program sees itself, what it is linked with, and what every root has.
func TestIsolatedRoot(t *testing.T) {
	r := isolated(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "not-shipped"), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	task := argv("find", "/", "-path", "/proc", "-prune", "-o", "-type", "f", "-print", "-o", "-type", "l", "-print")
	task.Dir = dir
	o := do(t, r, t.Context(), task)
	if o.err != nil || o.Statuses[0] != 0 {
		t.Fatalf("%+v, %v, %s", o.Result, o.err, o.stderr)
	}
	find, err := exec.LookPath("find")
	if err != nil {
		t.Fatal(err)
	}
	ldd, err := exec.Command("ldd", find).Output()
	if err != nil {
		t.Fatal(err)
	}
	// Libraries stand where they really are, with the links that lead there.
	var real []string
	for _, path := range strings.Fields(string(ldd)) {
		if resolved, err := filepath.EvalSymlinks(path); err == nil {
			real = append(real, resolved, "/"+strings.Split(path, "/")[1])
		}
		if folder, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
			real = append(real, filepath.Join(folder, filepath.Base(path)))
		}
	}
	for name := range strings.Lines(o.stdout) {
		name = strings.TrimSpace(name)
		switch {
		case name == find, strings.HasPrefix(name, "/dev/"), name == "/etc/ld.so.cache", bytes.Contains(ldd, []byte(name)):
		case name == "/etc/localtime", strings.HasPrefix(name, "/usr/share/zoneinfo/"), strings.HasPrefix(name, "/usr/lib/locale/"):
		case slices.Contains(real, name), slices.Contains([]string{"/bin", "/sbin", "/lib", "/lib64"}, name):
		default:
			t.Errorf("sees %s", name)
		}
	}
}

func TestIsolatedTask(t *testing.T) {
	r := isolated(t)
	outside := filepath.Join(t.TempDir(), "outside")
	dir := t.TempDir()
	for name, text := range map[string]string{outside: "secret", filepath.Join(dir, "with"): "shipped\n",
		filepath.Join(dir, "tool"): "#!/bin/sh\necho tool $1\n", filepath.Join(dir, "plain"): "echo plain $1\n"} {
		if err := os.WriteFile(name, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name   string
		script string
		with   []string
		want   string
	}{
		{"no file of this machine", "test -e " + outside + " || echo none; test -e /etc/passwd || echo none; echo /home/* /root/*", nil,
			"none\nnone\n/home/* /root/*\n"},
		{"its folder", "pwd; echo *; : >new && echo *", nil, dir + "\n*\nnew\n"},
		{"artifacts", "read x <with; echo $x; ls", []string{"with", "ls"}, "shipped\nwith\n"},
		{"folder as artifact", "read x <" + dir + "/with; echo $x", []string{dir}, "shipped\n"},
		{"folder and what is in it", "read x <with; echo $x; ./tool 2", []string{".", "with", "./tool"}, "shipped\ntool 2\n"},
		{"program as artifact", "./tool 1", []string{"./tool"}, "tool 1\n"},
		{"artifacts cannot be changed", "(echo more >>with) 2>/dev/null || echo no", []string{"with"}, "no\n"},
		{"the root cannot be changed", "(: >/file) 2>/dev/null || echo no; (: >/bin/file) 2>/dev/null || echo no", nil, "no\nno\n"},
		{"tmp", "echo text >/tmp/file; read x </tmp/file; echo $x; echo /tmp/f*", nil, "text\n/tmp/file\n"},
		{"devices", "echo x >/dev/null; head -c 2 /dev/zero | wc -c; echo y >>/dev/stdout", []string{"head", "wc"}, "2\ny\n"},
		{"its own processes", "ps -o pid= | wc -l; echo $$", []string{"ps", "wc"}, "3\n2\n"},
		{"no network", "cat /proc/net/dev | tail -n +3 | cut -d: -f1 | tr -d ' '", []string{"cat", "tail", "cut", "tr"}, "lo\n"},
		{"no mounts", "mount -t tmpfs none /tmp 2>/dev/null || echo no", []string{"mount"}, "no\n"},
		{"no devices made", "mknod /tmp/sda b 8 0 2>/dev/null || echo no", []string{"mknod"}, "no\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			task := sh(tt.script)
			task.Dir, task.Artifacts = dir, tt.with
			o := do(t, r, t.Context(), task)
			if tt.name == "its own processes" { // how many there are, is not the point: few
				first, _, _ := strings.Cut(o.stdout, "\n")
				if n, err := strconv.Atoi(strings.TrimSpace(first)); err != nil || n > 6 {
					t.Errorf("sees %q processes, %s", first, o.stderr)
				}
				return
			}
			if o.err != nil || o.stdout != tt.want {
				t.Errorf("got %q, %v, %s; want %q", o.stdout, o.err, o.stderr, tt.want)
			}
		})
	}
	if _, err := os.Stat(filepath.Join(dir, "new")); err == nil {
		t.Error("a task wrote to this machine's folder")
	}
}

// Programs that need more than libraries: an interpreter's own, a locale, a zone, files that words name, a link.
func TestIsolatedPrograms(t *testing.T) {
	r := isolated(t)
	dir := t.TempDir()
	for name, text := range map[string]string{"data.txt": "b\na\n", "words": "a\n",
		"w.py": "#!/usr/bin/env -S python3 -u\nimport json, re, sys\nprint(json.dumps(re.findall('.', sys.argv[1])))\n",
		"w.pl": "#!/usr/bin/perl\nuse strict; use List::Util 'sum'; print sum(@ARGV), qq(\\n);\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("w.pl", filepath.Join(dir, "linked")); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		argv []string
		env  []string
		want string
	}{
		{[]string{"./w.py", "ab"}, nil, "[\"a\", \"b\"]\n"},
		{[]string{"./w.pl", "1", "2"}, nil, "3\n"},
		{[]string{"./linked", "1", "2"}, nil, "3\n"},
		{[]string{"readlink", "linked", "./linked"}, nil, "w.pl\nw.pl\n"},
		{[]string{"date", "-d", "@1700000000", "+%H %Z"}, []string{"TZ=Europe/Berlin"}, "23 CET\n"},
		{[]string{"sort", "data.txt"}, nil, "a\nb\n"},
		{[]string{"grep", "-f", "words", dir + "/data.txt"}, nil, "a\n"},
	}
	for _, tt := range tests {
		task := argv(tt.argv...)
		task.Dir, task.Environ = dir, append([]string{"PATH=/usr/bin:/bin"}, tt.env...)
		if o := do(t, r, t.Context(), task); o.err != nil || o.stdout != tt.want {
			t.Errorf("%q: got %q, %v, %s; want %q", tt.argv, o.stdout, o.err, o.stderr, tt.want)
		}
	}
}

func TestIsolatedTmpIsBounded(t *testing.T) {
	r := isolated(t)
	for _, place := range []string{"/tmp/file", "file"} {
		task := sh("head -c 3000000 /dev/zero >" + place + "; echo $?; wc -c <" + place)
		task.Dir, task.Artifacts = t.TempDir(), []string{"head", "wc"}
		o := do(t, r, t.Context(), task)
		lines := strings.Fields(o.stdout)
		if o.err != nil || len(lines) != 2 || lines[0] == "0" || !strings.Contains(o.stderr, "No space left") {
			t.Errorf("%s: got %q, %v, %s", place, o.stdout, o.err, o.stderr)
			continue
		}
		if n, err := strconv.Atoi(lines[1]); err != nil || n > 1<<20 {
			t.Errorf("%s: holds %s bytes", place, lines[1])
		}
	}
}

func TestIsolatedStages(t *testing.T) {
	r := isolated(t)
	b := data(500_000)
	task := chunkOf(argv("cat"), file(t, b), 10, len(b))
	task.Stages = append(task.Stages, remote.Stage{Argv: []string{"sh", "-c", "cat; exit 3"}}, remote.Stage{Argv: []string{"cat"}})
	o := do(t, r, t.Context(), task)
	if o.err != nil || !slices.Equal(o.Statuses, []int{0, 3, 0}) || o.stdout != string(b[10:]) || o.In != int64(len(b)-10) {
		t.Errorf("%d bytes, %+v, %v, %s", len(o.stdout), o.Result, o.err, o.stderr)
	}
	if o.Wall <= 0 || o.MaxRSS <= 0 {
		t.Errorf("not measured: %+v", o.Result)
	}
}

func TestIsolatedSource(t *testing.T) {
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "script"), []byte("echo script $1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, self := range []string{path, "/proc/self/exe"} {
		r, err := New(Config{Isolate: true, Self: []string{self, "--worker"}, Shell: []string{self, "--shell"}})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		task := &remote.Task{Dir: dir, Artifacts: []string{"cat"}, Stages: []remote.Stage{
			{Source: `f() { echo "<$1>"; }; f "$PWD"; test -e /etc || (echo none; exit 3)`}, {Argv: []string{"cat"}},
			{Source: `while read x; do echo "$x"; done; cat </dev/null`}}}
		o := do(t, r, t.Context(), task)
		if want := "<" + dir + ">\n"; o.err != nil || o.Statuses[2] != 0 || !strings.HasPrefix(o.stdout, want) {
			t.Errorf("%s: got %q, %+v, %v, %s; want %q", self, o.stdout, o.Result, o.err, o.stderr, want)
		}
		task = argv("./script", "x")
		task.Dir = dir
		if o := do(t, r, t.Context(), task); o.err != nil || o.stdout != "shell ./script x\n" {
			t.Errorf("%s: got %q, %+v, %v, %s", self, o.stdout, o.Result, o.err, o.stderr)
		}
	}
}

func TestIsolatedUmask(t *testing.T) {
	r := isolated(t)
	mask := 0o27
	task := sh("umask; echo $TMPDIR")
	task.Umask, task.Environ = &mask, []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=/no/such"}
	if o := do(t, r, t.Context(), task); o.err != nil || o.stdout != "0027\n/tmp\n" {
		t.Errorf("got %q, %v", o.stdout, o.err)
	}
}

func TestIsolatedNotStarted(t *testing.T) {
	r := isolated(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "bad"), []byte("#!/no/such\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "not-executable"), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		command string
		with    []string
		status  int
		want    string
	}{
		{"no-such-program-here", nil, 127, "command not found"},
		{"./none", nil, 127, "no such file"},
		{"./not-executable", nil, 126, "permission denied"},
		{"./bad", nil, 127, "interpreter of"},
		{"true", []string{"./none"}, 125, "ship ./none: no such file or directory"},
		{"true", []string{"no-such-program-here"}, 125, "command not found"},
	} {
		task := argv(tt.command)
		task.Dir, task.Artifacts = dir, tt.with
		o := do(t, r, t.Context(), task)
		var no *remote.NotStartedError
		if !errors.As(o.err, &no) || no.Status != tt.status || !strings.Contains(no.Error(), tt.want) {
			t.Errorf("%s: got %+v, %v; want %d, %q", tt.command, o.Result, o.err, tt.status, tt.want)
		}
	}
}

// refused is the main of a process that may make no namespaces, and tries to run an isolated task.
func refused() {
	if err := os.WriteFile("/proc/sys/user/max_user_namespaces", []byte("0"), 0o644); err != nil {
		fmt.Println(err)
		return
	}
	r, err := New(Config{Isolate: true, Self: []string{"/proc/self/exe", "--worker"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	task := argv("echo", "it ran")
	task.Environ = os.Environ()
	_, err = r.Run(context.Background(), task, remote.Streams{Stdout: os.Stdout, Stderr: os.Stderr})
	var no *remote.NotStartedError
	fmt.Println(errors.As(err, &no), err)
}

// Where the kernel refuses, nothing runs, isolated or not.
func TestIsolationRefused(t *testing.T) {
	cmd := exec.Command("/proc/self/exe", "--refused", "")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	want := "true isolate: the kernel gives no more user namespaces: see user.max_user_namespaces\n"
	if err != nil || string(out) != want {
		t.Errorf("got %q, %v; want %q", out, err, want)
	}
}

func TestIsolatedTimeoutAndCancel(t *testing.T) {
	r := isolated(t)
	task := sh("trap 'echo bye; exit' TERM; echo hi; while :; do sleep 0.01; done")
	task.Artifacts = []string{"sleep"}
	task.Limits.Timeout = time.Second
	o := do(t, r, t.Context(), task)
	if o.err != nil || !o.TimedOut || o.Statuses[0] != 124 || o.stdout != "hi\nbye\n" {
		t.Errorf("got %q, %+v, %v", o.stdout, o.Result, o.err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	began := time.Now()
	if o := do(t, r, ctx, sh("trap '' TERM; while :; do :; done")); o.err != context.DeadlineExceeded {
		t.Errorf("got %+v, %v", o.Result, o.err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}
