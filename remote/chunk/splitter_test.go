package chunk

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// endless is a stream of n bytes: one letter, but for the last.
type endless struct {
	n    int64
	last byte
}

func (e *endless) Read(p []byte) (int, error) {
	if e.n == 0 {
		return 0, io.EOF
	}
	p = p[:min(int64(len(p)), e.n)]
	for i := range p {
		p[i] = 'x'
	}
	if e.n -= int64(len(p)); e.n == 0 {
		p[len(p)-1] = e.last
	}
	return len(p), nil
}

// TestLongRecordsPassThrough splits a stream whose one record does not end for
// 64 MiB, and looks at the memory that takes.
func TestLongRecordsPassThrough(t *testing.T) {
	const size = 64 * mib
	for _, format := range []Format{Lines, NUL, CSV, SAM, Bytes, mustParse(t, "recend:;")} {
		for _, spec := range []Spec{{BySize, mib}, {ByRecords, 1 << 40}} {
			sep, _ := format.delimiter()
			s, err := NewSplitter(&endless{size, sep}, "stream", format, spec)
			if err != nil {
				t.Fatal(err)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			var got int64
			body, err := s.Next()
			for err == nil {
				var n int64
				if n, err = body.WriteTo(io.Discard); err == nil {
					got += n
					body, err = s.Next()
				}
			}
			runtime.ReadMemStats(&after)
			if err != io.EOF || got != size {
				t.Errorf("%s %+v: %d bytes, %v", format, spec, got, err)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > size/2 { // the race detector makes a pool forget
				t.Errorf("%s %+v: %s allocated", format, spec, FormatSize(int64(used)))
			}
		}
	}
}

// TestLongReads grows the block for what fastq must see together.
func TestLongReads(t *testing.T) {
	read := "@r\n" + strings.Repeat("A", 5*mib) + "\n+\n" + strings.Repeat("@", 5*mib) + "\n"
	data := []byte(strings.Repeat(read, 3))
	starts := []int{0, len(read), 2 * len(read)}
	for _, spec := range []Spec{{BySize, mib}, {BySize, 11 * mib}, {ByRecords, 1}, {ByRecords, 2}, {ByLines, 5}} {
		checkPlan(t, FASTQ, data, starts, spec, readsFor)
		checkStream(t, FASTQ, data, starts, spec, 100_000, blockSize)
	}
}

// TestSlowStream wants each chunk as soon as its bytes are there.
func TestSlowStream(t *testing.T) {
	r, w := io.Pipe()
	s, err := NewSplitter(r, "stream", Lines, Spec{ByRecords, 2})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		go w.Write(fmt.Appendf(nil, "a%d\nb%d\n", i, i))
		body, err := s.Next()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(body); string(got) != fmt.Sprintf("a%d\nb%d\n", i, i) || err != nil {
			t.Fatalf("%q, %v", got, err)
		}
	}
	go w.Close()
	if _, err := s.Next(); err != io.EOF {
		t.Fatal(err)
	}
}

// TestPiecesAreOwned keeps pieces while the stream goes on, and reads and frees
// them on other goroutines.
func TestPiecesAreOwned(t *testing.T) {
	data := []byte(randomText(rand.New(rand.NewPCG(5, 6)), "abc\n", 8*mib))
	s, err := NewSplitter(bytes.NewReader(data), "stream", Lines, Spec{BySize, 300_000})
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	for {
		body, err := s.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		pieces, whole, err := body.Load(mib)
		if !whole || err != nil {
			t.Fatal(whole, err)
		}
		start := body.Start
		running.Go(func() {
			for _, p := range pieces {
				if !bytes.Equal(p.Data, data[start:start+int64(len(p.Data))]) {
					t.Errorf("other bytes at %d", start)
				}
				start += int64(len(p.Data))
				p.Free()
			}
		})
	}
	running.Wait()
}

// TestNextSkips takes some of each chunk only.
func TestNextSkips(t *testing.T) {
	s, err := newSplitter(strings.NewReader("aaa\nbbb\nccc\nddd"), "stream", Lines, Spec{ByRecords, 1}, 3)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	var left *Body
	for {
		body, err := s.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if left != nil {
			if _, err := left.Read(make([]byte, 1)); err != errLeft {
				t.Fatal(err)
			}
		}
		left = body
		p := make([]byte, len(got)) // none of the first, one byte of the second …
		if _, err := io.ReadFull(body, p); err != nil {
			t.Fatal(err)
		}
		got = append(got, string(p))
	}
	if want := "[ b cc ddd]"; fmt.Sprint(got) != want {
		t.Fatalf("%q", got)
	}
}

type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

func TestNoProgress(t *testing.T) {
	s, err := NewSplitter(stuck{}, "stream", Lines, Spec{BySize, 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Next(); err == nil || err.Error() != "stream: "+io.ErrNoProgress.Error() {
		t.Fatal(err)
	}
}
