package objpipe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sshell/pipes"
	"sshell/pipes/objstore"
	"sshell/pipes/objstore/mem"
)

func random(n int, seed uint64) []byte {
	data := make([]byte, n)
	rng := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)})
	rng.Read(data)
	return data
}

// script writes data in pieces with rests between them, and ends the stream.
func script(w pipes.Writer, data []byte, rng *rand.Rand) error {
	for rest := data; len(rest) > 0; {
		n := min(1+rng.IntN(1<<(6+rng.IntN(15))), len(rest))
		if _, err := w.Write(rest[:n]); err != nil {
			w.Break(&pipes.Broken{Cause: "write failed"})
			return err
		}
		rest = rest[n:]
		if rng.IntN(4) == 0 {
			time.Sleep(time.Duration(rng.IntN(200)) * time.Millisecond)
		}
	}
	return w.End(7)
}

// outcome reads a stream to its ending, which must be a true one.
func outcome(t *testing.T, r pipes.Reader, data []byte) error {
	t.Helper()
	got, err := io.ReadAll(r)
	switch status, known := r.Status(); {
	case !bytes.HasPrefix(data, got):
		t.Error("the bytes that came are not those that were written")
	case err == nil && (len(got) != len(data) || status != 7 || !known):
		t.Errorf("end of file after %d of %d bytes with status %d, known: %v", len(got), len(data), status, known)
	case err != nil && !errors.Is(err, pipes.ErrBroken):
		t.Errorf("read: %v, want ErrBroken or nothing", err)
	}
	return err
}

const faultSeeds = 15

// TestFaults: whatever requests fail, the stream is whole or broken, and both ends agree.
func TestFaults(t *testing.T) {
	for _, fail := range []float64{0.1, 0.3, 0.6} {
		t.Run(fmt.Sprint(fail), func(t *testing.T) {
			var broken int
			for seed := range uint64(faultSeeds) {
				synctest.Test(t, func(t *testing.T) {
					if throughFaults(t, seed, fail) != nil {
						broken++
					}
					if t.Failed() {
						t.Logf("seed %d", seed)
					}
				})
			}
			t.Logf("%d of %d streams broke", broken, faultSeeds)
			if fail < 0.2 && broken > 0 {
				t.Errorf("%d of %d streams broke by faults that tries again can mend", broken, faultSeeds)
			}
		})
	}
}

func throughFaults(t *testing.T, seed uint64, fail float64) error {
	store := new(mem.Store)
	s := distant(store, 30*time.Millisecond, 10*time.Millisecond)
	s.perMB = 20 * time.Millisecond
	transport := newApart(s)
	w, r := open(t, transport, "0/0")
	s.set(func() { s.seeded(seed, fail) })
	data := random(500<<10, seed)
	var done sync.WaitGroup
	var live, writerErr error
	done.Go(func() { live = outcome(t, r, data) })
	writerErr = script(w, data, rand.New(rand.NewPCG(seed, 1)))
	s.set(func() { s.fail = 0 })
	if writerErr != nil {
		// As the scheduler does: the writer itself may have had no way to say it.
		if err := transport.Break(t.Context(), "0/0", &pipes.Broken{Cause: "lost"}); err != nil {
			t.Error(err)
		}
	}
	done.Wait()
	again, err := transport.Open(t.Context(), "0/0")
	if err != nil {
		t.Fatal(err)
	}
	replayed := outcome(t, again, data)
	again.Close()
	// A writer that could not reach the store to ask may have been whole.
	if writerErr == nil && replayed != nil || live == nil && replayed != nil {
		t.Errorf("the writer got %v, the reader %v and another later %v", writerErr, live, replayed)
	}
	r.Close()
	if err := transport.Remove(t.Context(), "0/0"); err != nil {
		t.Error(err)
	}
	wantEmpty(t, store)
	return errors.Join(live, writerErr)
}

