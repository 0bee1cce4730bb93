package chunk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
)

func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "reads")
	writeFile(t, path, "0123456789")
	f := mustOpen(t, path)
	if f.Size() != 10 || f.Name() != path || f.Path() != path || f.Base() != 0 {
		t.Fatal(f.Size(), f.Name(), f.Path(), f.Base())
	}
	if err := iotest.TestReader(io.NewSectionReader(f, 0, 10), []byte("0123456789")); err != nil {
		t.Fatal(err)
	}
	readAt(t, f, 20, 8, "89", io.EOF)
	readAt(t, f, 2, 10, "", io.EOF)

	if err := f.Idle(); err != nil {
		t.Fatal(err)
	}
	readAt(t, f, 3, 1, "123", nil)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	readAt(t, f, 3, 1, "", os.ErrClosed)
}

func readAt(t *testing.T, r io.ReaderAt, n, off int, want string, wantErr error) {
	t.Helper()
	p := make([]byte, n)
	got, err := r.ReadAt(p, int64(off))
	if string(p[:got]) != want || !errors.Is(err, wantErr) {
		t.Fatalf("read %q, %v, want %q, %v", p[:got], err, want, wantErr)
	}
}

func TestFileReplaced(t *testing.T) {
	dir := t.TempDir()
	path, other := filepath.Join(dir, "reads"), filepath.Join(dir, "other")
	writeFile(t, path, "a\nb\n")
	writeFile(t, other, "c\nd\n")
	f := mustOpen(t, path)
	if err := os.Rename(other, path); err != nil {
		t.Fatal(err)
	}
	_, err := planAll(t, []Source{f}, Lines, Spec{BySize, 1})
	if err == nil || err.Error() != path+": replaced by another file since it was opened" {
		t.Fatal(err)
	}
}

// TestFromFile splits what is left of an open file.
func TestFromFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "reads")
	writeFile(t, path, "header\na\nb\n")
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.Seek(7, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	f, err := FromFile(file, "standard input")
	if err != nil {
		t.Fatal(err)
	}
	if f.Size() != 4 || f.Base() != 7 || f.Name() != "standard input" || f.Path() != path {
		t.Fatal(f.Size(), f.Base(), f.Name(), f.Path())
	}
	chunks, err := planAll(t, []Source{f}, Lines, Spec{BySize, 1})
	if got := fmt.Sprint(chunks); got != "[{0 0 2 0} {0 2 4 1}]" || err != nil {
		t.Fatal(got, err)
	}
	readAt(t, f, 9, 0, "a\nb\n", io.EOF)
	if off, err := file.Seek(0, io.SeekCurrent); off != 7 || err != nil {
		t.Fatal("the offset moved to ", off, err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := file.Stat(); err != nil {
		t.Fatal("the caller's file is closed: ", err)
	}
	if _, err := FromFile(os.Stdin, "standard input"); err != nil && !errors.Is(err, ErrNotSeekable) {
		t.Fatal(err)
	}
}

// bucket is a store of one object, which notes what was asked of it.
type bucket struct {
	data []byte
	mu   sync.Mutex
	gets []string
}

func (b *bucket) Get(ctx context.Context, key string, off, n int64) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if key != "key" {
		return nil, os.ErrNotExist
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.gets = append(b.gets, fmt.Sprintf("%d+%d", off, n))
	return io.NopCloser(iotest.HalfReader(bytes.NewReader(b.data[off:min(off+n, int64(len(b.data)))]))), nil
}

func TestObject(t *testing.T) {
	b := &bucket{data: []byte("0123456789")}
	o := NewObject(b, "key", "s3://b/key", 10)
	if err := iotest.TestReader(io.NewSectionReader(o, 0, 10), b.data); err != nil {
		t.Fatal(err)
	}
	readAt(t, o, 20, 8, "89", io.EOF)
	readAt(t, o, 2, 10, "", io.EOF)
	if o.Name() != "s3://b/key" || o.Key() != "key" || o.Size() != 10 {
		t.Fatal(o)
	}
	_, err := planAll(t, []Source{NewObject(b, "gone", "s3://b/gone", 10)}, Lines, Spec{BySize, 5})
	if err == nil || err.Error() != "s3://b/gone: file does not exist" || !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
}

// TestRangeReads bounds what a cut of an object costs: one request of 8 KiB, and
// more where records are longer.
func TestRangeReads(t *testing.T) {
	for _, c := range []struct {
		record, offset int
		want           string
	}{
		{100, 500000, "[499936+8192]"},
		{70 << 10, 6*70<<10 + 1, "[430017+8192 438209+32512 470721+130048]"},
	} {
		line := strings.Repeat("x", c.record-1) + "\n"
		b := &bucket{data: []byte(strings.Repeat(line, 2<<20/c.record))}
		src := NewObject(b, "key", "s3://b/key", int64(len(b.data)))
		got, err := Cut(t.Context(), src, Lines, int64(c.offset))
		if want := int64((c.offset + c.record - 1) / c.record * c.record); got != want || err != nil {
			t.Errorf("cut %d, %v, want %d", got, err, want)
		}
		if got := fmt.Sprint(b.gets); got != c.want {
			t.Errorf("records of %d bytes: gets %s, want %s", c.record, got, c.want)
		}
	}
}
