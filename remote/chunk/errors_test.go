package chunk

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
)

// planAll returns a plan's chunks, and its error.
func planAll(t testing.TB, sources []Source, format Format, spec Spec) ([]Chunk, error) {
	t.Helper()
	var chunks []Chunk
	for c, err := range Plan(t.Context(), sources, format, spec) {
		if err != nil {
			return chunks, err
		}
		chunks = append(chunks, c)
	}
	return chunks, nil
}

func gzipped(data string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(data))
	w.Close()
	return b.String()
}

// bgzf is gzip with the extra field of block gzip.
func bgzf(data string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Extra = []byte("BC\x02\x00\x00\x00")
	w.Write([]byte(data))
	w.Close()
	return b.String()
}

// TestBadData wants the same line for a file and for a stream, and no chunk.
func TestBadData(t *testing.T) {
	const multiLine = "@r\nACGT\nACGT\n+\nIIII\n@III\n@s\nA\nC\n+\nI\nI\n"
	const good = "@r\nA\n+\nI\n"
	for _, c := range []struct{ format, data, want string }{
		{"fastq", "garbage\n", "no record start in 8 B (format fastq)"},
		{"fastq", "\n\n", "no record start in 2 B (format fastq)"},
		{"fastq", strings.Repeat("x", 3*kib/2), "no record start in 1.5 KiB (format fastq)"},
		{"fastq", "@r\nACGT\n", "no record start in 8 B (format fastq)"},
		{"fastq", ">a\nACGT\n", "no record start in 8 B (format fastq)"},
		{"fastq", multiLine, "no record start in 38 B (format fastq)"},
		{"fastq", multiLine + good, "does not begin with a record of four lines (format fastq)"},
		{"fastq", "ACGT\n+\nIIII\n" + good, "does not begin with a record of four lines (format fastq)"},
		{"fasta", "ACGT\n", "no record start in 5 B (format fasta)"},
		{"record:^>", "ACGT\n", "no record start in 5 B (format record:^>)"},
		{"recstart:[<>]", "ACGT\n", "no record start in 5 B (format recstart:[<>])"},
		{"csv", "a,\"b\nc\n", "a quoted field is not closed: odd number of quotes (format csv)"},
		{"csv", "5\" pipe\n", "a quoted field is not closed: odd number of quotes (format csv)"},
	} {
		t.Run(c.format+" "+c.want, func(t *testing.T) {
			format := mustParse(t, c.format)
			for n := range int64(len(c.data) + 2) {
				spec := Spec{BySize, n + 1}
				chunks, err := planAll(t, []Source{newMemSource("in", []byte(c.data))}, format, spec)
				if err == nil || err.Error() != "in: "+c.want || len(chunks) > 0 {
					t.Fatalf("%+v: %v, %v", spec, chunks, err)
				}
				for _, spec := range []Spec{spec, {ByRecords, n + 1}, {ByLines, n + 1}} {
					ends, _, err := splitAll(strings.NewReader(c.data), format, spec, blockSize)
					if err == nil || err.Error() != "stream: "+c.want || len(ends) > 0 {
						t.Fatalf("stream %+v: %v, %v", spec, ends, err)
					}
				}
			}
		})
	}
}

