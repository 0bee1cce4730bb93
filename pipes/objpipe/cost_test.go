package objpipe

import (
	"context"
	"io"
	"io/fs"
	"iter"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sshell/pipes"
	"sshell/pipes/objstore"
	"sshell/pipes/objstore/mem"
)

// hollow keeps the beginnings of objects only, and gives zeros for the rest.
type hollow struct {
	mem.Store
	mu    sync.Mutex
	sizes map[string]int64
}

func (h *hollow) Put(ctx context.Context, key string, body io.Reader, size int64, create bool) error {
	if err := h.Store.Put(ctx, key, io.LimitReader(body, probeSize), -1, create); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.sizes == nil {
		h.sizes = map[string]int64{}
	}
	h.sizes[key] = size
	return nil
}

func (h *hollow) Get(ctx context.Context, key string, off, n int64) (io.ReadCloser, error) {
	start, err := h.Store.Get(ctx, key, 0, -1)
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	off, n = objstore.Range(h.sizes[key], off, n)
	r := io.MultiReader(start, zeros{})
	if _, err := io.CopyN(io.Discard, r, off); err != nil {
		return nil, err
	}
	return io.NopCloser(io.LimitReader(r, n)), nil
}

func (h *hollow) Stat(_ context.Context, key string) (objstore.Object, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if size, ok := h.sizes[key]; ok {
		return objstore.Object{Key: key, Size: size}, nil
	}
	return objstore.Object{}, fs.ErrNotExist
}

func (h *hollow) List(ctx context.Context, prefix string) iter.Seq2[objstore.Object, error] {
	return h.Store.List(ctx, prefix)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// TestCostOfBulk: however fast the ends are, it takes few requests, and a reader asks little in vain.
func TestCostOfBulk(t *testing.T) {
	piece := make([]byte, 1<<20)
	for _, c := range []struct {
		name        string
		size        int
		writeMB     time.Duration // the writer's command takes that long for a MiB
		readMB      time.Duration // and the reader's
		late        time.Duration // the reader starts so much later
		maxGetShare int           // GETs for 10 blocks
	}{
		{"at once", 512 << 20, 0, 0, 0, 20},
		{"50 MB/s", 256 << 20, 20 * time.Millisecond, 0, 0, 20},
		{"reader slow", 128 << 20, 0, 30 * time.Millisecond, 0, 15},
		{"reader late", 128 << 20, 0, 0, time.Hour, 15},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := distant(new(hollow), 40*time.Millisecond, 15*time.Millisecond)
				s.perMB = 10 * time.Millisecond
				ends := newApart(s)
				w, r := open(t, ends, "0/0")
				var done sync.WaitGroup
				begin := time.Now()
				done.Go(func() {
					for range c.size / len(piece) {
						time.Sleep(c.writeMB)
						w.Write(piece)
					}
					if err := w.End(0); err != nil {
						t.Error(err)
					}
				})
				time.Sleep(c.late)
				if n := drain(t, r, func() { time.Sleep(c.readMB) }); n != c.size {
					t.Errorf("%d bytes came", n)
				}
				took := time.Since(begin) - c.late
				done.Wait()
				ws, rs := w.Stats(), r.Stats()
				blocks := s.count("put")
				// A GiB more is 128 full blocks more, so that one takes 160 at most.
				if most := int64(c.size/maxBlock + 160 - 128); ws.Puts > most {
					t.Errorf("the writer made %d PUTs, want %d at most", ws.Puts, most)
				}
				if 10*int(rs.Gets) > c.maxGetShare*blocks {
					t.Errorf("the reader made %d GETs, %d of them in vain, for %d blocks", rs.Gets, rs.Misses, blocks)
				}
				if s.most["put"] > inFlight || s.most["get"] > inFlight+1 { // Create's look for an ending is one more
					t.Errorf("at once there were %v requests", s.most)
				}
				t.Logf("%d blocks, writer %+v, reader %+v, most at once %v, %v", blocks, ws, rs, s.most, took)
			})
		})
	}
}

func open(t *testing.T, transport pipes.Transport, name string) (pipes.Writer, pipes.Reader) {
	t.Helper()
	r, err := transport.Open(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	w, err := transport.Create(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Break(nil) })
	return w, r
}

// drain reads to the end, and calls work for each MiB.
func drain(t *testing.T, r io.Reader, work func()) (n int) {
	t.Helper()
	buf := make([]byte, 1<<20)
	for {
		m, err := io.ReadFull(r, buf)
		n += m
		switch err {
		case nil:
			work()
		case io.EOF, io.ErrUnexpectedEOF:
			return n
		default:
			t.Error(err)
			return n
		}
	}
}

