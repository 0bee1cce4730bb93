package dir_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sshell/pipes/objstore/dir"
)

// The peer is what a shell does for the same: a file that is written and renamed.
func BenchmarkPutSmall(b *testing.B) {
	folder := b.TempDir()
	s := dir.New(folder)
	body := strings.Repeat("x", 1000)
	b.Run("store", func(b *testing.B) {
		for i := range b.N {
			if err := s.Put(context.Background(), fmt.Sprintf("tasks/%d/out", i%1000), strings.NewReader(body), 1000, false); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("rename", func(b *testing.B) {
		for i := range b.N {
			name := filepath.Join(folder, fmt.Sprint(i%1000))
			if err := os.WriteFile(name+".new", []byte(body), 0o666); err != nil {
				b.Fatal(err)
			}
			if err := os.Rename(name+".new", name); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// The peer is a copy of the same pipe to a file.
func BenchmarkPutPipe(b *testing.B) {
	const size = 64 << 20
	folder := b.TempDir()
	s := dir.New(folder)
	for name, store := range map[string]func(io.Reader) error{
		"store": func(r io.Reader) error {
			// Not one key again and again: at a rename over a file ext4 writes the new one to the disk.
			return errors.Join(s.Put(context.Background(), "k", r, -1, true), s.Delete(context.Background(), "k"))
		},
		"copy": func(r io.Reader) error {
			f, err := os.Create(filepath.Join(folder, "copy"))
			if err != nil {
				return err
			}
			defer f.Close()
			_, err = io.Copy(f, r)
			return errors.Join(err, os.Remove(f.Name()))
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(size)
			block := make([]byte, 1<<20)
			for range b.N {
				r, w, err := os.Pipe()
				if err != nil {
					b.Fatal(err)
				}
				go func() {
					for range size / len(block) {
						w.Write(block)
					}
					w.Close()
				}()
				if err := store(r); err != nil {
					b.Fatal(err)
				}
				r.Close()
			}
		})
	}
}

func BenchmarkMiss(b *testing.B) {
	s := dir.New(b.TempDir())
	for range b.N {
		s.Get(context.Background(), "tmp/run/pipes/1/0/17", 0, -1)
	}
}

func BenchmarkList(b *testing.B) {
	s := dir.New(b.TempDir())
	for i := range 2000 {
		if err := s.Put(context.Background(), fmt.Sprintf("%d/%d", i%20, i), strings.NewReader("x"), 1, false); err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	for range b.N {
		n := 0
		for range s.List(context.Background(), "") {
			n++
		}
		if n != 2000 {
			b.Fatal(n)
		}
	}
}
