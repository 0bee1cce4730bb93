package storetest

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sshell/pipes/objstore"
)

func testPutGet(t *testing.T, s objstore.Store) {
	for _, data := range []string{"first", "", "a longer second", "\x00\xff\n"} {
		put(t, s, "a/b", data)
		want(t, s, "a/b", data)
		wantKeys(t, s, "", "a/b")
	}
}

func testRanges(t *testing.T, s objstore.Store) {
	const data = "0123456789"
	put(t, s, "k", data)
	put(t, s, "empty", "")
	for off := int64(0); off <= 12; off++ {
		for n := int64(-1); n <= 12; n++ {
			start, end := min(off, 10), min(off+n, 10)
			if n < 0 {
				end = 10
			}
			got, err := readRange(t.Context(), s, "k", off, n)
			if err != nil || got != data[start:end] {
				t.Errorf("get %d bytes from %d: got %q, %v, want %q", n, off, got, err, data[start:end])
			}
		}
	}
	for _, off := range []int64{0, 1, 1 << 40} {
		if got, err := readRange(t.Context(), s, "empty", off, -1); got != "" || err != nil {
			t.Errorf("get from %d of an empty object: %q, %v", off, got, err)
		}
	}
	if got, err := readRange(t.Context(), s, "k", 2, 1<<62); got != data[2:] || err != nil {
		t.Errorf("get with a huge length: %q, %v", got, err)
	}
	if _, err := s.Get(t.Context(), "k", -1, 1); err == nil {
		t.Error("a negative offset is no error")
	}
}

func testMissing(t *testing.T, s objstore.Store) {
	wantKeys(t, s, "")
	for _, key := range []string{"k", "a/b/c", "a", "k/x"} {
		wantMissing(t, s, key)
		_, err := s.Get(t.Context(), key, 0, 0)
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("get no bytes of %q: %v, want an error that wraps fs.ErrNotExist", key, err)
		}
		wantPath(t, err, key)
		put(t, s, "k", "not to be taken for k/x")
		if key == "k" {
			put(t, s, "a/b/c/d", "nor for a")
			if err := s.Delete(t.Context(), "k"); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func testInvalidKeys(t *testing.T, s objstore.Store) {
	for _, key := range []string{"", "/", "/a", "a\x00b", strings.Repeat("k", objstore.MaxKey+1)} {
		_, statErr := objstore.Stat(t.Context(), s, key)
		_, getErr := s.Get(t.Context(), key, 0, -1)
		for op, err := range map[string]error{
			"put":    s.Put(t.Context(), key, strings.NewReader("x"), 1, false),
			"delete": s.Delete(t.Context(), key),
			"get":    getErr,
			"stat":   statErr,
		} {
			if !errors.Is(err, objstore.ErrKey) {
				t.Errorf("%s %.20q: %v, want an error that wraps ErrKey", op, key, err)
			}
		}
		if key != "" {
			wantKeys(t, s, key)
		}
	}
	wantKeys(t, s, "")
}

func testPutSize(t *testing.T, s objstore.Store) {
	rest := strings.NewReader("0123456789")
	if err := s.Put(t.Context(), "k", rest, 4, false); err != nil {
		t.Fatalf("put the first 4 of 10 bytes: %v", err)
	}
	want(t, s, "k", "0123")
	if rest.Len() != 6 {
		t.Errorf("put of 4 bytes left %d of 10", rest.Len())
	}
	if err := s.Put(t.Context(), "k", rest, -1, false); err != nil {
		t.Fatalf("put of unknown size: %v", err)
	}
	want(t, s, "k", "456789")
	err := s.Put(t.Context(), "k", strings.NewReader("short"), 6, false)
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("put of 5 bytes as 6: %v, want io.ErrUnexpectedEOF", err)
	}
	wantPath(t, err, "k")
	want(t, s, "k", "456789")
}

func testPutCreate(t *testing.T, s objstore.Store) {
	create := func(key, data string) error {
		return s.Put(t.Context(), key, strings.NewReader(data), int64(len(data)), true)
	}
	if err := create("a/commit", "first"); err != nil {
		t.Fatalf("create: %v", err)
	}
	err := create("a/commit", "second")
	if !errors.Is(err, fs.ErrExist) {
		t.Errorf("create again: %v, want an error that wraps fs.ErrExist", err)
	}
	wantPath(t, err, "a/commit")
	want(t, s, "a/commit", "first")
	if err := s.Delete(t.Context(), "a/commit"); err != nil {
		t.Fatalf("delete: %v", err)
	}
	if err := create("a/commit", "third"); err != nil {
		t.Fatalf("create after delete: %v", err)
	}
	want(t, s, "a/commit", "third")
}

// testPutFailsWhole looks for what a failed Put leaves: nothing new, and nothing old lost.
func testPutFailsWhole(t *testing.T, s objstore.Store) {
	broken := errors.New("broken body")
	for _, old := range []string{"", "old"} {
		if old != "" {
			put(t, s, "a/k", old)
		}
		ctx, cancel := context.WithCancel(t.Context())
		for _, c := range []struct {
			name string
			body script
			err  error
		}{
			{"error at once", script{func([]byte) (int, error) { return 0, broken }}, broken},
			{"error later", script{gives("part"), func([]byte) (int, error) { return 0, broken }}, broken},
			{"error with bytes", script{func(p []byte) (int, error) { return copy(p, "part"), broken }}, broken},
			{"context ends", script{gives("part"), func(p []byte) (int, error) { cancel(); return copy(p, "more"), nil },
				gives("rest")}, context.Canceled},
		} {
			for _, create := range []bool{false, old == ""} {
				body := c.body
				if err := s.Put(ctx, "a/k", &body, -1, create); !errors.Is(err, c.err) {
					t.Errorf("put, %s: %v, want %v", c.name, err, c.err)
				}
				if old == "" {
					wantMissing(t, s, "a/k")
					wantKeys(t, s, "")
				} else {
					want(t, s, "a/k", old)
					wantKeys(t, s, "", "a/k")
				}
			}
		}
	}
}

// testPutWakesBody has a body that blocks for ever, with the deadlines of a pipe.
func testPutWakesBody(t *testing.T, s objstore.Store) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Put(ctx, "k", r, -1, false) }()
	if _, err := w.WriteString("part"); err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("put from a blocked pipe: %v, want context.Canceled", err)
	}
	wantMissing(t, s, "k")
	wantKeys(t, s, "")
}

