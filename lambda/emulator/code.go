package emulator

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
)

// codePath is where GetFunction's Code.Location points. It is public, as a presigned URL is.
const codePath = "/code/"

// code is a function's zip, unpacked once for all its environments, or an image's root. It stays until the server closes.
type code struct {
	digest string // SHA-256 in hexadecimal, which is the name of the zip and the folder
	sha256 string // in base64, as the service shows it
	size   int64
	dir    string
	image  string // the URI, if it is one's root
}

// storeCode unpacks a zip, unless the same was unpacked before.
func (s *Server) storeCode(archive []byte) (*code, *apiError) {
	sum := sha256.Sum256(archive)
	c := &code{digest: hex.EncodeToString(sum[:]), sha256: base64.StdEncoding.EncodeToString(sum[:]), size: int64(len(archive))}
	c.dir = filepath.Join(s.codeDir(), c.digest)
	if _, err := os.Stat(c.dir); err == nil {
		return c, nil
	}
	r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return nil, errParameter("Could not unzip uploaded file. Please check your file, then try to upload again.")
	}
	if err := checkSize(r); err != nil {
		return nil, err
	}
	fresh, err := os.MkdirTemp(s.codeDir(), "new-")
	if err != nil {
		return nil, errService(err)
	}
	defer os.RemoveAll(fresh)
	if err := unpack(r, fresh); err != nil {
		return nil, errParameter("Could not unzip uploaded file: %v", err)
	}
	if err := os.WriteFile(c.dir+".zip", archive, 0o644); err != nil {
		return nil, errService(err)
	}
	if err := os.Rename(fresh, c.dir); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, errService(err)
	}
	return c, nil
}

func checkSize(r *zip.Reader) *apiError {
	var total uint64
	for _, f := range r.File {
		total += f.UncompressedSize64
		if total > maxUnzipped {
			return errParameter("Unzipped size must be smaller than %d bytes", maxUnzipped)
		}
	}
	return nil
}

// unpack writes a zip's files below dir. A name that would leave it is an error, and so is a symbolic link that does.
func unpack(r *zip.Reader, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	for _, f := range r.File {
		if err := unpackFile(root, f); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return nil
}

func unpackFile(root *os.Root, f *zip.File) error {
	name := filepath.Clean(filepath.FromSlash(f.Name))
	mode := f.Mode()
	if mode.IsDir() {
		return root.MkdirAll(name, 0o755)
	}
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	src, err := f.Open()
	if err != nil {
		return err
	}
	defer src.Close()
	if mode&os.ModeSymlink != 0 {
		target, err := io.ReadAll(src)
		if err != nil {
			return err
		}
		return root.Symlink(string(target), name)
	}
	// Lambda needs files that all may read; a zip made without modes has none.
	dst, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode.Perm()|0o444)
	if err != nil {
		return err
	}
	_, err = io.Copy(dst, io.LimitReader(src, maxUnzipped))
	return errors.Join(err, dst.Close())
}

// getCode serves a zip.
func (s *Server) getCode(w http.ResponseWriter, r *http.Request) {
	digest := r.PathValue("digest")
	if b, err := hex.DecodeString(digest); err != nil || len(b) != sha256.Size {
		http.NotFound(w, r)
		return
	}
	http.ServeFile(w, r, filepath.Join(s.codeDir(), digest+".zip"))
}
