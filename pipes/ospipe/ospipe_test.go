package ospipe

import (
	"os"
	"runtime"
	"runtime/debug"
	"testing"
	"weak"

	"sshell/pipes"
	"sshell/pipes/pipetest"
)

func TestTransport(t *testing.T) {
	pipetest.Run(t, pipetest.Config{Open: func(*testing.T) pipes.Transport { return new(Transport) }})
}

// Without the collector, which closes what nobody can reach.
func TestRemoveClosesDescriptors(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	before := descriptors(t)
	for _, c := range []struct{ create, open, end, hand bool }{
		{create: true}, {open: true}, {create: true, open: true}, {create: true, end: true}, {create: true, open: true, hand: true},
	} {
		var transport Transport
		var handed []*os.File
		if c.create {
			w, err := transport.Create(t.Context(), "s")
			if err != nil {
				t.Fatal(err)
			}
			if c.hand {
				handed = append(handed, file(t, w))
			}
			if c.end {
				w.End(0)
			}
		}
		if c.open {
			r, err := transport.Open(t.Context(), "s")
			if err != nil {
				t.Fatal(err)
			}
			if c.hand {
				handed = append(handed, file(t, r))
			}
		}
		if err := transport.Remove(t.Context(), "s"); err != nil {
			t.Fatal(err)
		}
		for _, f := range handed {
			f.Close()
		}
		if after := descriptors(t); after != before {
			t.Errorf("%+v: %d descriptors are open after the stream was removed, %d were before", c, after, before)
		}
	}
}

func file(t *testing.T, end any) *os.File {
	t.Helper()
	f, err := end.(pipes.FileEnd).File()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func descriptors(t *testing.T) int {
	entries, err := os.ReadDir("/dev/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// A context lives as long as a run, which has many streams.
func TestContextKeepsNoStream(t *testing.T) {
	var transport Transport
	w, err := transport.Create(t.Context(), "s")
	if err != nil {
		t.Fatal(err)
	}
	r, err := transport.Open(t.Context(), "s")
	if err != nil {
		t.Fatal(err)
	}
	kept := weak.Make(w.(*writer).s)
	w.End(0)
	r.Close()
	if err := transport.Remove(t.Context(), "s"); err != nil {
		t.Fatal(err)
	}
	w, r = nil, nil
	runtime.GC()
	if kept.Value() != nil {
		t.Error("a stream that was closed and removed is still held")
	}
	runtime.KeepAlive(&transport)
}

// The peer is the kernel's pipe by itself.
func BenchmarkPipe(b *testing.B) {
	const block = 64 << 10
	data := make([]byte, block)
	b.Run("transport", func(b *testing.B) {
		var transport Transport
		w, err := transport.Create(b.Context(), "s")
		if err != nil {
			b.Fatal(err)
		}
		r, err := transport.Open(b.Context(), "s")
		if err != nil {
			b.Fatal(err)
		}
		defer r.Close()
		b.SetBytes(block)
		go func() {
			for range b.N {
				w.Write(data)
			}
			w.End(0)
		}()
		drain(b, r.Read)
	})
	b.Run("kernel", func(b *testing.B) {
		r, w, err := os.Pipe()
		if err != nil {
			b.Fatal(err)
		}
		defer r.Close()
		b.SetBytes(block)
		go func() {
			for range b.N {
				w.Write(data)
			}
			w.Close()
		}()
		drain(b, r.Read)
	})
}

func drain(b *testing.B, read func([]byte) (int, error)) {
	buf, n := make([]byte, 64<<10), 0
	for {
		m, err := read(buf)
		n += m
		if err != nil {
			break
		}
	}
	if n != b.N*64<<10 {
		b.Fatalf("%d bytes came", n)
	}
}
