package emulator

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// imageRoot makes a root with the test's function, and a file to be seen.
func imageRoot(t *testing.T) string {
	t.Helper()
	whole, err := functionZip()
	if err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(whole), int64(len(whole)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := r.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	program, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"dev", "proc", "tmp", "etc", "var/task"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(dir+"/var/task/bootstrap", program, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir+"/etc/passwd", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// tarOf packs a root as docker export does, with links and without the folders of mounts.
func tarOf(t *testing.T, dir string) string {
	t.Helper()
	for _, name := range imageFolders {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/var/task/bootstrap", dir+"/start"); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "root.tar")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := tar.NewWriter(f)
	if err := w.AddFS(os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeLink, Name: "hard", Linkname: "var/task/bootstrap"}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestImage(t *testing.T) {
	root := imageRoot(t)
	s := serve(t, nil)
	for _, c := range []struct {
		name, path string
		config     *types.ImageConfig
	}{
		{"folder", root, nil},
		{"tar", tarOf(t, imageRoot(t)), nil},
		{"link", tarOf(t, imageRoot(t)), &types.ImageConfig{EntryPoint: []string{"/start"}, Command: []string{"word"}, WorkingDirectory: aws.String("/etc")}},
		{"hard", tarOf(t, imageRoot(t)), &types.ImageConfig{EntryPoint: []string{"/hard"}}},
	} {
		s.create(t, c.name, func(in *lambda.CreateFunctionInput) {
			in.PackageType, in.Runtime, in.Handler, in.MemorySize = types.PackageTypeImage, "", nil, aws.Int32(2048)
			in.Code, in.ImageConfig = &types.FunctionCode{ImageUri: aws.String("file://" + c.path)}, c.config
		})
		// It sees its own files alone, and may write as every function.
		if got, want := s.ok(t, c.name, `{"Do":"files"}`).Text, "sees /etc/passwd, writes /tmp/x, writes /dev/null, bounded /tmp"; got != want {
			t.Errorf("%s %s; want %s", c.name, got, want)
		}
	}
	if left, err := os.ReadDir(root + "/tmp"); err != nil || len(left) > 0 {
		t.Errorf("the folder was written to: %v, %v", left, err)
	}
	got, err := s.client.GetFunction(t.Context(), &lambda.GetFunctionInput{FunctionName: aws.String("link")})
	if err != nil || got.Configuration.PackageType != types.PackageTypeImage || *got.Code.RepositoryType != "ECR" ||
		got.Configuration.ImageConfigResponse.ImageConfig.EntryPoint[0] != "/start" {
		t.Errorf("get: %v, %+v", err, got)
	}
	if _, err := s.client.UpdateFunctionCode(t.Context(), &lambda.UpdateFunctionCodeInput{FunctionName: aws.String("link"), ImageUri: aws.String("file://" + root)}); err != nil {
		t.Error(err)
	}
	r, failed, err := s.call(t.Context(), "link", `{}`)
	if err != nil || failed == "" || r.ErrorType != "Runtime.InvalidEntrypoint" || !strings.Contains(r.ErrorMessage, "/start: no such file") {
		t.Errorf("without its entry point: %v %s %+v", err, failed, r)
	}
}

func TestImageRefused(t *testing.T) {
	s := serve(t, nil)
	in := lambda.CreateFunctionInput{FunctionName: aws.String("f"), Role: aws.String("arn:aws:iam::000000000000:role/r"), PackageType: types.PackageTypeImage}
	for _, c := range []struct {
		uri  string
		more func(*lambda.CreateFunctionInput)
		says string
	}{
		{"000000000000.dkr.ecr.us-east-1.amazonaws.com/f:1", nil, "There is no registry here"},
		{"file:///no/such/root", nil, "does not exist"},
		{"file://" + t.TempDir(), nil, "has no folder dev"},
		{"file:///dev/null", func(in *lambda.CreateFunctionInput) { in.Runtime = types.RuntimeProvidedal2023 }, "don't provide Handler or Runtime"},
	} {
		in := in
		in.Code = &types.FunctionCode{ImageUri: &c.uri}
		if c.more != nil {
			c.more(&in)
		}
		_, err := s.client.CreateFunction(t.Context(), &in)
		var invalid *types.InvalidParameterValueException
		if !errors.As(err, &invalid) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.uri, err)
		}
	}
}
