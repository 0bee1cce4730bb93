package objpipe

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sshell/pipes"
	"sshell/pipes/objstore/mem"
)

// TestBreakAtAnyMoment: a Break from elsewhere and an End agree on which came first, and so do all who read.
func TestBreakAtAnyMoment(t *testing.T) {
	var whole, broken int
	for at := time.Duration(0); at < 700*time.Millisecond; at += 27 * time.Millisecond {
		synctest.Test(t, func(t *testing.T) {
			s := distant(new(mem.Store), 30*time.Millisecond, 10*time.Millisecond).seeded(uint64(at), 0)
			s.perMB = 20 * time.Millisecond
			transport := newApart(s)
			data := random(600<<10, uint64(at))
			var breakErr, writerErr, readerErr error
			var broke, ended time.Time
			var done sync.WaitGroup
			done.Go(func() {
				time.Sleep(at)
				breakErr = transport.Break(t.Context(), "0/0", &pipes.Broken{Cause: "killed", Next: "0/1"})
				broke = time.Now()
			})
			w, r := open(t, transport, "0/0")
			done.Go(func() { readerErr = outcome(t, r, data) })
			begin := time.Now()
			for rest := data; len(rest) > 0 && writerErr == nil; rest = rest[len(data)/16:] {
				_, writerErr = w.Write(rest[:len(data)/16])
				time.Sleep(20 * time.Millisecond)
			}
			ended = time.Now()
			if err := w.End(7); (writerErr != nil) && err == nil {
				t.Errorf("End succeeded after Write failed with %v", writerErr)
			} else {
				writerErr = err
			}
			done.Wait()
			again, err := transport.Open(t.Context(), "0/0")
			if err != nil {
				t.Fatal(err)
			}
			replayErr := outcome(t, again, data)
			if breakErr != nil || (writerErr == nil) != (readerErr == nil) || (writerErr == nil) != (replayErr == nil) {
				t.Errorf("broken after %v, ended at %v: break %v, writer %v, reader %v, later %v", at, ended.Sub(begin), breakErr, writerErr,
					readerErr, replayErr)
			}
			if writerErr == nil && broke.Before(ended) {
				t.Error("a stream that had been broken was ended")
			}
			for _, err := range []error{writerErr, readerErr, replayErr} {
				if b, ok := err.(*pipes.Broken); ok && *b != (pipes.Broken{Cause: "killed", Next: "0/1"}) {
					t.Errorf("an end says %v", b)
				}
			}
			if writerErr == nil {
				whole++
			} else {
				broken++
			}
		})
	}
	if whole == 0 || broken == 0 {
		t.Errorf("%d streams were whole and %d broken: the moments do not lie on both sides", whole, broken)
	}
}

// TestKilledWriter: a writer is gone without a word, with blocks under way that came through or did not, and a Break says so.
func TestKilledWriter(t *testing.T) {
	broken := 0
	for seed := range uint64(24) {
		synctest.Test(t, func(t *testing.T) {
			store := new(mem.Store)
			s := distant(store, 60*time.Millisecond, 10*time.Millisecond).seeded(seed, 0)
			s.perMB = 50 * time.Millisecond
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			w, err := New(s, "tmp/run/pipes").Create(ctx, "0/0")
			if err != nil {
				t.Fatal(err)
			}
			data := random(1<<20, seed)
			go script(w, data, rand.New(rand.NewPCG(seed, 2)))
			time.Sleep(time.Duration(seed*seed*4) * time.Millisecond)
			s.set(func() { s.dead = true })
			others := newApart(store)
			if err := others.Break(t.Context(), "0/0", &pipes.Broken{Cause: "killed"}); err != nil {
				t.Fatal(err)
			}
			r, err := others.Open(t.Context(), "0/0")
			if err != nil {
				t.Fatal(err)
			}
			if err := outcome(t, r, data); err != nil {
				broken++
			}
			r.Close()
			stop()
			time.Sleep(arriveTime + lastWord)
			if err := others.Remove(t.Context(), "0/0"); err != nil {
				t.Error(err)
			}
			wantEmpty(t, store)
		})
	}
	if broken == 0 || broken == 24 {
		t.Errorf("%d of 24 streams are broken: the moments do not lie on both sides of the end", broken)
	}
}

// TestLateBlock: a block whose request is given up arrives amid the requests that break the stream in its place.
func TestLateBlock(t *testing.T) {
	late := 0
	for at := 100 * time.Millisecond; at < 300*time.Millisecond; at += 5 * time.Millisecond {
		synctest.Test(t, func(t *testing.T) {
			store := new(mem.Store)
			s := distant(store, 10*time.Millisecond, 10*time.Millisecond)
			transport := New(s, "tmp/run/pipes")
			w, r := open(t, transport, "0/0")
			s.set(func() { s.put, s.stays = 2*arriveTime+400*time.Millisecond, true })
			data := random(minBlock, 1)
			if _, err := w.Write(data); err != nil {
				t.Fatal(err)
			}
			time.Sleep(at)
			if err := transport.Break(t.Context(), "0/0", &pipes.Broken{Cause: "killed"}); err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if !bytes.HasPrefix(data, got) || !errors.Is(err, pipes.ErrBroken) {
				t.Errorf("broken after %v: %d bytes, %v", at, len(got), err)
			}
			if len(got) > 0 {
				late++
			}
			time.Sleep(s.put) // what is on its way may still arrive
		})
	}
	if late == 0 {
		t.Error("no block was late: the moments do not lie around its arrival")
	}
}

