package objpipe

import (
	"bytes"
	"context"
	"io"
	"strconv"
	"testing"

	"golang.org/x/sync/errgroup"

	"sshell/pipes/objstore"
	"sshell/pipes/objstore/dir"
	"sshell/pipes/objstore/mem"
)

const benchSize = 256 << 20

// The peer is what the store itself can do: loops that put objects of 8 MiB, four at once, while another gets those that
// are there already.
func BenchmarkPipe(b *testing.B) {
	for _, c := range []struct {
		name string
		open func(*testing.B) objstore.Store
	}{
		{"mem", func(*testing.B) objstore.Store { return new(mem.Store) }},
		{"dir", func(b *testing.B) objstore.Store { return dir.New(b.TempDir() + "/b") }},
	} {
		b.Run(c.name+"/pipe", func(b *testing.B) { benchmark(b, c.open(b), throughPipe) })
		b.Run(c.name+"/bare", func(b *testing.B) { benchmark(b, c.open(b), bare) })
	}
}

func benchmark(b *testing.B, s objstore.Store, run func(context.Context, objstore.Store) error) {
	b.SetBytes(benchSize)
	for b.Loop() {
		if err := run(b.Context(), s); err != nil {
			b.Fatal(err)
		}
	}
}

func throughPipe(ctx context.Context, s objstore.Store) error {
	transport := New(s, "p")
	r, err := transport.Open(ctx, "0/0")
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := transport.Create(ctx, "0/0")
	if err != nil {
		return err
	}
	var ends errgroup.Group
	ends.Go(func() error {
		piece := make([]byte, 64<<10)
		for range benchSize / len(piece) {
			if _, err := w.Write(piece); err != nil {
				return err
			}
		}
		return w.End(0)
	})
	ends.Go(func() error { return discard(r) })
	if err := ends.Wait(); err != nil {
		return err
	}
	return transport.Remove(ctx, "0/0")
}

func bare(ctx context.Context, s objstore.Store) error {
	block := make([]byte, maxBlock)
	put := func(key string) error { return s.Put(ctx, key, bytes.NewReader(block), maxBlock, false) }
	if err := put("there"); err != nil {
		return err
	}
	var ends errgroup.Group
	for i := range inFlight {
		ends.Go(func() error {
			for n := i; n < benchSize/maxBlock; n += inFlight {
				if err := put("b/" + strconv.Itoa(n)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	ends.Go(func() error {
		for range benchSize / maxBlock {
			body, err := s.Get(ctx, "there", 0, -1)
			if err == nil {
				err = discard(body)
				body.Close()
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err := ends.Wait(); err != nil {
		return err
	}
	for n := range benchSize / maxBlock {
		if err := s.Delete(ctx, "b/"+strconv.Itoa(n)); err != nil {
			return err
		}
	}
	return nil
}

func discard(r io.Reader) error {
	buf := make([]byte, 64<<10)
	for {
		if _, err := r.Read(buf); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}
