package pipetest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"sync"
	"testing"

	"sshell/pipes"
)

func testEndOfFile(t *testing.T, b bench) {
	for i, status := range []int{0, 1, 125, 137, 141, 255} {
		name := string(rune('a' + i))
		w, r := b.pair(name)
		if _, known := r.Status(); known {
			t.Error("a status is known before the end")
		}
		data := random(1000, uint32(status))
		done := b.write(w, data, func() { b.end(w, status) })
		b.wantWhole(r, data, status)
		done.Wait()
		if got := w.Stats().Bytes; got != 1000 {
			t.Errorf("the writer counted %d bytes, want 1000", got)
		}
		if got := r.Stats().Bytes; got != 1000 {
			t.Errorf("the reader counted %d bytes, want 1000", got)
		}
	}
}

func testEmpty(t *testing.T, b bench) {
	w, r := b.pair("s")
	if n, err := w.Write(nil); n != 0 || err != nil {
		t.Errorf("write nothing: %d, %v", n, err)
	}
	b.end(w, 3)
	b.wantWhole(r, nil, 3)
}

func testStickyEndings(t *testing.T, b bench) {
	w, r := b.pair("whole")
	b.end(w, 7)
	b.end(w, 8)
	w.Break(&pipes.Broken{Cause: "after the end"})
	for range 3 {
		b.wantWhole(r, nil, 7)
	}
	w, r = b.pair("broken")
	w.Break(&pipes.Broken{Cause: "first"})
	w.Break(&pipes.Broken{Cause: "second"})
	for range 3 {
		b.wantBroken(r, nil, "first")
		b.wantCause(w.End(0), "first")
		_, err := w.Write([]byte("x"))
		b.wantCause(err, "first")
	}
}

func testReaderFirst(t *testing.T, b bench) {
	b.removeLater("s")
	r := b.open("s")
	data := random(100, 1)
	var done sync.WaitGroup
	done.Go(func() { b.wantWhole(r, data, 0) })
	b.settle()
	w := b.create("s")
	b.write(w, data, func() { b.end(w, 0) }).Wait()
	done.Wait()
}

// testWriterFirst has a writer that is done before the reader begins, with less than any pipe holds.
func testWriterFirst(t *testing.T, b bench) {
	b.removeLater("s")
	data := random(1000, 2)
	w := b.create("s")
	b.write(w, data, func() { b.end(w, 9) }).Wait()
	b.wantWhole(b.open("s"), data, 9)
}

func testWriterBreaks(t *testing.T, b bench) {
	w, r := b.pair("s")
	data := random(1000, 3)
	b.write(w, data, func() {}).Wait()
	w.Break(&pipes.Broken{Cause: "lost", Next: "other"})
	_, err := io.ReadAll(r)
	var broken *pipes.Broken
	if !errors.As(err, &broken) || *broken != (pipes.Broken{Cause: "lost", Next: "other"}) {
		t.Errorf("the reader got %v, want what the writer broke it with", err)
	}
	b.wantBroken(r, data, "lost")
}

func testBreakBeforeEnds(t *testing.T, b bench) {
	b.removeLater("s")
	b.breakStream("s", "early", "")
	b.breakStream("s", "late", "")
	w, r := b.create("s"), b.open("s")
	b.wantBroken(r, nil, "early")
	_, err := w.Write([]byte("x"))
	b.wantCause(err, "early")
	b.wantCause(w.End(0), "early")
}

func testBreakBlockedReader(t *testing.T, b bench) {
	w, r := b.pair("s")
	if _, err := w.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(r, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	var done sync.WaitGroup
	done.Go(func() { b.wantBroken(r, nil, "killed") })
	b.settle()
	b.breakStream("s", "killed", "")
	done.Wait()
	b.wantCause(w.End(0), "killed")
}

func testBreakBlockedWriter(t *testing.T, b bench) {
	w, r := b.pair("s")
	data := random(flooded, 4)
	told := make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() { b.wantCause(b.flood(w, data, told), "killed") })
	b.readOne(r, data)
	b.settle()
	b.breakStream("s", "killed", "")
	close(told)
	done.Wait()
	got, err := io.ReadAll(r)
	b.wantCause(err, "killed")
	if n := min(len(got), flooded-1); !bytes.Equal(got[:n], data[1:1+n]) {
		t.Errorf("the %d bytes before the break are not what was written", len(got))
	}
}

func testBreakAfterEnd(t *testing.T, b bench) {
	w, r := b.pair("s")
	data := random(1000, 5)
	b.write(w, data, func() { b.end(w, 4) }).Wait()
	b.breakStream("s", "too late", "")
	b.wantWhole(r, data, 4)
}

