package artifact

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"sshell/remote/ship"
)

// TestMain lets the test's own program be the one that enters a root.
func TestMain(m *testing.M) {
	if len(os.Args) > 3 && os.Args[1] == "--enter" {
		fmt.Fprintln(os.Stderr, enterRoot(os.Args[2], os.Args[3], os.Args[4:]))
		os.Exit(125)
	}
	os.Exit(m.Run())
}

// enterRoot turns this process into a program in a root that has /proc, and otherwise what was placed there.
func enterRoot(root, dir string, argv []string) error {
	if err := os.MkdirAll(root+"/proc", 0o755); err != nil {
		return err
	}
	if err := syscall.Mount("proc", root+"/proc", "proc", 0, ""); err != nil {
		return fmt.Errorf("mount: %w", err)
	}
	if err := syscall.Chroot(root); err != nil {
		return err
	}
	if err := os.Chdir(dir); err != nil {
		return err
	}
	return syscall.Exec(argv[0], argv, os.Environ())
}

// inRoot runs a program in a root of its own.
func inRoot(t *testing.T, root, dir string, env []string, input string, argv ...string) (string, error) {
	t.Helper()
	cmd := exec.Command("/proc/self/exe", append([]string{"--enter", root, dir}, argv...)...)
	cmd.Env, cmd.Stdin = env, strings.NewReader(input)
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, &errs)
	}
	return string(out), err
}

// build compiles a program, and a library that it finds by $ORIGIN.
func build(t *testing.T, dir string) {
	t.Helper()
	write(t, dir+"/src/say.c", `#include <stdio.h>
void say(void) { puts("from the library"); }`, 0o644)
	write(t, dir+"/src/main.c", `void say(void); int main(void) { say(); return 0; }`, 0o644)
	write(t, dir+"/src/main.go", `package main
import ("fmt"; "time")
func main() { z, err := time.LoadLocation("Europe/Berlin"); fmt.Println(time.Unix(1700000000, 0).In(z), err) }`, 0o644)
	write(t, dir+"/opt/lib/keep", "", 0o644)
	write(t, dir+"/opt/bin/keep", "", 0o644)
	write(t, dir+"/musl/lib/keep", "", 0o644)
	for _, argv := range [][]string{
		{"gcc", "-shared", "-fPIC", "-o", dir + "/opt/lib/libsay.so", dir + "/src/say.c"},
		{"gcc", "-o", dir + "/opt/bin/prog", dir + "/src/main.c", "-L" + dir + "/opt/lib", "-lsay", "-Wl,--enable-new-dtags,-rpath,$ORIGIN/../lib"},
		{"musl-gcc", "-shared", "-fPIC", "-o", dir + "/musl/lib/libsay.so", dir + "/src/say.c"},
		{"musl-gcc", "-o", dir + "/musl/prog", dir + "/src/main.c", "-L" + dir + "/musl/lib", "-lsay", "-Wl,-rpath,$ORIGIN/lib"},
		{"go", "build", "-o", dir + "/static", dir + "/src/main.go"},
	} {
		cmd := exec.Command(argv[0], argv[1:]...)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%q: %v\n%s", argv, err, out)
		}
	}
	if err := os.Symlink("opt/bin/prog", dir+"/linked"); err != nil {
		t.Fatal(err)
	}
}

