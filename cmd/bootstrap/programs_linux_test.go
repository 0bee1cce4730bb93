package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sshell/remote"
)

// outcomeOf runs a task in the account's function.
func (a *account) outcomeOf(t testing.TB, task *remote.Task) outcome {
	t.Helper()
	dir := t.TempDir()
	var files [2]*os.File
	for i, name := range []string{"out", "err"} {
		var err error
		if files[i], err = os.Create(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		defer files[i].Close()
	}
	var o outcome
	o.result, o.err = a.runner.Run(t.Context(), task, remote.Streams{Stdout: files[0], Stderr: files[1]})
	for i, to := range []*string{&o.out, &o.errs} {
		data, err := os.ReadFile(files[i].Name())
		if err != nil {
			t.Fatal(err)
		}
		*to = string(data)
	}
	return o
}

// lay fills a folder with what the programs of the tests work on, and programs that are built.
func lay(t testing.TB) string {
	t.Helper()
	top, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dir := top + "/work"
	put := func(name, text string, mode os.FileMode) {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	put("words", "Zebra\napple\nÄpfel\nzebra\nété\nBanane\n10 x\n9 y\n", 0o644)
	put("latin", "\xe9t\xe9 \xa4\n", 0o644)
	put("../above", "b\na\n", 0o644)
	put("worker", "#!/bin/bash -e\ntr a-z A-Z <words | sort; mapfile -t a <words; echo ${#a[@]}\n", 0o755)
	put("python", "#!/usr/bin/env python3\nimport json, hashlib, ctypes, sqlite3, subprocess\n"+
		"print(json.dumps(open('words').read().split()), hashlib.sha256(b'x').hexdigest())\n"+
		"print(subprocess.run('echo hi | tr a-z A-Z', shell=True, capture_output=True).stdout, subprocess.check_output(['sort', 'words']))\n", 0o755)
	put("plain", "sort words; echo $#\n", 0o755)
	put("src/say.c", "#include <stdio.h>\nvoid say(void) { puts(\"from the library\"); }\n", 0o644)
	put("src/tell.c", "#include <stdio.h>\nvoid tell(void) { puts(\"from afar\"); }\n", 0o644)
	put("src/main.c", "#include <stdio.h>\n#include <stdlib.h>\nvoid say(void); void tell(void);\n"+
		"int main(void) { say(); tell(); fflush(stdout); return system(\"echo by a shell\"); }\n", 0o644)
	put("src/main.go", "package main\nimport (\"fmt\"; \"time\")\nfunc main() { z, err := time.LoadLocation(\"Europe/Berlin\"); "+
		"fmt.Println(time.Unix(1700000000, 0).In(z), err) }\n", 0o644)
	put("app/bin/keep", "", 0o644)
	put("app/lib/keep", "", 0o644)
	far := top + "/far"
	if err := os.Mkdir(far, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, argv := range [][]string{
		{"gcc", "-shared", "-fPIC", "-o", "app/lib/libsay.so", "src/say.c"},
		{"gcc", "-shared", "-fPIC", "-o", far + "/libtell.so", "src/tell.c"},
		{"gcc", "-o", "app/bin/prog", "src/main.c", "-Lapp/lib", "-L" + far, "-lsay", "-ltell",
			"-Wl,--enable-new-dtags,-rpath,$ORIGIN/../lib:" + far},
		{"musl-gcc", "-o", "musl", "src/main.c", "src/say.c", "src/tell.c"},
		{"go", "build", "-o", "static", "src/main.go"},
		{"ln", "-s", "app/bin/prog", "linked"},
	} {
		cmd := exec.Command(argv[0], argv[1:]...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%q: %v\n%s", argv, err, out)
		}
	}
	return dir
}

// Programs give in a function that has none what they give here.
func TestProgramsOfTheClient(t *testing.T) {
	a := openAccount(t)
	dir := lay(t)
	const utf8 = "LC_ALL=C.UTF-8"
	for _, tt := range []struct {
		name   string
		argv   []string // else source
		source string
		with   []string // what package flow finds, or --with names
		env    []string
		bash   string // what gives the same here; empty for the task's own command
	}{
		{name: "sort", argv: []string{"sort", "words"}, env: []string{"LC_ALL=C"}},
		{name: "sort by a locale", argv: []string{"sort", "-f", "words"}, env: []string{utf8}},
		{name: "by its path", argv: []string{"/usr/bin/sort", "words"}},
		{name: "grep", argv: []string{"grep", "-Pc", `^\p{Lu}\w+$`, "words"}, env: []string{utf8}},
		{name: "sed", argv: []string{"sed", "-E", "s/^./<&>/;y/a/b/", "words"}, env: []string{utf8}},
		{name: "awk", argv: []string{"awk", `{ n += length($0) } END { print n; system("echo sys | tr a-z A-Z") }`, "words"}, with: []string{"tr"}},
		{name: "bash", argv: []string{"bash", "-c", "sed -n 1p words; sort words | tail -n 1"}, with: []string{"sed", "sort", "tail", "./words"}},
		{name: "script", argv: []string{"./worker"}, with: []string{"tr", "sort", "./words"}, env: []string{utf8}},
		{name: "script by env", argv: []string{"./python"}, with: []string{"tr", "sort", "./words"}, env: []string{utf8}},
		{name: "script without a line", argv: []string{"./plain", "x"}, with: []string{"sort", "./words"}},
		{name: "source", source: "grep -i a words | sort | awk '{ print NR, $0 }'", with: []string{"grep", "sort", "awk", "./words"}},
		{name: "perl", argv: []string{"perl", "-MList::Util=sum", "-MPOSIX=floor", "-MEncode", "-e",
			`print floor(sum(1, 2, 3.5)), encode("UTF-8", "\x{e9}"), scalar(grep { /\w/ } <>), ` + "`echo x | sort`", "words"}, with: []string{"sort"}},
		{name: "find", argv: []string{"find", "words", "latin", "-exec", "sort", "-r", "{}", "+"}, with: []string{"sort"}},
		{name: "xargs", source: "printf '%s\\n' words latin | xargs -n 1 sort", with: []string{"xargs", "sort", "./words", "./latin"}},
		{name: "archive", source: "tar -czf - words latin | tar -xzOf -", with: []string{"tar", "gzip", "./words", "./latin"}, env: []string{"TZ=Europe/Berlin"}},
		{name: "folder", source: "cat src/*.c; cd app && bin/prog", with: []string{"cat", dir + "/src", dir + "/app"}},
		{name: "RUNPATH", argv: []string{"app/bin/prog"}},
		{name: "RUNPATH behind a link", argv: []string{"./linked"}},
		{name: "musl", argv: []string{"./musl"}},
		{name: "static", argv: []string{"./static"}, env: []string{"TZ=Europe/Berlin"}},
		{name: "iconv", argv: []string{"iconv", "-f", "ISO-8859-15", "-t", "UTF-8", "latin"}},
		{name: "date", argv: []string{"date", "-d", "@1700000000"}, env: []string{"TZ=America/New_York"}},
		{name: "date here", argv: []string{"date", "-d", "@1700000000"}},
		{name: "upwards", argv: []string{"sort", "../above"}},
		{name: "read, not run", argv: []string{"sha256sum", "app/bin/prog", "worker"}},
		{name: "threads", source: "bwa index words 2>&1 | grep -c bwa", with: []string{"bwa", "grep", "./words"}},
		{name: "from function to function", source: "on lambda ./worker | on lambda sort -r", bash: "./worker | sort -r",
			with: []string{dir + "/worker", "tr", "sort", "./words"}},
		{name: "libraries", argv: []string{"samtools", "--version-only"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			task := &remote.Task{Run: tt.name, Dir: dir, Artifacts: tt.with, Environ: append([]string{"PATH=/usr/bin:/bin"}, tt.env...)}
			task.Stages = []remote.Stage{{Argv: tt.argv, Source: tt.source}}
			argv := tt.argv
			if tt.source != "" || tt.argv[0] == "./plain" {
				argv = []string{"bash", "-c", tt.source + strings.Join(tt.argv, " ")}
			}
			if tt.bash != "" {
				argv = []string{"bash", "-c", tt.bash}
			}
			here := exec.Command(argv[0], argv[1:]...)
			here.Dir, here.Env = dir, task.Environ
			want, _ := here.Output()
			began := time.Now()
			o := a.outcomeOf(t, task)
			t.Logf("%v", time.Since(began))
			if o.err != nil || o.out != string(want) || len(want) == 0 || o.result.Statuses[0] != here.ProcessState.ExitCode() {
				t.Errorf("got %q, %q, %v\nwant %q, status %d", o.out, o.errs, o.err, want, here.ProcessState.ExitCode())
			}
		})
	}
}

// A program for another processor is refused before anything runs, and what a task says travels is what it ships.
func TestWhatTravels(t *testing.T) {
	a := openAccount(t)
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	arm := "\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 9) + "\x02\x00\xb7\x00\x01" + strings.Repeat("\x00", 43)
	if err := os.WriteFile(dir+"/arm", []byte(arm), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir+"/data", []byte("x\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	task := argv("./arm")
	task.Run, task.Dir = "arm", dir
	o := a.outcomeOf(t, task)
	if o.err == nil || !strings.Contains(o.err.Error(), "/arm is a program for arm64, the target is amd64: ship a build for amd64, or choose") {
		t.Errorf("got %+v", o)
	}
	task = argv("sort", "data")
	task.Dir, task.Environ = dir, []string{"PATH=/usr/bin:/bin"}
	lines, err := a.runner.Travels(task)
	text := strings.Join(lines, "\n") + "\n"
	if err != nil || !strings.Contains(text, "/usr/bin/sort (") || !strings.Contains(text, "/data (2 B)\n") ||
		!strings.Contains(text, " for /usr/bin/sort\n") {
		t.Errorf("got %q, %v", text, err)
	}
}

// What was removed from the store since it was sent is sent again by the next attempt.
func TestArtifactsThatAreGone(t *testing.T) {
	a := openAccount(t)
	task := argv("sort")
	task.Run, task.Environ = "gone", []string{"PATH=/usr/bin:/bin"}
	task.Dir = t.TempDir()
	if o := a.outcomeOf(t, task); o.err != nil {
		t.Fatal(o.err)
	}
	for o, err := range a.store.List(t.Context(), "artifacts/") {
		if err != nil {
			t.Fatal(err)
		}
		if err := a.store.Delete(t.Context(), o.Key); err != nil {
			t.Fatal(err)
		}
	}
	another := argv("sort", "--version")
	another.Run, another.Dir, another.Environ = "gone", task.Dir, append(task.Environ, "LC_ALL=C")
	a.replace(t)
	if o := a.outcomeOf(t, another); !errors.Is(o.err, remote.ErrLost) {
		t.Errorf("without its artifacts: %+v", o)
	}
	if o := a.outcomeOf(t, another); o.err != nil || !strings.HasPrefix(o.out, "sort (GNU coreutils)") {
		t.Errorf("with them: %+v", o)
	}
}

// BenchmarkWarmTask is a task in an environment that has its programs: what shipping adds to it is the difference to the
// first, which ships nothing but this machine's time zone.
func BenchmarkWarmTask(b *testing.B) {
	a := openAccount(b)
	dir := lay(b)
	for _, bb := range []struct {
		name string
		argv []string
		with []string
	}{
		{"nothing", []string{"/var/task/sshell", "-c", ":"}, nil},
		{"true", []string{"true"}, nil},
		{"sort", []string{"sort", "words"}, nil},
		{"script", []string{"./worker"}, []string{"tr", "sort", "./words"}},
		{"perl", []string{"perl", "-e", "1"}, nil},
		{"python", []string{"/usr/bin/python3", "-c", "pass"}, nil},
	} {
		b.Run(bb.name, func(b *testing.B) {
			task := &remote.Task{Run: bb.name, Dir: dir, Artifacts: bb.with, Environ: []string{"PATH=/usr/bin:/bin", "TZ=UTC0"}}
			task.Stages = []remote.Stage{{Argv: bb.argv}}
			if o := a.outcomeOf(b, task); o.err != nil || o.result.Statuses[0] != 0 {
				b.Fatalf("%+v", o)
			}
			for b.Loop() {
				if _, err := a.runner.Run(b.Context(), task, remote.Streams{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
