package deploy

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"debug/elf"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"sshell/lambda"
)

// The programs of a function's zip: the runtime's, which Lambda starts, and the shell's.
var programNames = [...]string{"bootstrap", "sshell"}

// Code is what the function runs: a zip or an image.
type Code struct {
	Zip   []byte
	Image string // URI
	Arch  string // of either, as GOARCH names it
}

// check finds what Lambda would refuse.
func (c *Code) check() error {
	switch {
	case (len(c.Zip) == 0) == (c.Image == ""):
		return errors.New("a function has a zip or an image")
	case c.Arch == "":
		return errors.New("no processor is named: give --arch arm64 or --arch x86_64")
	case len(c.Zip) > lambda.MaxZip:
		return fmt.Errorf("zip: it has %d MB and a call takes %d: use an image, by --image", len(c.Zip)>>20, lambda.MaxZip>>20)
	}
	return nil
}

// digest is the zip's as Lambda shows it.
func (c *Code) digest() string {
	sum := sha256.Sum256(c.Zip)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// Folders are where FindPrograms looks, seen from the folder of sshellctl's own program: first for those of the processor
// that is asked for (deploying from another kind of machine needs them), then beside sshellctl as make build leaves them.
func Folders(own, arch string) []string {
	var list []string
	if arch != "" {
		list = append(list, filepath.Join(own, "linux-"+arch), filepath.Join(own, "..", "lib", "sshell", "linux-"+arch))
	}
	return append(list, filepath.Join(own, "..", "lib", "sshell"), own)
}

// FindPrograms gives the folder that has the function's programs: the first of Folders with a bootstrap.
func FindPrograms(own, arch string) (string, error) {
	list := Folders(own, arch)
	for _, dir := range list {
		if info, err := os.Stat(filepath.Join(dir, programNames[0])); err == nil && info.Mode().IsRegular() {
			return dir, nil
		}
	}
	return "", fmt.Errorf("%s: not found in %s: make build makes it, or give the zip of a release with --zip", programNames[0], filepath.Clean(own))
}

// packLevel is how hard the zip's compression tries: at 3 the two programs' 22.6 MB become 9.5 MB in 0.5 s, and the best, 9.1 MB,
// takes ten times as long.
const packLevel = 3

// Pack makes the zip of the programs in a folder. The same programs give the same zip. With an arch that is not empty, programs
// for another are an error.
func Pack(dir, arch string) (Code, error) {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	w.RegisterCompressor(zip.Deflate, func(to io.Writer) (io.WriteCloser, error) { return flate.NewWriter(to, packLevel) })
	c := Code{Arch: arch}
	for _, name := range programNames {
		path := filepath.Join(dir, name)
		body, err := os.ReadFile(path)
		if err != nil {
			return Code{}, fmt.Errorf("%s: %w: the function needs it beside %s", path, reasonOf(err), programNames[0])
		}
		if c.Arch, err = sameArch(path, body, c.Arch); err != nil {
			return Code{}, err
		}
		// The earliest time that a zip can have: it has no place for none.
		h := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}
		h.SetMode(0o755)
		f, err := w.CreateHeader(h)
		if err == nil {
			_, err = f.Write(body)
		}
		if err != nil {
			return Code{}, fmt.Errorf("pack %s: %w", path, err)
		}
	}
	if err := w.Close(); err != nil {
		return Code{}, fmt.Errorf("pack %s: %w", dir, err)
	}
	c.Zip = out.Bytes()
	return c, nil
}

// Unpacked takes a zip that is there already, and looks that it is a function of ours.
func Unpacked(path, arch string) (Code, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Code{}, fmt.Errorf("%s: %w", path, reasonOf(err))
	}
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return Code{}, fmt.Errorf("%s: %w", path, err)
	}
	c := Code{Zip: data, Arch: arch}
	for _, name := range programNames {
		body, err := member(r, name)
		if err == nil {
			c.Arch, err = sameArch(path+": "+name, body, c.Arch)
			if err != nil {
				return Code{}, err
			}
			continue
		}
		return Code{}, fmt.Errorf("%s: %s: %w", path, name, reasonOf(err))
	}
	return c, nil
}

// member reads a program of a zip.
func member(r *zip.Reader, name string) ([]byte, error) {
	f, err := r.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Mode()&0o111 == 0 {
		return nil, errors.New("not executable: zip it with its mode")
	}
	if info.Size() > lambda.MaxUnzipped {
		return nil, fmt.Errorf("larger than the %d MB that a function may have", lambda.MaxUnzipped>>20)
	}
	return io.ReadAll(f)
}

// sameArch gives the processor that a program is for, which must be want unless that is empty.
func sameArch(path string, program []byte, want string) (string, error) {
	f, err := elf.NewFile(bytes.NewReader(program))
	if err != nil {
		return "", fmt.Errorf("%s: not a program for Linux: build it with GOOS=linux, or give --zip", path)
	}
	var arch string
	switch f.Machine {
	case elf.EM_X86_64:
		arch = "amd64"
	case elf.EM_AARCH64:
		arch = "arm64"
	default:
		return "", fmt.Errorf("%s: for %v: a function has arm64 or x86_64", path, f.Machine)
	}
	if want != "" && arch != want {
		return "", fmt.Errorf("%s: for %s, and the function is to have %s: give --arch %s, or build it with GOOS=linux GOARCH=%s into a folder linux-%s beside sshellctl",
			path, serviceArch(arch), serviceArch(want), serviceArch(arch), want, want)
	}
	return arch, nil
}

// serviceArch is a processor's name as Lambda has it.
func serviceArch(goarch string) string {
	if goarch == "amd64" {
		return "x86_64"
	}
	return goarch
}

// reasonOf is a file's error without its operation and path.
func reasonOf(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
