package artifact

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/fxamacker/cbor/v2"

	"sshell/remote/ship"
)

// Digest is the SHA-256 of an object's bytes.
type Digest [32]byte

// String gives the digest in hexadecimal digits.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// Key is the key of the object with this digest.
func (d Digest) Key() string { return prefix + d.String() }

// prefix is where a bucket keeps artifacts. They are not a run's: other runs use them again.
const prefix = "artifacts/"

// Artifact is one thing that stands in a task's root, as it travels. Its bytes are an object of the store.
type Artifact struct {
	// Path is where it stands: absolute, or "./…" from the task's working directory. It is clean, and never leads upwards.
	Path    string
	Kind    ship.Kind
	Mode    fs.FileMode // of a file: its permission bits, nothing else
	ModTime int64       // of a file: seconds since 1970
	Size    int64       // of the object in bytes
	Digest  Digest      // of the object; zero for a link
	Target  string      // of a link or a library
	Exact   bool        // see ship.File
}

// Manifest lists what a task's root needs. Links come first, then libraries and loaders, folders, and files.
type Manifest struct {
	Arch      string // the processor that programs in it are for, as GOARCH has it
	Artifacts []Artifact
}

// manifestVersion is the version of a manifest as it travels.
const manifestVersion = 2

// wireManifest and wireArtifact are the form that travels. Arrays in place of maps keep a hundred artifacts under 8 KB.
type wireManifest struct {
	_         struct{} `cbor:",toarray"`
	Version   int
	Arch      string
	Artifacts []wireArtifact
}

type wireArtifact struct {
	_       struct{} `cbor:",toarray"`
	Path    string
	Kind    uint8
	Mode    uint32
	ModTime int64
	Size    int64
	Digest  []byte
	Target  string
	Exact   bool
}

// Names are bytes, not text.
var (
	wireEncoding = cbor.EncOptions{String: cbor.StringToByteString}
	wireDecoding = cbor.DecOptions{
		ByteStringToString: cbor.ByteStringToStringAllowed,
		MaxArrayElements:   maxArtifacts,
		UTF8:               cbor.UTF8DecodeInvalid,
	}
)

// maxArtifacts bounds what a manifest may list: folders travel as one, so this is far above what programs need.
const maxArtifacts = 1 << 20

// EncodeManifest writes a manifest in the form that travels.
func EncodeManifest(m *Manifest) ([]byte, error) {
	w := wireManifest{Version: manifestVersion, Arch: m.Arch, Artifacts: make([]wireArtifact, len(m.Artifacts))}
	for i, a := range m.Artifacts {
		w.Artifacts[i] = wireArtifact{Path: a.Path, Kind: uint8(a.Kind), Mode: uint32(a.Mode), ModTime: a.ModTime,
			Size: a.Size, Target: a.Target, Exact: a.Exact}
		if a.stored() {
			w.Artifacts[i].Digest = a.Digest[:]
		}
	}
	mode, err := wireEncoding.EncMode()
	if err != nil {
		return nil, fmt.Errorf("set up manifest's encoding: %w", err)
	}
	return mode.Marshal(w)
}

// DecodeManifest reads what EncodeManifest wrote. Another version, and an artifact that could not stand where it says, are
// errors.
func DecodeManifest(data []byte) (*Manifest, error) {
	mode, err := wireDecoding.DecMode()
	if err != nil {
		return nil, fmt.Errorf("set up manifest's decoding: %w", err)
	}
	var w wireManifest
	if err := mode.Unmarshal(data, &w); err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	if w.Version != manifestVersion {
		return nil, fmt.Errorf("read manifest: version %d, want %d", w.Version, manifestVersion)
	}
	m := &Manifest{Arch: w.Arch, Artifacts: make([]Artifact, len(w.Artifacts))}
	for i, a := range w.Artifacts {
		m.Artifacts[i] = Artifact{Path: a.Path, Kind: ship.Kind(a.Kind), Mode: fs.FileMode(a.Mode), ModTime: a.ModTime,
			Size: a.Size, Target: a.Target, Exact: a.Exact}
		if m.Artifacts[i].stored() && copy(m.Artifacts[i].Digest[:], a.Digest) != len(Digest{}) {
			return nil, fmt.Errorf("read manifest: %s: a digest of %d bytes", a.Path, len(a.Digest))
		}
		if err := m.Artifacts[i].check(); err != nil {
			return nil, fmt.Errorf("read manifest: %w", err)
		}
	}
	return m, nil
}

