package chunk

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// narrow makes every search move its window and every count cross regions.
func narrow(n int64) func(Source) reads {
	return func(Source) reads { return reads{back: n, first: n, region: 2 * n, parityBlock: n, concurrency: 2} }
}

// specs are all ways to size the chunks of data that make a difference.
func specs(data []byte, records int) []Spec {
	all := []Spec{{BySize, math.MaxInt64}, {ByCount, math.MaxInt64}, {ByRecords, math.MaxInt64}, {ByLines, math.MaxInt64}}
	for n := range int64(len(data) + 1) {
		all = append(all, Spec{BySize, n + 1})
		if n < 12 || n > int64(len(data)-2) {
			all = append(all, Spec{ByCount, n + 1})
		}
	}
	for n := range int64(min(records, 12) + 1) {
		all = append(all, Spec{ByRecords, n + 1})
	}
	for n := range int64(min(bytes.Count(data, []byte("\n")), 12) + 1) {
		all = append(all, Spec{ByLines, n + 1})
	}
	return all
}

// TestPromise holds every format to the package's promise, for every chunk size.
func TestPromise(t *testing.T) {
	for _, in := range wellFormed() {
		t.Run(in.format+"/"+in.name, func(t *testing.T) {
			format := mustParse(t, in.format)
			data := []byte(in.data)
			starts := recordStarts(in.format, data)
			checkCuts(t, format, data, starts)
			for _, spec := range specs(data, len(starts)) {
				checkPlan(t, format, data, starts, spec, readsFor)
				checkPlan(t, format, data, starts, spec, narrow(1))
				checkPlan(t, format, data, starts, spec, narrow(5))
				checkStream(t, format, data, starts, spec, 1, blockSize)
				checkStream(t, format, data, starts, spec, 1, 2)
				checkStream(t, format, data, starts, spec, 7, 16)
				checkStream(t, format, data, starts, spec, len(data)+1, 32)
			}
		})
	}
}

func mustParse(t testing.TB, name string) Format {
	t.Helper()
	format, err := ParseFormat(name)
	if err != nil {
		t.Fatal(err)
	}
	if format.String() != name {
		t.Fatalf("ParseFormat(%q) calls itself %q", name, format)
	}
	return format
}

// checkCuts compares every cut with the oracle's, from windows of several sizes.
// That makes cuts monotone and idempotent, which is checked all the same.
func checkCuts(t testing.TB, format Format, data []byte, starts []int) {
	t.Helper()
	src := newMemSource("data", data)
	for _, width := range []int64{1, 3, 64} {
		c := &Cutter{src: src, format: format, reads: narrow(width)(src)}
		last := int64(0)
		for off := range int64(len(data) + 2) {
			got, err := c.Cut(t.Context(), off)
			if err != nil {
				t.Fatalf("cut at %d of %q: %v", off, data, err)
			}
			if want := int64(cutIn(starts, len(data), min(int(off), len(data)))); got != want {
				t.Fatalf("cut at %d of %q, reads of %d: %d, want %d", off, data, width, got, want)
			}
			if again, err := c.Cut(t.Context(), got); got < last || again != got || err != nil {
				t.Fatalf("cut at %d of %q: %d after %d, cut again %d, %v", off, data, got, last, again, err)
			}
			last = got
		}
	}
}

func checkPlan(t testing.TB, format Format, data []byte, starts []int, spec Spec, reads func(Source) reads) {
	t.Helper()
	want := endsIn(starts, data, spec)
	start := 0
	n := 0
	for c, err := range plan(t.Context(), []Source{newMemSource("data", data)}, format, spec, reads) {
		if err != nil {
			t.Fatalf("%s %+v of %q: %v", format, spec, data, err)
		}
		if n >= len(want) || c != (Chunk{Start: int64(start), End: int64(want[n]), Index: n}) {
			t.Fatalf("%s %+v of %q: chunk %d is %+v, want ends %v", format, spec, data, n, c, want)
		}
		start = want[n]
		n++
	}
	if n != len(want) {
		t.Fatalf("%s %+v of %q: %d chunks, want ends %v", format, spec, data, n, want)
	}
}

func checkStream(t testing.TB, format Format, data []byte, starts []int, spec Spec, read, block int) {
	t.Helper()
	if spec.By == ByCount {
		return
	}
	want := endsIn(starts, data, spec)
	rnd := rand.New(rand.NewPCG(uint64(spec.N), uint64(read)))
	ends, all, err := splitAll(dribble{bytes.NewReader(data), func() int { return 1 + rnd.IntN(read) }}, format, spec, block)
	if err != nil || !slices.Equal(ends, want) || !bytes.Equal(all, data) {
		t.Fatalf("%s %+v of stream %q, reads to %d, block of %d: ends %v, want %v, bytes %q, %v", format, spec, data, read, block, ends, want, all, err)
	}
}

// splitAll returns where a stream's chunks end, and their bytes. It reads them in
// each of the ways there are.
func splitAll(r io.Reader, format Format, spec Spec, block int) (ends []int, all []byte, err error) {
	s, err := newSplitter(r, "stream", format, spec, block)
	if err != nil {
		return nil, nil, err
	}
	for i := 0; ; i++ {
		body, err := s.Next()
		if err == io.EOF {
			if _, again := s.Next(); again != io.EOF {
				return nil, nil, fmt.Errorf("after io.EOF: %v", again)
			}
			return ends, all, nil
		}
		if err != nil {
			return ends, all, err
		}
		if body.Index != i || body.Start != int64(len(all)) {
			return nil, nil, fmt.Errorf("chunk %d at %d says it is %d at %d", i, len(all), body.Index, body.Start)
		}
		got, err := readBody(body, i)
		all = append(all, got...)
		if err != nil {
			return ends, all, err
		}
		if len(got) == 0 {
			return nil, nil, errors.New("empty chunk")
		}
		ends = append(ends, len(all))
	}
}

func readBody(body *Body, way int) ([]byte, error) {
	var got bytes.Buffer
	switch way % 3 {
	case 0:
		_, err := body.WriteTo(&got)
		return got.Bytes(), err
	case 1:
		_, err := got.ReadFrom(struct{ io.Reader }{body}) // by Read
		return got.Bytes(), err
	}
	for {
		pieces, whole, err := body.Load(3)
		for _, p := range pieces {
			got.Write(p.Data)
			p.Free()
		}
		if whole || err != nil {
			return got.Bytes(), err
		}
	}
}
