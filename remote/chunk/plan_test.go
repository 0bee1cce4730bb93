package chunk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func sourcesOf(data ...string) []Source {
	var sources []Source
	for i, d := range data {
		sources = append(sources, newMemSource(fmt.Sprint("source ", i), []byte(d)))
	}
	return sources
}

func TestPlanOfSeveralSources(t *testing.T) {
	sources := sourcesOf("", "a\nb\nc\n", "", "d", "e\nf\n", "")
	for _, c := range []struct {
		spec Spec
		want string
	}{
		{Spec{BySize, 3}, "[{1 0 4 0} {1 4 6 1} {3 0 1 2} {4 0 4 3}]"},
		{Spec{BySize, 100}, "[{1 0 6 0} {3 0 1 1} {4 0 4 2}]"},
		{Spec{ByRecords, 2}, "[{1 0 4 0} {1 4 6 1} {3 0 1 2} {4 0 4 3}]"},
		{Spec{ByLines, 1}, "[{1 0 2 0} {1 2 4 1} {1 4 6 2} {3 0 1 3} {4 0 2 4} {4 2 4 5}]"},
		{Spec{ByCount, 1}, "[{1 0 6 0} {3 0 1 1} {4 0 4 2}]"},
		{Spec{ByCount, 5}, "[{1 0 4 0} {1 4 6 1} {3 0 1 2} {4 0 2 3} {4 2 4 4}]"},
	} {
		chunks, err := planAll(t, sources, Lines, c.spec)
		if got := fmt.Sprint(chunks); got != c.want || err != nil {
			t.Errorf("%+v: %s, %v, want %s", c.spec, got, err, c.want)
		}
	}
	if chunks, err := planAll(t, nil, Lines, Spec{BySize, 1}); len(chunks) > 0 || err != nil {
		t.Error(chunks, err)
	}
}

// sized is a source of some size that cannot be read.
type sized int64

func (s sized) Size() int64                       { return int64(s) }
func (s sized) Name() string                      { return "sized" }
func (s sized) ReadAt([]byte, int64) (int, error) { return 0, errors.New("read") }

func TestSharesAddUp(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		var sources []Source
		filled := int64(0)
		for range 1 + rnd.IntN(9) {
			size := rnd.Int64N(1 << rnd.IntN(62))
			sources = append(sources, sized(size))
			filled += min(size, 1)
		}
		n := 1 + rnd.Int64N(1<<rnd.IntN(40))
		sum := int64(0)
		for i, k := range shares(sources, Spec{ByCount, n}) {
			if (k > 0) != (sources[i].Size() > 0) {
				t.Fatalf("%v in %d: source %d gets %d", sources, n, i, k)
			}
			sum += k
		}
		if want := max(n, filled); sum != want && filled > 0 {
			t.Fatalf("%v in %d: %d chunks", sources, n, sum)
		}
	}
}

// TestHugePlans plans what nobody can hold, without reading where bytes are records.
func TestHugePlans(t *testing.T) {
	for _, c := range []struct {
		spec Spec
		want int
	}{
		{Spec{BySize, math.MaxInt64}, 1},
		{Spec{BySize, math.MaxInt64 - 1}, 2},
		{Spec{BySize, 1 << 50}, 1 << 13},
		{Spec{ByCount, 10_000}, 10_000},
		{Spec{ByRecords, 1 << 50}, 1 << 13},
	} {
		end, n := int64(0), 0
		for chunk, err := range Plan(t.Context(), []Source{sized(math.MaxInt64)}, Bytes, c.spec) {
			if err != nil || chunk.Start != end || chunk.End <= end || chunk.Index != n {
				t.Fatalf("%+v: %+v after %d, %v", c.spec, chunk, end, err)
			}
			end = chunk.End
			n++
		}
		if end != math.MaxInt64 || n != c.want {
			t.Errorf("%+v: %d chunks up to %d", c.spec, n, end)
		}
	}
}

// reading notes how many bytes of a source were read.
type reading struct {
	Source
	bytes atomic.Int64
	idle  int
}

func (r *reading) ReadAt(p []byte, off int64) (int, error) {
	r.bytes.Add(int64(len(p)))
	return r.Source.ReadAt(p, off)
}

func (r *reading) Idle() error {
	r.idle++
	return nil
}

func TestPlanIsLazy(t *testing.T) {
	const size = 64 * mib
	for _, c := range []struct {
		spec Spec
		most int64 // bytes read before the second chunk
	}{
		{Spec{BySize, 100}, 4 * firstRead},
		{Spec{ByCount, 100_000}, 4 * firstRead},
		{Spec{ByRecords, 10}, (countingGoroutines+1)*regionSize + firstRead},
		{Spec{ByLines, 10}, (countingGoroutines+1)*regionSize + firstRead},
	} {
		src := &reading{Source: pattern{size, []byte("a line of twenty by\n")}}
		next, stop := iter.Pull2(Plan(t.Context(), []Source{src}, Lines, c.spec))
		if src.bytes.Load() != 0 {
			t.Errorf("%+v: reads before the first chunk is asked for", c.spec)
		}
		for range 2 {
			if _, err, ok := next(); err != nil || !ok {
				t.Fatal(err, ok)
			}
		}
		stop()
		if got := src.bytes.Load(); got > c.most {
			t.Errorf("%+v: %d bytes read for two chunks", c.spec, got)
		}
	}
}