// stored reports whether an artifact has an object.
func (a *Artifact) stored() bool { return a.Kind == ship.PlainFile || a.Kind == ship.Tree }

// Merge gives manifests as one. Of two that have something under one path, or in a folder of the other's, the first counts;
// but for being exact: what is run for one is not.
func Merge(list ...*Manifest) *Manifest {
	all := new(Manifest)
	at := make(map[artifactKey]int)
	for _, m := range list {
		all.Arch = cmp.Or(all.Arch, m.Arch)
		folders := all.folders()
		for _, a := range m.Artifacts {
			if slices.ContainsFunc(folders, func(f string) bool { return strings.HasPrefix(a.Path, f) && a.isPlaced() }) {
				continue
			}
			key := artifactKey{a.Path, a.Kind == ship.Library, a.Kind == ship.Loader}
			if i, ok := at[key]; ok {
				all.Artifacts[i].Exact = all.Artifacts[i].Exact && a.Exact
				continue
			}
			at[key] = len(all.Artifacts)
			all.Artifacts = append(all.Artifacts, a)
		}
	}
	order := func(k ship.Kind) int { return strings.IndexByte("\x02\x04\x05\x03\x01", byte(k)) }
	slices.SortStableFunc(all.Artifacts, func(a, b Artifact) int { return cmp.Compare(order(a.Kind), order(b.Kind)) })
	return all
}

// folders lists the folders of a manifest, each with a slash behind it.
func (m *Manifest) folders() (list []string) {
	for _, a := range m.Artifacts {
		if a.Kind == ship.Tree {
			list = append(list, strings.TrimSuffix(a.Path, "/")+"/")
		}
	}
	return list
}

// isPlaced reports whether an artifact's path is where it stands.
func (a *Artifact) isPlaced() bool { return a.Kind != ship.Library && a.Kind != ship.Loader }

// artifactKey tells artifacts apart: names of libraries and loaders are no places.
type artifactKey struct {
	path            string
	library, loader bool
}

// errArtifact says that an artifact is not one that Upload makes.
var errArtifact = errors.New("not a name for an artifact")

// check refuses what cannot be placed.
func (a *Artifact) check() error {
	rest, relative := strings.CutPrefix(a.Path, "./")
	if !relative {
		rest = strings.TrimPrefix(a.Path, "/")
	}
	absolute := "/" + rest
	switch {
	case !relative && !strings.HasPrefix(a.Path, "/"), path.Clean(absolute) != absolute, strings.Contains(a.Path, "\x00"),
		rest == "" && (a.Kind != ship.Tree || !relative):
		return fmt.Errorf("%q: %w", a.Path, errArtifact)
	case a.Kind < ship.PlainFile || a.Kind > ship.Loader:
		return fmt.Errorf("%s: unknown %v", a.Path, a.Kind)
	case a.Mode&^fs.ModePerm != 0, a.Size < 0:
		return fmt.Errorf("%s: mode %o and size %d are not those of an artifact", a.Path, uint32(a.Mode), a.Size)
	case (a.Kind == ship.Link || a.Kind == ship.Library) && (a.Target == "" || strings.Contains(a.Target, "\x00")):
		return fmt.Errorf("%s: a %v to nothing", a.Path, a.Kind)
	case a.Kind == ship.Library && (relative || path.Clean(a.Target) != a.Target || !path.IsAbs(a.Target)), a.Kind == ship.Loader && relative:
		return fmt.Errorf("%q: %w", a.Path, errArtifact)
	}
	return nil
}
