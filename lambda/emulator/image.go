package emulator

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// imageScheme begins the ImageUri of a root on this machine.
const imageScheme = "file://"

// imageFolders are what an image's root must have: places of mounts. A tar's get them if they are missing.
var imageFolders = []string{"dev", "proc", "tmp"}

// imageEntry is started where neither the call nor the image says what: the root of a container alone does not tell.
const imageEntry = "/var/task/bootstrap"

// imageConfig is what a call says over an image's own settings.
type imageConfig struct {
	EntryPoint, Command []string `json:",omitempty"`
	WorkingDirectory    string   `json:",omitempty"`
}

// imageResponse is how the service shows it.
type imageResponse struct {
	ImageConfig *imageConfig
}

// storeImage gives the root that a URI names: a folder, which stays where it is, or a tar, unpacked once.
func (s *Server) storeImage(uri string) (*code, *apiError) {
	if s.HostRoot {
		return nil, errParameter("Images are run in roots of their own, and functions have the machine's here (--host-root).")
	}
	path, ok := strings.CutPrefix(uri, imageScheme)
	if !ok || !filepath.IsAbs(path) {
		return nil, errParameter("Source image %s is not valid. There is no registry here: an image is %s/ and the path of a folder that is its root, or of a tar of that (docker export).", uri, imageScheme)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, errParameter("Source image %s does not exist. %v", uri, err)
	}
	if info.IsDir() {
		for _, name := range imageFolders {
			if info, err := os.Stat(filepath.Join(path, name)); err != nil || !info.IsDir() {
				return nil, errParameter("Source image %s is not valid. Its root has no folder %s.", uri, name)
			}
		}
		return newImage(uri, path, sha256.Sum256([]byte(uri))), nil
	}
	c, err := s.unpackImage(uri, path)
	if err != nil {
		return nil, errParameter("Source image %s is not valid. %v", uri, err)
	}
	return c, nil
}

func newImage(uri, dir string, sum [sha256.Size]byte) *code {
	return &code{digest: hex.EncodeToString(sum[:]), sha256: base64.StdEncoding.EncodeToString(sum[:]), dir: dir, image: uri}
}

// unpackImage unpacks a tar, unless the same was unpacked before.
func (s *Server) unpackImage(uri, path string) (*code, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return nil, err
	}
	c := newImage(uri, "", [sha256.Size]byte(h.Sum(nil)))
	c.dir = filepath.Join(s.codeDir(), "image-"+c.digest)
	if _, err := os.Stat(c.dir); err == nil {
		return c, nil
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	fresh, err := os.MkdirTemp(s.codeDir(), "new-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(fresh)
	if err := untar(f, fresh); err != nil {
		return nil, err
	}
	if err := os.Rename(fresh, c.dir); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, err
	}
	return c, nil
}

// untar writes a tar's files below dir. Owners are not kept, and devices left out. A name that would leave dir is an error.
func untar(r io.Reader, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	files := 0
	for tr := tar.NewReader(r); ; files++ {
		h, err := tr.Next()
		if err == io.EOF {
			break
		}
		if err == nil {
			err = untarFile(root, h, tr)
		}
		if err != nil {
			return fmt.Errorf("unpack file %d: %w", files, err)
		}
	}
	for _, name := range imageFolders {
		if err := root.MkdirAll(name, 0o755); err != nil {
			return err
		}
	}
	return nil
}

func untarFile(root *os.Root, h *tar.Header, body io.Reader) error {
	name := filepath.Clean(strings.TrimLeft(h.Name, "/"))
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	mode := h.FileInfo().Mode()
	switch h.Typeflag {
	case tar.TypeDir:
		if err := root.MkdirAll(name, 0o755); err != nil {
			return err
		}
	case tar.TypeSymlink:
		return root.Symlink(h.Linkname, name)
	case tar.TypeLink:
		return root.Link(filepath.Clean(strings.TrimLeft(h.Linkname, "/")), name)
	case tar.TypeReg:
		f, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		if _, err := io.Copy(f, body); err != nil {
			return errors.Join(err, f.Close())
		}
		if err := f.Close(); err != nil {
			return err
		}
	default:
		return nil
	}
	return root.Chmod(name, mode.Perm()|mode&(os.ModeSetuid|os.ModeSetgid|os.ModeSticky))
}