// pattern is a source of some bytes, again and again.
type pattern struct {
	size int64
	unit []byte
}

func (p pattern) Size() int64  { return p.size }
func (p pattern) Name() string { return "pattern" }
func (p pattern) ReadAt(b []byte, off int64) (int, error) {
	b = b[:min(int64(len(b)), p.size-off)]
	n := copy(b, p.unit[off%int64(len(p.unit)):])
	n += copy(b[n:], p.unit)
	for n < len(b) {
		n += copy(b[n:], p.unit[(off+int64(n))%int64(len(p.unit)):])
	}
	return n, nil
}

// TestManyChunks plans 100,000 chunks with little read and nothing kept.
func TestManyChunks(t *testing.T) {
	const n, size = 100_000, 1 << 30
	src := &reading{Source: pattern{size, []byte("a line of twenty by\n")}}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	chunks := 0
	for _, err := range Plan(t.Context(), []Source{src}, Lines, Spec{ByCount, n}) {
		if err != nil {
			t.Fatal(err)
		}
		chunks++
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if chunks != n || src.bytes.Load() > n*(firstRead+1) || src.idle != 1 {
		t.Errorf("%d chunks, %d bytes read, idle %d times", chunks, src.bytes.Load(), src.idle)
	}
	if kept := int64(after.HeapAlloc) - int64(before.HeapAlloc); kept > mib {
		t.Errorf("%s kept", FormatSize(kept))
	}
}

// TestRealReads compares plans of a few MiB, read as files are, with the oracle's.
func TestRealReads(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for _, c := range []struct{ format, data string }{
		{"lines", randomText(rnd, "ab \n", 3*mib)},
		{"nul", randomText(rnd, "ab\n\x00", 3*mib)},
		{"csv", randomText(rnd, "ab,\"\"\n", 3*mib)},
		{"fastq", strings.Repeat(randomFASTQ(200, "#@+I"), 300)},
		{"fasta", strings.Repeat(">a\nACGT\nACGTTTTTTTTTTTTTTTTTTTTTTTT\n>b\n", 60_000)},
		{"fasta", strings.Repeat(">a\n"+strings.Repeat("ACGT\n", 500_000), 2)},
		{"sam", strings.Repeat("@SQ\n", 400_000) + strings.Repeat("r\t0\t@\n", 300_000)},
		{"record:^a", randomText(rnd, "aab \n", mib)},
		{"recstart:ab\n", randomText(rnd, "ab \n", mib)},
		{`recend:b+\n`, randomText(rnd, "ab \n", mib)},
	} {
		data := []byte(c.data)
		if c.format == "csv" && strings.Count(c.data, `"`)%2 == 1 {
			data = append(data, '"')
		}
		format := mustParse(t, c.format)
		starts := realStarts(c.format, data)
		for _, spec := range []Spec{{BySize, 100_003}, {ByCount, 17}, {ByRecords, 1000}, {ByRecords, 100_000}, {ByLines, 7777}} {
			checkPlan(t, format, data, starts, spec, readsFor)
			checkStream(t, format, data, starts, spec, 200_000, blockSize)
		}
	}
}

// realStarts is recordStarts, but for the expressions: there it would take minutes.
func realStarts(format string, data []byte) []int {
	var starts []int
	switch format {
	case "recstart:ab\n":
		for i := range data {
			if strings.HasPrefix(string(data[i:min(i+3, len(data))]), "ab\n") {
				starts = append(starts, i)
			}
		}
	case `recend:b+\n`:
		starts = append(starts, 0)
		for i := 2; i < len(data); i++ {
			if data[i-2] == 'b' && data[i-1] == '\n' {
				starts = append(starts, i)
			}
		}
	default:
		return recordStarts(format, data)
	}
	return starts
}

func randomText(rnd *rand.Rand, letters string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = letters[rnd.IntN(len(letters))]
	}
	return string(b)
}

// TestCancel wants the context's error, and no goroutine left.
func TestCancel(t *testing.T) {
	src := pattern{64 * mib, []byte(strings.Repeat(">a line of 21 bytes.\n", 1000))}
	for _, spec := range []Spec{{BySize, 1000}, {ByRecords, 1000}, {ByLines, 1000}} {
		for _, format := range []Format{Lines, FASTA, CSV} {
			before := runtime.NumGoroutine()
			ctx, cancel := context.WithCancel(t.Context())
			var last error
			n := 0
			for _, err := range Plan(ctx, []Source{src}, format, spec) {
				if last = err; n == 3 {
					cancel()
				}
				n++
			}
			cancel()
			if !errors.Is(last, context.Canceled) {
				t.Errorf("%s %+v: %v", format, spec, last)
			}
			if after := goroutines(before); after > before {
				t.Errorf("%s %+v: %d goroutines, %d before", format, spec, after, before)
			}
		}
	}
}