func TestCompressed(t *testing.T) {
	for _, c := range []struct{ data, file, stream string }{
		{gzipped("@r\nA\n+\nI\n"), "gzip data cannot be cut; use: zcat in | split …", "gzip data cannot be cut; use: … | zcat | split …"},
		{bgzf("text"), "block gzip data cannot be cut; use: zcat in | split …", "block gzip data cannot be cut; use: … | zcat | split …"},
		{bgzf("BAM\x01\x00\x00"), "BAM data cannot be cut; use: samtools view -h in | split …", "BAM data cannot be cut; use: … | samtools view -h | split …"},
		{"BZh91AY&SY....", "bzip2 data cannot be cut; use: bzcat in | split …", "bzip2 data cannot be cut; use: … | bzcat | split …"},
		{"BZh9\x17\x72\x45\x38\x50\x90\x00\x00\x00\x00", "bzip2 data cannot be cut; use: bzcat in | split …", "bzip2 data cannot be cut; use: … | bzcat | split …"},
		{"\xfd7zXZ\x00....", "xz data cannot be cut; use: xzcat in | split …", "xz data cannot be cut; use: … | xzcat | split …"},
		{"\x28\xb5\x2f\xfd....", "zstd data cannot be cut; use: zstdcat in | split …", "zstd data cannot be cut; use: … | zstdcat | split …"},
		{"\x04\x22\x4d\x18....", "lz4 data cannot be cut; use: lz4cat in | split …", "lz4 data cannot be cut; use: … | lz4cat | split …"},
		{"\x02\x21\x4c\x18....", "lz4 data cannot be cut; use: lz4cat in | split …", "lz4 data cannot be cut; use: … | lz4cat | split …"},
	} {
		for _, format := range []Format{Lines, FASTQ, CSV, SAM, NUL} {
			src := newMemSource("in", []byte(c.data))
			_, err := planAll(t, []Source{src}, format, Spec{BySize, 5})
			var compressed *CompressedError
			if !errors.As(err, &compressed) || err.Error() != "in: "+c.file {
				t.Errorf("%s: %v", format, err)
			}
			for _, r := range []io.Reader{strings.NewReader(c.data), iotest.OneByteReader(strings.NewReader(c.data))} {
				_, _, err = splitAll(r, format, Spec{BySize, 5}, blockSize)
				if err == nil || err.Error() != "stream: "+c.stream {
					t.Errorf("stream %s: %v", format, err)
				}
			}
		}
		if _, err := planAll(t, []Source{newMemSource("in", []byte(c.data))}, Bytes, Spec{BySize, 5}); err != nil {
			t.Errorf("bytes: %v", err)
		}
		if _, _, err := splitAll(strings.NewReader(c.data), Bytes, Spec{BySize, 5}, blockSize); err != nil {
			t.Errorf("stream of bytes: %v", err)
		}
	}
}

func TestNotCompressed(t *testing.T) {
	for _, data := range []string{"BZh9 is how a line may begin\n", "BZh", "\x1f", "\xfd7z", "x\x1f\x8b"} {
		checkPlan(t, Lines, []byte(data), []int{0}, Spec{BySize, 2}, readsFor)
		checkStream(t, Lines, []byte(data), []int{0}, Spec{BySize, 2}, 1, blockSize)
	}
}

func TestCompressedNames(t *testing.T) {
	for name, want := range map[string]string{
		"reads.fq.gz":          "reads.fq.gz: gzip data cannot be cut; use: zcat reads.fq.gz | split …",
		"my reads.gz":          "my reads.gz: gzip data cannot be cut; use: zcat 'my reads.gz' | split …",
		"it's.gz":              `it's.gz: gzip data cannot be cut; use: zcat 'it'\''s.gz' | split …`,
		"s3://lab/reads.fq.gz": "s3://lab/reads.fq.gz: gzip data cannot be cut; use: zcat < s3://lab/reads.fq.gz | split …",
	} {
		if err := Check(t.Context(), newMemSource(name, []byte(gzipped("x"))), Lines); err == nil || err.Error() != want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOpenFileErrors(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "missing")
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path, want string
		is         error
	}{
		{missing, missing + ": no such file or directory", fs.ErrNotExist},
		{dir, dir + ": is a directory", syscall.EISDIR},
		{fifo, fifo + ": not a regular file", ErrNotSeekable},
		{"/dev/null", "/dev/null: not a regular file", ErrNotSeekable},
	} {
		_, err := OpenFile(c.path)
		if err == nil || err.Error() != c.want || !errors.Is(err, c.is) {
			t.Errorf("OpenFile: %v, want %s", err, c.want)
		}
	}
	if _, err := os.Stat("/proc/self/status"); err == nil {
		if _, err := OpenFile("/proc/self/status"); !errors.Is(err, ErrNotSeekable) {
			t.Errorf("a file of the kernel's: %v", err)
		}
	}
}