// TestRemoveAmidBlocks: a block that was on its way when the stream was removed is no sign that the stream goes on.
func TestRemoveAmidBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := new(mem.Store)
		w, r := open(t, newApart(store), "0/0")
		if _, err := w.Write(make([]byte, minBlock)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(r, make([]byte, minBlock)); err != nil {
			t.Fatal(err)
		}
		w.Break(nil)
		for _, name := range []string{writerMark, blockName(1)} { // block 0 comes later than that
			if err := store.Delete(t.Context(), "tmp/run/pipes/0/0/"+name); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := r.Read(make([]byte, 1)); !errors.Is(err, pipes.ErrBroken) || !strings.Contains(err.Error(), "removed") {
			t.Errorf("read: %v, want that the stream was removed", err)
		}
	})
}

// TestNoWriter: a reader of a stream that is not there waits for its writer, until it is told that there must have been one,
// or has seen that there was.
func TestNoWriter(t *testing.T) {
	const within = 8 * time.Second
	for _, c := range []struct {
		name    string
		expects bool
		begins  time.Duration // when the writer comes; 0 for never
		removed time.Duration // when the stream is removed; 0 for never
		ends    time.Duration // when the reader sees that at the latest; 0 for never
	}{
		{"any time", false, 0, 0, 0},
		{"removed before", true, 0, 0, within + time.Second},
		{"begins in time", true, within - time.Second, 0, 0},
		{"begins at once", true, time.Second, 0, 0},
		{"removed before its first block", false, time.Second, time.Minute, time.Minute + maxStall + time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := new(mem.Store)
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				r, err := New(store, "tmp/run/pipes").Open(ctx, "0/0")
				if err != nil {
					t.Fatal(err)
				}
				if c.expects {
					r.(pipes.Expecter).Expect(within)
				}
				go func() {
					if c.begins == 0 {
						return
					}
					time.Sleep(c.begins)
					if _, err := New(store, "tmp/run/pipes").Create(ctx, "0/0"); err != nil {
						t.Error(err)
					}
					if c.removed > 0 {
						time.Sleep(c.removed - c.begins)
						if err := New(store, "tmp/run/pipes").Remove(ctx, "0/0"); err != nil {
							t.Error(err)
						}
					}
				}()
				began := time.Now()
				time.AfterFunc(10*time.Minute, stop)
				_, err = r.Read(make([]byte, 1))
				took := time.Since(began)
				switch {
				case c.ends == 0 && !errors.Is(err, context.Canceled):
					t.Errorf("read: %v after %v, want that it waits", err, took)
				case c.ends > 0 && (!errors.Is(err, errRemoved) || took > c.ends):
					t.Errorf("read: %v after %v, want that it was removed, within %v", err, took, c.ends)
				case c.ends > 0:
					if err := r.Close(); err != nil {
						t.Error(err)
					}
					for o := range store.List(ctx, "") {
						t.Error("left:", o.Key)
					}
				}
				stop()
				synctest.Wait()
				time.Sleep(time.Minute)
			})
		})
	}
}

// TestBreakFindsTheEnd: of a long stream as of a short one, with few requests.
func TestBreakFindsTheEnd(t *testing.T) {
	for _, blocks := range []uint64{0, 1, 2, 3, 4, 5, 7, 8, 9, 100, 1000, 1023, 1024, 1025} {
		store := new(mem.Store)
		q := New(store, "p").requests("0/0")
		for n := range blocks {
			// A gap among the last ones, as a killed writer leaves it.
			if blocks > 5 && n == blocks-3 {
				continue
			}
			block := append(make([]byte, headerSize), "data"...)
			setHeader(block, 0, 0, 1, n)
			if err := q.put(t.Context(), blockName(n), block, true); err != nil {
				t.Fatal(err)
			}
		}
		others := New(store, "p").requests("0/0")
		if err := others.breakUnknown(t.Context(), &pipes.Broken{Cause: "killed"}); err != nil {
			t.Fatal(err)
		}
		want := blocks
		if blocks > 5 {
			want = blocks - 3
		}
		b, err := q.probe(t.Context(), want)
		if err != nil || b.broken() == nil {
			t.Errorf("of %d blocks: block %d does not break the stream: %v", blocks, want, err)
		}
		if s := others.Stats(); s.Puts > 3 || s.Gets > 35 {
			t.Errorf("of %d blocks: %d PUTs and %d GETs", blocks, s.Puts, s.Gets)
		}
	}
}