// goroutines returns how many there are, once no more than want are left or a second has passed: one that has said that it
// is done counts until it has run to its end.
func goroutines(want int) int {
	for range 1000 {
		if runtime.NumGoroutine() <= want {
			break
		}
		time.Sleep(time.Millisecond)
	}
	return runtime.NumGoroutine()
}

// TestManyFiles plans more files than a process may hold open by default.
func TestManyFiles(t *testing.T) {
	dir := t.TempDir()
	var sources []Source
	for i := range 50 {
		path := filepath.Join(dir, fmt.Sprint(i))
		writeFile(t, path, "a\nb\n")
		sources = append(sources, mustOpen(t, path))
	}
	chunks, err := planAll(t, sources, Lines, Spec{ByRecords, 1})
	if len(chunks) != 100 || err != nil {
		t.Fatal(len(chunks), err)
	}
	for _, src := range sources {
		if f := src.(*File); f.f != nil {
			t.Fatalf("%s is still open", f.Name())
		}
	}
}

func TestHalve(t *testing.T) {
	data := "aaaa\nb\nc\n" + strings.Repeat("d", 20) + "\n"
	c := NewCutter(newMemSource("data", []byte(data)), Lines)
	for _, want := range [][3]int64{
		{0, int64(len(data)), 7}, // the middle lies in the last record
		{0, 9, 5}, {5, 9, 7}, {0, 5, 5}, {7, 9, 9}, {9, int64(len(data)), int64(len(data))}, {0, 0, 0},
	} {
		if got, err := c.Halve(t.Context(), want[0], want[1]); got != want[2] || err != nil {
			t.Errorf("Halve(%d, %d) = %d, %v, want %d", want[0], want[1], got, err, want[2])
		}
	}
}

// TestSearchLimit wants a clear line where a fastq file goes bad, and no limit for
// formats with records of any length.
func TestSearchLimit(t *testing.T) {
	src := glued{[]byte("@r\nA\n+\nI\n"), pattern{searchLimit + 10*mib, []byte(strings.Repeat("ACGT", 250) + "\n")}}
	for _, spec := range []Spec{{BySize, mib}, {ByRecords, 100}} {
		_, err := planAll(t, []Source{src}, FASTQ, spec)
		if err == nil || err.Error() != "glued: no record start in 64 MiB (format fastq)" {
			t.Errorf("%+v: %v", spec, err)
		}
		_, _, err = splitAll(io.NewSectionReader(src, 0, src.Size()), FASTQ, spec, blockSize)
		if err == nil || err.Error() != "stream: no record start in 64 MiB (format fastq)" {
			t.Errorf("stream %+v: %v", spec, err)
		}
	}
	src.head = []byte(">chromosome\n")
	chunks, err := planAll(t, []Source{src}, FASTA, Spec{BySize, mib})
	if len(chunks) != 1 || err != nil {
		t.Errorf("%v, %v", chunks, err)
	}
	src.head = nil
	for _, format := range []Format{FASTA, mustParse(t, "record:^>"), mustParse(t, "recstart:>")} {
		_, err := planAll(t, []Source{src}, format, Spec{BySize, mib})
		if err == nil || err.Error() != "glued: no record start in 64 MiB (format "+format.String()+")" {
			t.Error(err)
		}
	}
}

// glued is a source of some bytes and another source after them.
type glued struct {
	head []byte
	tail pattern
}

func (g glued) Size() int64  { return int64(len(g.head)) + g.tail.size }
func (g glued) Name() string { return "glued" }
func (g glued) ReadAt(p []byte, off int64) (int, error) {
	if off >= g.Size() {
		return 0, io.EOF
	}
	n := 0
	if off < int64(len(g.head)) {
		n = copy(p, g.head[off:])
	}
	rest, err := g.tail.ReadAt(p[n:], off+int64(n)-int64(len(g.head)))
	return n + rest, err
}

func TestInOrder(t *testing.T) {
	broken := errors.New("broken")
	for _, n := range []int64{0, 1, 2, 3, 10, 100} {
		var got []int64
		var err error
		for v, e := range inOrder(t.Context(), n, 3, func(_ context.Context, k int64) (int64, error) {
			if k == 50 {
				return 0, broken
			}
			return k, nil
		}) {
			if err = e; e == nil {
				got = append(got, v)
			}
		}
		if want := min(n, 50); int64(len(got)) != want || !slices.IsSorted(got) || (n > 50) != (err == broken) {
			t.Errorf("%d calls: %v, %v", n, got, err)
		}
	}
}
