package deploy

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

func functionCode(p Plan) *types.FunctionCode { return &types.FunctionCode{ZipFile: p.Code.Zip} }

// elfHeader is the head of a program for a processor.
func elfHeader(arch string) []byte {
	h := make([]byte, 64)
	copy(h, "\x7fELF\x02\x01\x01")
	machine := map[string]uint16{"amd64": 62, "arm64": 183, "riscv64": 243}[arch]
	binary.LittleEndian.PutUint16(h[16:], 2)
	binary.LittleEndian.PutUint16(h[18:], machine)
	binary.LittleEndian.PutUint32(h[20:], 1)
	binary.LittleEndian.PutUint16(h[52:], 64)
	return h
}

func TestPack(t *testing.T) {
	dir := programsOf(t, "arm64")
	c, err := Pack(dir, "")
	if err != nil || c.Arch != "arm64" {
		t.Fatalf("%+v, %v", c.Arch, err)
	}
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(filepath.Join(dir, "sshell"), later, later); err != nil {
		t.Fatal(err)
	}
	again, err := Pack(dir, "arm64")
	if err != nil || !bytes.Equal(c.Zip, again.Zip) {
		t.Errorf("the same programs give another zip: %v", err)
	}
	r, err := zip.NewReader(bytes.NewReader(c.Zip), int64(len(c.Zip)))
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range r.File {
		if f.Name != programNames[i] || f.Mode() != 0o755 {
			t.Errorf("%s %v", f.Name, f.Mode())
		}
	}
	path := filepath.Join(t.TempDir(), "f.zip")
	if err := os.WriteFile(path, c.Zip, 0o644); err != nil {
		t.Fatal(err)
	}
	if u, err := Unpacked(path, ""); err != nil || u.Arch != "arm64" || u.digest() != c.digest() {
		t.Errorf("%v", err)
	}
	if _, err := Unpacked(path, "amd64"); err == nil || !strings.Contains(err.Error(), "give --arch arm64") {
		t.Error(err)
	}
}

func TestBadPrograms(t *testing.T) {
	for _, c := range []struct {
		name, arch string
		change     func(dir string) error
		want       string
	}{
		{"another processor", "amd64", func(string) error { return nil }, "bootstrap: for arm64, and the function is to have x86_64: give --arch arm64, or build it with GOOS=linux GOARCH=amd64"},
		{"two processors", "", func(dir string) error { return os.WriteFile(dir+"/sshell", elfHeader("amd64"), 0o755) }, "sshell: for x86_64, and the function is to have arm64"},
		{"no processor of Lambda's", "", func(dir string) error { return os.WriteFile(dir+"/bootstrap", elfHeader("riscv64"), 0o755) }, "for EM_RISCV: a function has arm64 or x86_64"},
		{"no program", "", func(dir string) error { return os.WriteFile(dir+"/bootstrap", []byte("#!/bin/sh\n"), 0o755) }, "not a program for Linux"},
		{"no shell", "", func(dir string) error { return os.Remove(dir + "/sshell") }, "sshell: no such file or directory: the function needs it beside bootstrap"},
	} {
		dir := programsOf(t, "arm64")
		if err := c.change(dir); err != nil {
			t.Fatal(err)
		}
		if _, err := Pack(dir, c.arch); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}

func TestBadZips(t *testing.T) {
	write := func(names []string, mode os.FileMode) string {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		for _, name := range names {
			h := &zip.FileHeader{Name: name}
			h.SetMode(mode)
			f, err := w.CreateHeader(h)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(f, bytes.NewReader(elfHeader("arm64"))); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "f.zip")
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for path, want := range map[string]string{
		"/no/such.zip":                            "/no/such.zip: no such file or directory",
		"code_test.go":                            "code_test.go: zip: not a valid zip file",
		write([]string{"bootstrap"}, 0o755):       "f.zip: sshell: file does not exist",
		write([]string{"bootstrap", "s"}, 0o644):  "f.zip: bootstrap: not executable: zip it with its mode",
		write([]string{"sshell", "other"}, 0o755): "f.zip: bootstrap: file does not exist",
	} {
		if _, err := Unpacked(path, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestFindPrograms(t *testing.T) {
	own := filepath.Join(t.TempDir(), "bin")
	place := func(dir string) string {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "bootstrap"), elfHeader("arm64"), 0o755); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	if dir, err := FindPrograms(own, ""); err == nil || !strings.Contains(err.Error(), "make build") {
		t.Errorf("%s, %v", dir, err)
	}
	for _, c := range []struct{ dir, arch string }{
		{own, ""}, {own, "arm64"}, {own + "/../lib/sshell", "arm64"}, {own + "/../lib/sshell/linux-arm64", "arm64"}, {own + "/linux-arm64", "arm64"},
	} {
		want := filepath.Clean(place(c.dir))
		if dir, err := FindPrograms(own, c.arch); err != nil || dir != want {
			t.Errorf("%s, %v, want %s", dir, err, want)
		}
	}
}
