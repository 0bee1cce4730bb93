package pipetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"
	"testing"

	"sshell/pipes"
)

func testOneOfEach(t *testing.T, b bench) {
	w, r := b.pair("s")
	taken := func(when string) {
		if _, err := b.transport.Create(t.Context(), "s"); !errors.Is(err, fs.ErrExist) {
			t.Errorf("a second writer %s: %v, want fs.ErrExist", when, err)
		}
		if _, replays := b.transport.(pipes.Replayer); replays {
			return
		}
		if _, err := b.transport.Open(t.Context(), "s"); !errors.Is(err, fs.ErrExist) {
			t.Errorf("a second reader %s: %v, want fs.ErrExist", when, err)
		}
	}
	taken("beside the first")
	b.end(w, 0)
	b.wantWhole(r, nil, 0)
	r.Close()
	taken("after the first")
}

func testNames(t *testing.T, b bench) {
	names := []string{"a", "a/b", "a/b/c", "a/", "a//b", ".", "..", "../a", "%2F", "\xff", "caf\xe9", " ", "*", "7", "07",
		strings.Repeat("n", pipes.MaxName)}
	b.removeLater(names...)
	for i, name := range names {
		w := b.create(name)
		b.write(w, []byte(name), func() { b.end(w, i) }).Wait()
	}
	for i, name := range names {
		b.wantWhole(b.open(name), []byte(name), i)
	}
	for _, name := range []string{"", "a\x00b", strings.Repeat("n", pipes.MaxName+1)} {
		_, createErr := b.transport.Create(t.Context(), name)
		_, openErr := b.transport.Open(t.Context(), name)
		for op, err := range map[string]error{
			"create": createErr,
			"open":   openErr,
			"break":  b.transport.Break(t.Context(), name, &pipes.Broken{Cause: "x"}),
			"remove": b.transport.Remove(t.Context(), name),
		} {
			if !errors.Is(err, pipes.ErrName) {
				t.Errorf("%s %.20q: %v, want ErrName", op, name, err)
			}
		}
	}
}

func testRemove(t *testing.T, b bench) {
	if err := b.transport.Remove(t.Context(), "never seen"); err != nil {
		t.Errorf("remove a stream that is not there: %v", err)
	}
	for i := range 3 {
		data := random(1000, uint32(i))
		w, r := b.create("s"), b.open("s")
		b.write(w, data, func() { b.end(w, i) }).Wait()
		b.wantWhole(r, data, i)
		r.Close()
		for range 2 {
			if err := b.transport.Remove(t.Context(), "s"); err != nil {
				t.Errorf("remove: %v", err)
			}
		}
	}
}

// testRemoveInUse: ends that are in use find a removed stream broken, and never whole.
func testRemoveInUse(t *testing.T, b bench) {
	data := random(flooded, 1)
	for _, ended := range []bool{false, true} {
		w, r := b.create("s"), b.open("s")
		told := make(chan struct{})
		var done sync.WaitGroup
		if ended {
			b.write(w, data[:1000], func() { b.end(w, 0) }).Wait()
		} else {
			done.Go(func() { b.wantCause(b.flood(w, data, told), "") })
		}
		if _, err := io.ReadFull(r, make([]byte, 10)); err != nil {
			t.Fatal(err)
		}
		b.settle()
		if err := b.transport.Remove(t.Context(), "s"); err != nil {
			t.Fatal(err)
		}
		close(told)
		got, err := io.ReadAll(r)
		if whole := ended && err == nil && len(got) == 990; !whole && !errors.Is(err, pipes.ErrBroken) {
			t.Errorf("read a removed stream, ended %v: %d bytes, %v, want ErrBroken", ended, len(got), err)
		}
		r.Close()
		done.Wait()
	}
}