// testBreakRacesEnd: whichever comes first, both ends must agree.
func testBreakRacesEnd(t *testing.T, b bench) {
	for range rounds {
		w, r := b.create("s"), b.open("s")
		data := random(100, 6)
		b.write(w, data, func() {}).Wait()
		var done sync.WaitGroup
		var endErr error
		done.Go(func() { endErr = w.End(0) })
		done.Go(func() { b.breakStream("s", "race", "") })
		got, err := io.ReadAll(r)
		done.Wait()
		if (err == nil) != (endErr == nil) {
			t.Errorf("reader: %v, writer: %v", err, endErr)
		}
		if err == nil && len(got) != len(data) {
			t.Errorf("end of file after %d of %d bytes", len(got), len(data))
		}
		r.Close()
		if err := b.transport.Remove(b.Context(), "s"); err != nil {
			t.Error(err)
		}
	}
}

func testReaderGone(t *testing.T, b bench) {
	w, r := b.pair("s")
	data := random(64<<10, 7)
	told := make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		b.wantGone(b.flood(w, data, told))
		b.end(w, pipes.StatusReaderGone)
	})
	if _, err := io.ReadFull(r, make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	b.settle()
	if err := r.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	if err := r.Close(); err != nil {
		t.Errorf("close again: %v", err)
	}
	close(told)
	done.Wait()
}

func testReaderGoneBeforeWriter(t *testing.T, b bench) {
	b.removeLater("s")
	if err := b.open("s").Close(); err != nil {
		t.Fatal(err)
	}
	b.wantGone(b.flood(b.create("s"), random(64<<10, 8), closed()))
}

func closed() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

func (b bench) wantGone(err error) {
	b.Helper()
	if !errors.Is(err, pipes.ErrReaderGone) || errors.Is(err, pipes.ErrBroken) {
		b.Errorf("write without a reader: %v, want ErrReaderGone", err)
	}
}

// testReaderContext: the end of a reader's context is no ending of the stream.
func testReaderContext(t *testing.T, b bench) {
	b.removeLater("s")
	ctx, cancel := context.WithCancel(t.Context())
	r, err := b.transport.Open(ctx, "s")
	if err != nil {
		t.Fatal(err)
	}
	var done sync.WaitGroup
	done.Go(func() {
		if _, err := r.Read(make([]byte, 1)); !errors.Is(err, context.Canceled) || errors.Is(err, pipes.ErrBroken) {
			t.Errorf("read after the reader's context ended: %v, want context.Canceled", err)
		}
	})
	b.settle()
	cancel()
	done.Wait()
	w := b.create("s")
	if _, err := w.Write([]byte("x")); err != nil {
		t.Errorf("write before the reader is closed: %v", err)
	}
	r.Close()
	b.wantGone(b.flood(w, random(64<<10, 9), closed()))
}

func testWriterContext(t *testing.T, b bench) {
	b.removeLater("s")
	ctx, cancel := context.WithCancel(t.Context())
	w, err := b.transport.Create(ctx, "s")
	if err != nil {
		t.Fatal(err)
	}
	data := random(flooded, 10)
	told := make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		if err := b.flood(w, data, told); !errors.Is(err, context.Canceled) && !errors.Is(err, pipes.ErrBroken) {
			t.Errorf("write after the writer's context ended: %v, want context.Canceled", err)
		}
	})
	r := b.open("s")
	b.readOne(r, data)
	b.settle()
	cancel()
	close(told)
	done.Wait()
	b.wantCause(w.End(0), "")
	_, err = io.Copy(io.Discard, r)
	b.wantCause(err, "")
}

// testWriterContextThenEnd: what was written with an ended context may be missing, so that it must not end well.
func testWriterContextThenEnd(t *testing.T, b bench) {
	for i := range rounds {
		ctx, cancel := context.WithCancel(t.Context())
		w, err := b.transport.Create(ctx, "s")
		if err != nil {
			t.Fatal(err)
		}
		r := b.open("s")
		cancel()
		if i%2 == 0 {
			if _, err := w.Write([]byte("x")); err == nil {
				t.Error("a write with an ended context succeeded")
			}
		}
		b.wantCause(w.End(0), "")
		b.wantBroken(r, nil, "")
		r.Close()
		if err := b.transport.Remove(t.Context(), "s"); err != nil {
			t.Error(err)
		}
	}
}

func testWriteAfterEnd(t *testing.T, b bench) {
	w, r := b.pair("s")
	b.end(w, 0)
	if _, err := w.Write([]byte("x")); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("write after end: %v, want fs.ErrClosed", err)
	}
	b.wantWhole(r, nil, 0)
}

func testReadAfterClose(t *testing.T, b bench) {
	w, r := b.pair("s")
	if _, err := w.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	r.Close()
	if n, err := r.Read(make([]byte, 1)); n != 0 || !errors.Is(err, fs.ErrClosed) {
		t.Errorf("read after close: %d, %v, want fs.ErrClosed", n, err)
	}
}
