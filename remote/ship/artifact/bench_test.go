package artifact

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"sshell/pipes/objstore/dir"
	"sshell/remote/ship"
)

// What each task of a run pays when its artifacts are stored and cached already.
func BenchmarkAgain(b *testing.B) {
	env := []string{"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"}
	for _, name := range []string{"sort", "python3"} {
		files, err := ship.Resolve(name, env, "")
		if err != nil {
			b.Fatal(err)
		}
		store := dir.New(filepath.Join(b.TempDir(), "store"))
		u := NewUploader(store)
		m, err := u.Upload(b.Context(), files, "", "")
		if err != nil {
			b.Fatal(err)
		}
		c, err := OpenCache(b.TempDir(), 1<<30)
		if err != nil {
			b.Fatal(err)
		}
		h, err := c.Fetch(b.Context(), store, m)
		if err != nil {
			b.Fatal(err)
		}
		defer h.Release()
		b.Run("resolve/"+name, func(b *testing.B) {
			for b.Loop() {
				ship.Resolve(name, env, "")
			}
		})
		b.Run("upload/"+name, func(b *testing.B) {
			for b.Loop() {
				u.Upload(b.Context(), files, "", "")
			}
		})
		b.Run("fetch/"+name, func(b *testing.B) {
			for b.Loop() {
				h, err := c.Fetch(b.Context(), store, m)
				if err != nil {
					b.Fatal(err)
				}
				h.Release()
			}
		})
		for how, method := range map[string]Method{"hard": HardLinks, "symbolic": SymbolicLinks} {
			b.Run("place-"+how+"/"+name, func(b *testing.B) {
				root := b.TempDir()
				for b.Loop() {
					into, err := os.MkdirTemp(root, "")
					if err != nil {
						b.Fatal(err)
					}
					if err := h.Place(into, "/", method); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// A large artifact passes through in pieces: what is allocated does not grow with it.
func BenchmarkLarge(b *testing.B) {
	const size = 256 << 20
	file := filepath.Join(b.TempDir(), "large")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		b.Fatal(err)
	}
	if err := os.Truncate(file, size); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		store := dir.New(b.TempDir())
		m, err := NewUploader(store).Upload(b.Context(), []ship.File{{Path: file}}, "", "")
		if err != nil {
			b.Fatal(err)
		}
		r, err := store.Get(b.Context(), m.Artifacts[0].Digest.Key(), size-1, -1)
		if err != nil {
			b.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, r); n != 1 || err != nil {
			b.Fatal(n, err)
		}
		r.Close()
	}
}