// Programs give in a root with nothing else in it what they give here.
func TestProgramsInAnEmptyRoot(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	build(t, dir)
	script := func(name, text string) string { return write(t, filepath.Join(dir, name), text, 0o755) }
	words := "Zebra\napple\nÄpfel\nzebra\n\xe9t\xe9\nBanane\n10 x\n9 y\n"
	tests := []struct {
		name  string
		argv  []string
		with  []string // programs that it calls
		env   []string
		input string
	}{
		{"sort", []string{"sort", "-f"}, nil, []string{"LC_ALL=C.UTF-8"}, words},
		{"awk", []string{"awk", `{ n += length($0) } END { print n, toupper("äa") }`}, nil, []string{"LANG=C.UTF-8"}, words},
		{"sed", []string{"sed", "-E", "s/(.)e/<\\1>/g"}, nil, []string{"LANG=C.UTF-8"}, words},
		{"grep -P", []string{"grep", "-Pc", `^\p{Lu}\w+$`}, nil, []string{"LC_ALL=C.UTF-8"}, words},
		{"date", []string{"date", "-d", "@1700000000"}, nil, []string{"TZ=Europe/Berlin"}, ""},
		{"date with a colon", []string{"date", "-d", "@1700000000"}, nil, []string{"TZ=:America/New_York"}, ""},
		{"date here", []string{"date", "-d", "@1700000000"}, nil, nil, ""},
		{"iconv", []string{"iconv", "-f", "ISO-8859-15", "-t", "UTF-8"}, nil, nil, "\xe9\xa4\n"},
		{"python3", []string{script("p", `#!/usr/bin/env python3
import json, re, sys, collections, hashlib, zlib, ctypes, sqlite3, datetime, zoneinfo, decimal, subprocess
words = re.findall(r"\w+", sys.stdin.buffer.read().decode("latin-1"))
print(json.dumps(sorted(words)), hashlib.sha256(b"x").hexdigest(), decimal.Decimal("1.10"))
`)}, nil, []string{"LC_ALL=C.UTF-8"}, words},
		{"python3 by env -S", []string{script("q", "#!/usr/bin/env -S python3 -u\nimport os; print(os.environ['X'])\n")}, nil, []string{"X=y"}, ""},
		{"perl", []string{script("l", `#!/usr/bin/perl -w
use strict; use utf8; use List::Util qw(sum); use POSIX qw(floor); use Encode; use Data::Dumper;
my @l = map { decode("latin1", $_) } <STDIN>;
print floor(sum(map { length } @l) / 2), " ", scalar(grep { /\p{Lu}/ } @l), "\n";
`)}, nil, nil, words},
		{"bash", []string{script("b", "#!/bin/bash\nmapfile -t a; printf '%s|' \"${a[@]^^}\"; printf '%s\\n' \"${#a[4]}\" | wc -l\n")},
			[]string{"wc"}, []string{"LC_ALL=C.UTF-8"}, words},
		{"script of a script", []string{script("s1", "#!"+script("s2", "#!/bin/sh\necho \"$@\"\n")+" -x\n"), "y"}, nil, nil, ""},
		{"static", []string{dir + "/static"}, nil, []string{"TZ=Europe/Berlin"}, ""},
		{"musl", []string{dir + "/musl/prog"}, nil, nil, ""},
		{"RUNPATH $ORIGIN", []string{dir + "/opt/bin/prog"}, nil, nil, ""},
		{"RUNPATH $ORIGIN through a link", []string{dir + "/linked"}, nil, nil, ""},
	}
	s := newStore(t)
	u := NewUploader(s)
	cache, err := OpenCache(filepath.Join(t.TempDir(), "cache"), 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			env := append([]string{"PATH=/usr/bin:/bin"}, tt.env...)
			began := time.Now()
			files := ship.Locale(env, "")
			for _, name := range append(slices.Clone(tt.with), tt.argv[0]) {
				more, err := ship.Resolve(name, env, "")
				if err != nil {
					t.Fatal(err)
				}
				tt.argv[0] = more[0].Path // the last of them is the program itself
				files = append(files, more...)
			}
			resolved := time.Since(began)
			m, err := u.Upload(t.Context(), files, dir, "")
			if err != nil {
				t.Fatal(err)
			}
			uploaded := time.Since(began)
			h, err := cache.Fetch(t.Context(), s, m)
			if err != nil {
				t.Fatal(err)
			}
			defer h.Release()
			root := t.TempDir()
			if err := h.Place(root, dir, HardLinks); err != nil {
				t.Fatal(err)
			}
			var size int64
			for _, a := range m.Artifacts {
				size += a.Size
			}
			t.Logf("%d artifacts of %d bytes, resolved in %v, uploaded in %v, placed in %v", len(m.Artifacts), size,
				resolved, uploaded, time.Since(began))
			if err := os.MkdirAll(root+dir, 0o755); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(tt.argv[0], tt.argv[1:]...)
			cmd.Env, cmd.Stdin, cmd.Dir = env, strings.NewReader(tt.input), dir
			want, err := cmd.Output()
			if err != nil || len(want) == 0 {
				t.Fatalf("here: %q, %v", want, err)
			}
			got, err := inRoot(t, root, dir, env, tt.input, tt.argv...)
			if err != nil || got != string(want) {
				t.Errorf("got  %q, %v\nwant %q", got, err, want)
			}
		})
	}
}