// TestShrunk wants an error where a source has fewer bytes than it said.
func TestShrunk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "reads")
	writeFile(t, path, strings.Repeat("line\n", 100))
	f := mustOpen(t, path)
	if err := os.Truncate(path, 50); err != nil {
		t.Fatal(err)
	}
	for _, spec := range []Spec{{BySize, 200}, {ByRecords, 10}} {
		_, err := planAll(t, []Source{f}, Lines, spec)
		if !errors.Is(err, io.ErrUnexpectedEOF) || err.Error() != path+": shorter than the 500 bytes it had: unexpected EOF" {
			t.Errorf("%+v: %v", spec, err)
		}
	}
}

func TestBadSpecs(t *testing.T) {
	for _, c := range []struct {
		spec Spec
		want string
	}{
		{Spec{}, "chunk size is 0; it must be at least 1"},
		{Spec{BySize, -1}, "chunk size is -1; it must be at least 1"},
		{Spec{ByCount, 0}, "number of chunks is 0; it must be at least 1"},
		{Spec{ByRecords, 0}, "number of records is 0; it must be at least 1"},
		{Spec{ByLines, -2}, "number of lines is -2; it must be at least 1"},
	} {
		if _, err := planAll(t, nil, Lines, c.spec); err == nil || err.Error() != c.want {
			t.Errorf("Plan %+v: %v", c.spec, err)
		}
		if _, err := NewSplitter(nil, "in", Lines, c.spec); err == nil || err.Error() != c.want {
			t.Errorf("NewSplitter %+v: %v", c.spec, err)
		}
	}
	if _, err := NewSplitter(nil, "standard input", Lines, Spec{ByCount, 2}); err == nil || !strings.HasPrefix(err.Error(), "standard input: a stream cannot be split into a number of chunks") {
		t.Error(err)
	}
}

func TestBadFormats(t *testing.T) {
	for name, want := range map[string]string{
		"bam":            "unknown format: bam (one of: bytes csv fasta fastq jsonl lines map nul sam)",
		" ":              "unknown format: ' ' (one of: bytes csv fasta fastq jsonl lines map nul sam)",
		"record:":        "bad regular expression: it is empty",
		"record:(":       "bad regular expression: (: missing closing ) in (",
		"recstart:a)(b":  "bad regular expression: a)(b: unexpected ) in a)(b",
		"recend:[z-a]":   "bad regular expression: [z-a]: invalid character class range in z-a",
		"recstart:[^>]*": "bad regular expression: [^>]*: it can match any number of lines; bound it, as {0,99} does instead of *",
		"recend:\\n\\s+": "bad regular expression: \\n\\s+: it can match any number of lines; bound it, as {0,99} does instead of *",
		"recend:(?s).*x": "bad regular expression: (?s).*x: it can match any number of lines; bound it, as {0,99} does instead of *",
	} {
		if _, err := ParseFormat(name); err == nil || err.Error() != want {
			t.Errorf("%s: %v\nwant %s", name, err, want)
		}
	}
	if f, err := ParseFormat(""); err != nil || f.String() != "lines" || (Format{}).String() != "lines" {
		t.Error(f, err)
	}
}

// TestReadErrors wants a stream's own error, with its name, again and again.
func TestReadErrors(t *testing.T) {
	broken := &fs.PathError{Op: "read", Path: "|0", Err: syscall.EIO}
	s, err := NewSplitter(io.MultiReader(strings.NewReader("a\nb\n"), iotest.ErrReader(broken)), "standard input", Lines, Spec{BySize, 2})
	if err != nil {
		t.Fatal(err)
	}
	body, err := s.Next()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(body); string(got) != "a\n" || err != nil {
		t.Fatalf("%q, %v", got, err)
	}
	for range 3 {
		if body, err = s.Next(); err == nil {
			_, err = body.Piece()
		}
		if err == nil || err.Error() != "standard input: input/output error" || !errors.Is(err, syscall.EIO) {
			t.Fatal(err)
		}
	}
}

func writeFile(t testing.TB, path, data string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
}

func mustOpen(t testing.TB, path string) *File {
	t.Helper()
	f, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}
