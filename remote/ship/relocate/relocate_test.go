package relocate

import (
	"bytes"
	"debug/elf"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func place(t testing.TB) *Place {
	t.Helper()
	p, ok := At("/tmp/.sh")
	if !ok {
		t.Fatal("/tmp/.sh is no place")
	}
	return p
}

// applied gives a file with its patches.
func applied(t testing.TB, p *Place, name string, data []byte) []byte {
	t.Helper()
	patches, err := p.Patches(name, bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	out := bytes.Clone(data)
	for _, patch := range patches {
		if n := copy(out[patch.At:], patch.Put); n != len(patch.Put) {
			t.Fatalf("%s: patch at %d of %d reaches beyond", name, patch.At, len(out))
		}
	}
	return out
}

func TestPlaces(t *testing.T) {
	for dir, want := range map[string]bool{"/tmp/.sh": true, "/tmp/.s/": true, "/tmp/long": false, "tmp/x": false, "/x": false, "": false} {
		if p, ok := At(dir); ok != want || ok && p.Dir() != filepath.Clean(dir) {
			t.Errorf("%q: %v", dir, ok)
		}
	}
}

// Everything that takes a path's place is as long as the path, for every place.
func TestConstantsFit(t *testing.T) {
	for _, dir := range []string{"/tmp/.sh", "/tmp/s"} {
		p, _ := At(dir)
		for _, list := range append(p.constants[:], p.loader) {
			for _, c := range list {
				if len(c.put) > len(c.path) || !strings.HasPrefix(c.put, "/tmp/") {
					t.Errorf("%s: %q cannot stand for %q", dir, c.put, c.path)
				}
			}
		}
	}
}

func TestConstants(t *testing.T) {
	p := place(t)
	const zone, sh = "/tmp/.sh/z//////////", "/tmp/sh"
	for _, tt := range []struct{ name, text, want string }{
		{"zone", "\x00/usr/share/zoneinfo\x00", "\x00/tmp/.sh/z/////////\x00"},
		{"below", "\x00/usr/share/zoneinfo/x", "\x00" + zone + "x"},
		{"in Go's text", "textdata/usr/share/zoneinfo/", "textdata" + zone},
		{"a list", "'/usr/share/zoneinfo:/usr/lib/zoneinfo'", "'/tmp/.sh/z/////////:/usr/lib/zoneinfo'"},
		{"a longer name", "\x00/usr/share/zoneinfo-leaps\x00", "\x00/usr/share/zoneinfo-leaps\x00"},
		{"shell", "\x00/bin/sh\x00'/bin/sh'", "\x00" + sh + "\x00'" + sh + "'"},
		{"compiled Python", "\xda\x07/bin/shr\x02", "\xda\x07" + sh + "r\x02"},
		{"another shell", "\x00/usr/bin/sh\x00/bin/sh5\x00/bin/shells", "\x00/usr/bin/sh\x00/bin/sh5\x00/bin/shells"},
		{"Perl", "\x00/usr/share/perl/5.36\x00/usr/share/perl5\x00/usr/lib/x86_64-linux-gnu/perl-base\x00",
			"\x00/tmp/.sh/p//////5.36\x00/tmp/.sh/p5/////\x00/tmp/.sh/x////////////////perl-base\x00"},
		{"a loader's, elsewhere", "\x00/usr/lib64/\x00/usr/lib/x86_64-linux-gnu/\x00", "\x00/usr/lib64/\x00/tmp/.sh/x////////////////\x00"},
		{"a loader's", "\x00/lib64/\x00/usr/lib64/\x00/usr/lib/x86_64-linux-gnu/\x00/etc/ld.so.cache\x00",
			"\x00/tmp///\x00/tmp/.sh///\x00/tmp/.sh//////////////////\x00/tmp/.sh/none///\x00"},
		{"musl's", "\x00/lib:/usr/local/lib:/usr/lib\x00", "\x00/tmp/.sh////////////////////\x00"},
		{"at both ends", "/bin/sh/bin/sh", "/tmp/sh/bin/sh"},
	} {
		for _, before := range []int{0, window - 5, 2*window - 1} {
			pad := strings.Repeat("\x00", before)
			if got := applied(t, p, "x.py", []byte(pad+tt.text)); string(got) != pad+tt.want {
				t.Errorf("%s behind %d bytes: got %q, want %q", tt.name, before, got[before:], tt.want)
			}
		}
		if got := applied(t, p, "x.txt", []byte(tt.text)); string(got) != tt.text {
			t.Errorf("%s: text was changed: %q", tt.name, got)
		}
	}
}

// The programs of this machine keep their size and form, and name another loader.
func TestPrograms(t *testing.T) {
	p := place(t)
	for _, name := range []string{"sh", "bash", "perl", "sort"} {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		before, after := loaderPath(t, data), loaderPath(t, applied(t, p, name, data))
		if before == "" {
			continue // static, or of a system whose programs are others
		}
		if after != p.Loader(before) || !Dynamic(bytes.NewReader(data)) {
			t.Errorf("%s: its loader is %q, want %q", name, after, p.Loader(before))
		}
	}
}

func loaderPath(t *testing.T, data []byte) string {
	t.Helper()
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return ""
	}
	for _, s := range f.Progs {
		if s.Type == elf.PT_INTERP {
			b, err := io.ReadAll(s.Open())
			if err != nil {
				t.Fatal(err)
			}
			return strings.TrimRight(string(b), "\x00")
		}
	}
	return ""
}

func TestScripts(t *testing.T) {
	p := place(t)
	there := func(path string) bool { return path == "/bin/bash" || path == "/usr/bin/env" }
	for text, want := range map[string]string{
		"#!/bin/bash\nx":               "#!/tmp/.sh/root/bin/bash\nx",
		"#! /bin/bash -e\nx":           "#!/tmp/.sh/root/bin/bash -e\nx",
		"#!/bin/bash":                  "#!/tmp/.sh/root/bin/bash",
		"#!/bin/bash\r\n":              "#!/tmp/.sh/root/bin/bash\r\n",
		"#!/usr/bin/env -S python3 -u": "#!/tmp/.sh/root/usr/bin/env -S python3 -u",
		"#!/bin/zsh\n/bin/bash":        "#!/bin/zsh\n/bin/bash",
		"#!\n/bin/bash":                "#!\n/bin/bash",
		"#!bash\n":                     "#!bash\n",
		"":                             "",
		"text":                         "text",
	} {
		if got := p.Script([]byte(text), there); string(got) != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	cfg := "home = /usr/bin\ninclude = no\nexecutable=/bin/bash\n"
	if got, want := string(p.Config([]byte(cfg), there)), "home = /usr/bin\ninclude = no\nexecutable= /tmp/.sh/root/bin/bash\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func FuzzPatches(f *testing.F) {
	f.Add([]byte("\x7fELF\x02\x01\x01"))
	f.Add([]byte("\x00/usr/share/zoneinfo\x00/etc/ld.so.cache\x00/usr/lib/\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p := place(t)
		for _, name := range []string{"x", "x.py"} {
			patches, err := p.Patches(name, bytes.NewReader(data), int64(len(data)))
			if err != nil {
				return
			}
			for _, patch := range patches {
				if patch.At < 0 || patch.At+int64(len(patch.Put)) > int64(len(data)) {
					t.Fatalf("patch of %d bytes at %d of %d", len(patch.Put), patch.At, len(data))
				}
			}
		}
	})
}

func BenchmarkPatches(b *testing.B) {
	p := place(b)
	path, err := exec.LookPath("bash")
	if err != nil {
		b.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := p.Patches("bash", bytes.NewReader(data), int64(len(data))); err != nil {
			b.Fatal(err)
		}
	}
}