func testEndedContext(t *testing.T, b bench) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, createErr := b.transport.Create(ctx, "s")
	_, openErr := b.transport.Open(ctx, "s")
	for op, err := range map[string]error{
		"create": createErr,
		"open":   openErr,
		"break":  b.transport.Break(ctx, "s", &pipes.Broken{Cause: "x"}),
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s with an ended context: %v, want context.Canceled", op, err)
		}
	}
	w, r := b.pair("s")
	b.end(w, 0)
	b.wantWhole(r, nil, 0)
}

func testWriteKeepsNothing(t *testing.T, b bench) {
	w, r := b.pair("s")
	var whole []byte
	buf := make([]byte, 100)
	for i := range 10 {
		copy(buf, random(100, uint32(i)))
		whole = append(whole, buf...)
		if _, err := w.Write(buf); err != nil {
			t.Fatal(err)
		}
		clear(buf)
	}
	b.end(w, 0)
	b.wantWhole(r, whole, 0)
}

func testLarge(t *testing.T, b bench) {
	data := random(18<<20, 1)
	w, r := b.pair("s")
	var done sync.WaitGroup
	done.Go(func() {
		for rest, n := data, 1; len(rest) > 0; n = n*5 + 3 {
			n = min(n%(3<<20), len(rest))
			if _, err := w.Write(rest[:n]); err != nil {
				t.Errorf("write: %v", err)
				break
			}
			rest = rest[n:]
		}
		b.end(w, 0)
	})
	got, err := io.ReadAll(r)
	done.Wait()
	if err != nil || digest(got) != digest(data) {
		t.Errorf("%d of %d bytes came, %v, or they are not those that were written", len(got), len(data), err)
	}
}

func testTinyWrites(t *testing.T, b bench) {
	data := random(40000, 2)
	w, r := b.pair("s")
	var done sync.WaitGroup
	done.Go(func() {
		for i := 0; i < len(data); {
			n := min(1+i%7, len(data)-i)
			if _, err := w.Write(data[i : i+n]); err != nil {
				t.Errorf("write: %v", err)
				break
			}
			i += n
		}
		b.end(w, 0)
	})
	b.wantWhole(r, data, 0)
	done.Wait()
}

func testTinyReads(t *testing.T, b bench) {
	data := random(40000, 3)
	w, r := b.pair("s")
	done := b.write(w, data, func() { b.end(w, 6) })
	got := make([]byte, 0, len(data))
	var err error
	for i := 0; err == nil; i++ {
		var n int
		n, err = r.Read(got[len(got):min(len(got)+1+i%7, cap(got))])
		got = got[:len(got)+n]
		if len(got) == cap(got) {
			break
		}
	}
	done.Wait()
	if err != nil || digest(got) != digest(data) {
		t.Errorf("%d of %d bytes came, %v", len(got), len(data), err)
	}
	b.wantWhole(r, nil, 6)
}

// testMany has all endings at once, each stream with data of its own.
func testMany(t *testing.T, b bench) {
	const streams = 24
	var done sync.WaitGroup
	for i := range streams {
		name := fmt.Sprintf("run/%d", i)
		data := random(10000+i*7001, uint32(i))
		b.removeLater(name)
		told := make(chan struct{})
		writer := func() {
			w := b.create(name)
			if i%3 == 2 {
				b.wantGone(b.flood(w, data, told))
				return
			}
			if n, err := w.Write(data); err != nil {
				t.Errorf("stream %d: %d bytes, %v", i, n, err)
			}
			if i%3 == 0 {
				b.end(w, i)
			} else {
				w.Break(&pipes.Broken{Cause: name})
			}
		}
		reader := func() {
			r := b.open(name)
			switch i % 3 {
			case 0:
				b.wantWhole(r, data, i)
			case 1:
				b.wantBroken(r, data, name)
			default:
				if _, err := io.CopyN(io.Discard, r, 5000); err != nil {
					t.Errorf("stream %d: %v", i, err)
				}
			}
			r.Close()
			close(told)
		}
		done.Go(writer)
		done.Go(reader)
	}
	done.Wait()
}