func testPutFromFile(t *testing.T, s objstore.Store) {
	data := pattern(9<<20 + 1)
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, c := range []struct {
		off  int64
		size int64
	}{{0, -1}, {5, -1}, {1 << 20, 8<<20 + 1}, {1, 3}, {int64(len(data)), -1}} {
		if _, err := f.Seek(c.off, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		if err := s.Put(t.Context(), "k", f, c.size, false); err != nil {
			t.Fatalf("put %d bytes of a file from %d: %v", c.size, c.off, err)
		}
		end := int64(len(data))
		if c.size >= 0 {
			end = c.off + c.size
		}
		got, err := read(t.Context(), s, "k")
		if err != nil {
			t.Fatal(err)
		}
		wantBytes(t, "a file's part", []byte(got), data[c.off:end])
	}
	if err := s.Put(t.Context(), "k", f, 1, false); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("put of a byte of a file at its end: %v, want io.ErrUnexpectedEOF", err)
	}
}

func testBigBody(t *testing.T, s objstore.Store) {
	data := pattern(24 << 20)
	r, w := io.Pipe()
	go func() {
		for rest, n := data, 1; len(rest) > 0; n = n*3 + 1 {
			n = min(n%(1<<20), len(rest))
			w.Write(rest[:n])
			rest = rest[n:]
		}
		w.Close()
	}()
	if err := s.Put(t.Context(), "big", r, -1, false); err != nil {
		t.Fatalf("put: %v", err)
	}
	body, err := s.Get(t.Context(), "big", 0, -1)
	if err != nil {
		t.Fatalf("get: %v", err)
	}
	defer body.Close()
	digest := sha256.New()
	if _, err := io.Copy(digest, body); err != nil {
		t.Fatalf("read: %v", err)
	}
	if sum := sha256.Sum256(data); string(digest.Sum(nil)) != string(sum[:]) {
		t.Error("a big object came back changed")
	}
	got, err := readRange(t.Context(), s, "big", 20<<20+7, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	wantBytes(t, "a range of a big object", []byte(got), data[20<<20+7:21<<20+7])
}

func testReadWhileReplaced(t *testing.T, s objstore.Store, with traits) {
	old := string(pattern(3 << 20))
	put(t, s, "k", old)
	body, err := s.Get(t.Context(), "k", 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	first := make([]byte, 1000)
	if _, err := io.ReadFull(body, first); err != nil {
		t.Fatal(err)
	}
	put(t, s, "k", "new")
	if err := s.Delete(t.Context(), "k"); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(body)
	if err != nil && with.has(Cuts) {
		wantBytes(t, "the beginning of an object that was deleted while it was read", append(first, rest...), []byte(old)[:len(first)+len(rest)])
		return
	}
	if err != nil {
		t.Fatalf("read on after the object was replaced and deleted: %v", err)
	}
	wantBytes(t, "an object that was replaced while it was read", append(first, rest...), []byte(old))
}

func testEndedContext(t *testing.T, s objstore.Store) {
	put(t, s, "k", "data")
	ctx, cancel := context.WithCancel(t.Context())
	body, err := s.Get(ctx, "k", 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	cancel()
	_, readErr := io.ReadAll(body)
	_, getErr := s.Get(ctx, "k", 0, -1)
	_, statErr := objstore.Stat(ctx, s, "k")
	var listErr error
	for _, err := range s.List(ctx, "") {
		listErr = err
	}
	for op, err := range map[string]error{
		"read":   readErr,
		"get":    getErr,
		"stat":   statErr,
		"list":   listErr,
		"put":    s.Put(ctx, "k", strings.NewReader("new"), 3, false),
		"delete": s.Delete(ctx, "k"),
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s after the context ended: %v, want context.Canceled", op, err)
		}
	}
	want(t, s, "k", "data")
}

func testDelete(t *testing.T, s objstore.Store) {
	for _, key := range []string{"a", "b/c", "b/d", "e/f/g"} {
		put(t, s, key, "x")
	}
	if err := s.Delete(t.Context(), "a", "b/d", "e/f/g", "e", "nothing", "b/d/nothing"); err != nil {
		t.Errorf("delete, some keys missing: %v", err)
	}
	wantKeys(t, s, "", "b/c")
	if err := s.Delete(t.Context()); err != nil {
		t.Errorf("delete nothing: %v", err)
	}
	if err := s.Delete(t.Context(), "b/c", "b/c"); err != nil {
		t.Errorf("delete twice: %v", err)
	}
	wantKeys(t, s, "")
	put(t, s, "b", "where a folder was")
	put(t, s, "e/f", "where a folder was")
	wantKeys(t, s, "", "b", "e/f")
}
