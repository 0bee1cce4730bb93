package chunk

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Each benchmark that moves bytes also reports them as a ratio to a plain read of
// the same bytes from the same place, taken in the same run: 1 is as fast.

const benchSize = 64 * mib

var benchFormats = []string{"lines", "csv", "fastq", "fasta", "sam", "record:^[@>r1s]", "recstart:^[@>r1s]"}

// benchFile returns a file of benchSize bytes of records: of about 100 bytes, reads
// of 350.
func benchFile(b *testing.B, format string) string {
	b.Helper()
	seq := strings.Repeat("ACGTTGCA", 19)
	qual := strings.Repeat("IIII@+##", 19)
	record, ok := map[string]string{
		"lines": strings.Repeat("some words ", 9) + "\n",
		"csv":   "1,\"" + strings.Repeat("some words ", 8) + "\n\",3\n",
		"fasta": ">chr1 some\n" + strings.Repeat(strings.Repeat("ACGTTGCA", 10)+"\n", 30),
		"sam":   "r1\t0\tchr1\t12345\t60\t152M\t*\t0\t0\t" + seq + "\t" + qual + "\n",
	}[format]
	if !ok {
		record = "@SRR1234567.1234567 1234567 length=152\n" + seq + "\n+\n" + qual + "\n"
	}
	path := filepath.Join(b.TempDir(), "data")
	if err := os.WriteFile(path, bytes.Repeat([]byte(record), benchSize/len(record)), 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}

// compare runs ours and plain by turns, each b.N times, and reports ours and the
// ratio of their times.
func compare(b *testing.B, size int64, ours, plain func()) {
	b.Helper()
	var took, plainly time.Duration
	for b.Loop() {
		start := time.Now()
		ours()
		middle := time.Now()
		plain()
		took += middle.Sub(start)
		plainly += time.Since(middle)
	}
	b.ReportMetric(float64(size)*float64(b.N)/took.Seconds()/1e6, "MB/s")
	b.ReportMetric(plainly.Seconds()/took.Seconds(), "of-plain")
	b.ReportMetric(0, "ns/op")
}

func mustOpenBench(b *testing.B, path string) *File {
	b.Helper()
	f, err := OpenFile(path)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { f.Close() })
	return f
}

// plainRead reads a file's bytes from one end to the other.
func plainRead(b *testing.B, r io.ReaderAt, size int64, buf []byte) {
	for off := int64(0); off < size; off += int64(len(buf)) {
		if _, err := r.ReadAt(buf, off); err != nil && err != io.EOF {
			b.Fatal(err)
		}
	}
}

// BenchmarkCut cuts at offsets all over a file.
func BenchmarkCut(b *testing.B) {
	for _, format := range benchFormats {
		b.Run(format, func(b *testing.B) {
			src := mustOpenBench(b, benchFile(b, format))
			cutter := NewCutter(src, mustParse(b, format))
			if _, err := cutter.Cut(b.Context(), 1); err != nil { // counts quotes
				b.Fatal(err)
			}
			off := int64(1)
			for b.Loop() {
				if _, err := cutter.Cut(b.Context(), off); err != nil {
					b.Fatal(err)
				}
				off = (off + 7919*kib) % src.Size()
			}
		})
	}
}

// BenchmarkPlan plans by size and by records chunks of about the same size.
func BenchmarkPlan(b *testing.B) {
	for _, format := range benchFormats {
		path := benchFile(b, format)
		for _, by := range []struct {
			name string
			spec Spec
		}{{"size", Spec{BySize, 100_000}}, {"records", Spec{ByRecords, 1000}}} {
			b.Run(format+"/by-"+by.name, func(b *testing.B) {
				src := mustOpenBench(b, path)
				buf := make([]byte, regionSize)
				f := mustParse(b, format)
				compare(b, src.Size(), func() {
					for _, err := range Plan(b.Context(), []Source{src}, f, by.spec) {
						if err != nil {
							b.Fatal(err)
						}
					}
				}, func() { plainRead(b, src, src.Size(), buf) })
			})
		}
	}
}

// BenchmarkSplitter splits a stream of a file's bytes, in memory and through a
// kernel pipe, into chunks of 10 MiB and by records.
func BenchmarkSplitter(b *testing.B) {
	for _, format := range benchFormats {
		data, err := os.ReadFile(benchFile(b, format))
		if err != nil {
			b.Fatal(err)
		}
		f := mustParse(b, format)
		for _, by := range []struct {
			name string
			spec Spec
		}{{"size", Spec{BySize, DefaultStreamSize}}, {"records", Spec{ByRecords, 1000}}} {
			b.Run(format+"/by-"+by.name+"/memory", func(b *testing.B) {
				compare(b, int64(len(data)), func() { splitStream(b, bytes.NewReader(data), f, by.spec) },
					func() { drain(b, struct{ io.Reader }{bytes.NewReader(data)}) })
			})
			b.Run(format+"/by-"+by.name+"/pipe", func(b *testing.B) {
				compare(b, int64(len(data)), func() { throughPipe(b, data, func(r io.Reader) { splitStream(b, r, f, by.spec) }) },
					func() { throughPipe(b, data, func(r io.Reader) { drain(b, r) }) })
			})
		}
	}
}

func splitStream(b *testing.B, r io.Reader, f Format, spec Spec) {
	s, err := NewSplitter(r, "stream", f, spec)
	if err != nil {
		b.Fatal(err)
	}
	for {
		body, err := s.Next()
		if err == io.EOF {
			return
		}
		if err != nil {
			b.Fatal(err)
		}
		if _, err := body.WriteTo(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}

// drain reads to the end in blocks of a stream's size.
func drain(b *testing.B, r io.Reader) {
	buf := make([]byte, blockSize)
	for {
		if _, err := r.Read(buf); err == io.EOF {
			return
		} else if err != nil {
			b.Fatal(err)
		}
	}
}

func throughPipe(b *testing.B, data []byte, read func(io.Reader)) {
	r, w, err := os.Pipe()
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	done := make(chan error, 1)
	go func() {
		_, err := w.Write(data)
		w.Close()
		done <- err
	}()
	read(r)
	if err := <-done; err != nil {
		b.Fatal(err)
	}
}