// TestLostResponses: each first response to a PUT is lost, and every object is found to be its end's own.
func TestLostResponses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &forgetful{Store: new(mem.Store), lost: map[string]bool{}}
		transport := newApart(s)
		w, r := open(t, transport, "0/0")
		data := random(1<<20, 1)
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
		if err := w.End(7); err != nil {
			t.Fatal(err)
		}
		if err := outcome(t, r, data); err != nil {
			t.Error(err)
		}
		if err := transport.Break(t.Context(), "1/0", &pipes.Broken{Cause: "lost"}); err != nil {
			t.Error(err)
		}
		r, err := transport.Open(t.Context(), "1/0")
		if err != nil {
			t.Fatal(err)
		}
		var broken *pipes.Broken
		if _, err := r.Read(make([]byte, 1)); !errors.As(err, &broken) || broken.Cause != "lost" {
			t.Errorf("read: %v", err)
		}
		if _, err := transport.Create(t.Context(), "0/0"); err == nil {
			t.Error("a second writer took the first one's mark for its own")
		}
	})
}

// forgetful loses the first response for each key.
type forgetful struct {
	objstore.Store
	mu   sync.Mutex
	lost map[string]bool
}

func (f *forgetful) Put(ctx context.Context, key string, body io.Reader, size int64, create bool) error {
	err := f.Store.Put(ctx, key, body, size, create)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err == nil && !f.lost[key] {
		f.lost[key] = true
		return errNetwork
	}
	return err
}

// TestReaderGone: an endless writer stops soon, however slow it is, and has not asked often.
func TestReaderGone(t *testing.T) {
	for _, c := range []struct {
		name  string
		every time.Duration
		size  int
		soon  time.Duration
	}{
		{"fast", 0, 64 << 10, time.Second},
		{"a line now and then", 300 * time.Millisecond, 5, time.Second},
		{"a line a minute", time.Minute, 5, 2*time.Minute + time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := distant(new(hollow), 30*time.Millisecond, 10*time.Millisecond)
				s.perMB = 10 * time.Millisecond
				w, r := open(t, newApart(s), "0/0")
				closed := make(chan time.Time, 1)
				go func() {
					io.ReadFull(r, make([]byte, 5))
					r.Close()
					closed <- time.Now()
				}()
				begin := time.Now()
				var err error
				for err == nil {
					time.Sleep(c.every)
					_, err = w.Write(make([]byte, c.size))
				}
				if took := time.Since(<-closed); !errors.Is(err, pipes.ErrReaderGone) || took > c.soon {
					t.Errorf("%v after %v, want ErrReaderGone within %v", err, took, c.soon)
				}
				if n, most := s.count("get "+goneMark), int(2*time.Since(begin)/time.Second)+2; n > most {
					t.Errorf("the writer looked %d times in %v", n, time.Since(begin))
				}
				if err := w.End(pipes.StatusReaderGone); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestWriterCannotStore: a store that fails for good breaks the stream, and says why.
func TestWriterCannotStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := distant(new(mem.Store), time.Millisecond, time.Millisecond)
		w, r := open(t, newApart(s), "0/0")
		s.set(func() { s.seeded(1, 2) }) // each before or after the store acted
		w.Write([]byte("x"))
		if err := w.End(0); !errors.Is(err, pipes.ErrBroken) || !strings.Contains(err.Error(), errNetwork.Error()) {
			t.Errorf("end: %v", err)
		}
		if _, err := io.ReadAll(r); !errors.Is(err, pipes.ErrBroken) || !strings.Contains(err.Error(), errNetwork.Error()) {
			t.Errorf("read: %v", err)
		}
	})
}

// TestReadersBesideEachOther read at their own speeds.
func TestReadersBesideEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := distant(new(mem.Store), 30*time.Millisecond, 10*time.Millisecond)
		s.perMB = 10 * time.Millisecond
		transport := newApart(s)
		w, fast := open(t, transport, "0/0")
		data := random(12<<20, 1)
		var done sync.WaitGroup
		for _, pace := range []time.Duration{0, 300 * time.Millisecond} {
			done.Go(func() {
				r := pipes.Reader(fast)
				if pace > 0 {
					time.Sleep(pace)
					var err error
					if r, err = transport.Open(t.Context(), "0/0"); err != nil {
						t.Error(err)
						return
					}
					defer r.Close()
				}
				if n := drain(t, r, func() { time.Sleep(pace) }); n != len(data) {
					t.Errorf("%d bytes came", n)
				}
			})
		}
		if err := script(w, data, rand.New(rand.NewPCG(1, 1))); err != nil {
			t.Error(err)
		}
		done.Wait()
	})
}