func TestCostOfIdling(t *testing.T) {
	for _, c := range []struct {
		name string
		idle func(t *testing.T, transport apart)
	}{
		{"both ends", func(t *testing.T, transport apart) { open(t, transport, "0/0") }},
		{"after a block", func(t *testing.T, transport apart) {
			w, r := open(t, transport, "0/0")
			w.Write(make([]byte, minBlock))
			io.ReadFull(r, make([]byte, minBlock))
		}},
		{"no writer", func(t *testing.T, transport apart) {
			r, err := transport.Open(t.Context(), "0/0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { r.Close() })
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := distant(new(mem.Store), 0, 0)
				c.idle(t, newApart(s))
				synctest.Wait()
				for range 3 {
					before := s.gets()
					time.Sleep(time.Minute)
					if n := s.gets() - before; n > 5*60 {
						t.Errorf("%d GETs in a minute", n)
					}
				}
			})
		})
	}
}

func (n *network) gets() int {
	return n.count("get") + n.count("get "+goneMark) + n.count("get "+writerMark)
}

// TestFirstByte: a block's way is a PUT and a GET, and what the reader's polling adds.
func TestFirstByte(t *testing.T) {
	const put, get = 40 * time.Millisecond, 15 * time.Millisecond
	for _, c := range []struct {
		name    string
		size    int
		silence time.Duration
		more    time.Duration
	}{
		{"at once", minBlock, 0, 10 * time.Millisecond},
		{"a line", 10, 0, firstLinger + 10*time.Millisecond},
		{"soon", minBlock, 40 * time.Millisecond, 15 * time.Millisecond},
		{"after silence", minBlock, 5 * time.Second, 260 * time.Millisecond},
		{"after much", minBlock, time.Minute, 260 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				transport := newApart(distant(new(mem.Store), put, get))
				w, r := open(t, transport, "0/0")
				for i := range 10 {
					time.Sleep(c.silence + time.Duration(i)*7*time.Millisecond)
					begin := time.Now()
					w.Write(make([]byte, c.size))
					if _, err := io.ReadFull(r, make([]byte, 1)); err != nil {
						t.Fatal(err)
					}
					if more := time.Since(begin) - put - get; more > c.more {
						t.Errorf("round %d: it took %v more than a PUT and a GET", i, more)
					}
					if c.silence == 0 {
						break // later rounds would have been waited for
					}
					io.ReadFull(r, make([]byte, c.size-1))
				}
			})
		})
	}
}

// TestGrowth: blocks grow while bytes come, and a dialogue's stay small and quick.
func TestGrowth(t *testing.T) {
	for _, c := range []struct {
		name  string
		write func(w io.Writer)
		want  []int
	}{
		{"bulk", func(w io.Writer) { w.Write(make([]byte, 24<<20)) },
			[]int{64 << 10, 128 << 10, 256 << 10, 512 << 10, 1 << 20, 2 << 20, 4 << 20, maxBlock, maxBlock, 64<<10 + 2*headerSize}},
		{"dialogue", func(w io.Writer) {
			for range 3 {
				w.Write(make([]byte, minBlock))
				w.Write([]byte("prompt"))
				time.Sleep(time.Second)
			}
		}, []int{64 << 10, 6, 64 << 10, 6, 64 << 10, 6, 0}},
		{"lines", func(w io.Writer) {
			for range 10 {
				w.Write([]byte("line\n"))
				time.Sleep(6 * time.Millisecond)
			}
		}, []int{20, 20, 10}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := new(mem.Store)
				w, r := open(t, newApart(s), "0/0")
				c.write(w)
				if err := w.End(0); err != nil {
					t.Fatal(err)
				}
				var got []int
				for n := 0; ; n++ {
					o, err := s.Stat(t.Context(), "tmp/run/pipes/0/0/"+blockName(uint64(n)))
					if err != nil {
						break
					}
					got = append(got, int(o.Size)-headerSize)
				}
				if all := drain(t, r, func() {}); all != int(w.Stats().Bytes) {
					t.Errorf("%d bytes came of %d", all, w.Stats().Bytes)
				}
				if !slices.Equal(got, c.want) {
					t.Errorf("the blocks have %v bytes, want %v", got, c.want)
				}
			})
		})
	}
}
