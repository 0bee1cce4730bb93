package emulator

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// TestLinkedPrograms has a zip with two programs, of which one is a symbolic link to the other.
func TestLinkedPrograms(t *testing.T) {
	whole, err := functionZip()
	if err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(whole), int64(len(whole)))
	if err != nil {
		t.Fatal(err)
	}
	program, err := r.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range []struct {
		name string
		mode os.FileMode
		body io.Reader
	}{
		{"bootstrap", os.ModeSymlink | 0o777, bytes.NewReader([]byte("lib/program"))},
		{"lib/program", 0o755, program},
	} {
		h := &zip.FileHeader{Name: f.name, Method: zip.Store}
		h.SetMode(f.mode)
		to, err := w.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(to, f.body); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	s := serve(t, nil)
	s.create(t, "f", func(in *lambda.CreateFunctionInput) { in.Code.ZipFile = b.Bytes() })
	if r := s.ok(t, "f", `{"Text":"linked"}`); r.Text != "linked" {
		t.Errorf("it answers %+v", r)
	}
}
