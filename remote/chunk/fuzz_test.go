package chunk

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// fuzz runs target with data and what to do with it, and with the inputs of
// TestPromise for a start.
func fuzz(f *testing.F, target func(t *testing.T, format string, data []byte, n, width uint16), formats ...string) {
	for _, in := range wellFormed() {
		for _, format := range formats {
			if in.format == format {
				f.Add(byte(0), []byte(in.data), uint16(3), uint16(2))
			}
		}
	}
	for which := range formats {
		f.Add(byte(which), []byte("@a\nA\n+\n@\n>x;\x00\"\n\n\""), uint16(1), uint16(1))
	}
	f.Fuzz(func(t *testing.T, which byte, data []byte, n, width uint16) {
		target(t, formats[int(which)%len(formats)], data, n, width)
	})
}

// keepsPromise checks data, which must be as the format wants it, for some sizes.
func keepsPromise(t *testing.T, format string, data []byte, n, width uint16) {
	if len(data) > 4*kib {
		return
	}
	f := mustParse(t, format)
	if _, bytesOnly := f.find().(everywhere); !bytesOnly && sniff("data", data) != nil {
		return
	}
	starts := recordStarts(format, data)
	if f.demand != demandNone && len(starts) == 0 && len(data) > 0 {
		refuses(t, f, data, n, width)
		return
	}
	size := int64(n)%int64(len(data)+1) + 1
	reads := narrow(int64(width%80) + 1)
	for _, spec := range []Spec{{BySize, size}, {ByCount, size}, {ByRecords, size%16 + 1}, {ByLines, size%16 + 1}} {
		checkPlan(t, f, data, starts, spec, reads)
		checkStream(t, f, data, starts, spec, int(width%7)+1, int(width%80)+1)
	}
}

// refuses wants the same error of a plan and of a stream.
func refuses(t *testing.T, format Format, data []byte, n, width uint16) {
	spec := Spec{BySize, int64(n) + 1}
	_, planned := planAll(t, []Source{newMemSource("stream", data)}, format, spec)
	r := dribble{bytes.NewReader(data), func() int { return int(width%9) + 1 }}
	_, _, streamed := splitAll(r, format, spec, int(width)+1)
	if planned == nil || streamed == nil || planned.Error() != streamed.Error() || strings.Contains(planned.Error(), "\n") {
		t.Fatalf("%s of %q: planned %v, streamed %v", format, data, planned, streamed)
	}
}

func FuzzCutLines(f *testing.F) {
	fuzz(f, keepsPromise, "lines", "map", "jsonl", "nul", "bytes")
}

func FuzzCutFASTA(f *testing.F) { fuzz(f, keepsPromise, "fasta") }

func FuzzCutSAM(f *testing.F) { fuzz(f, keepsPromise, "sam") }

// FuzzCutCSV closes what data leaves open, and wants an error before.
func FuzzCutCSV(f *testing.F) {
	fuzz(f, func(t *testing.T, format string, data []byte, n, width uint16) {
		if bytes.Count(data, quote)%2 == 1 {
			if sniff("data", data) == nil {
				refuses(t, CSV, data, n, width)
			}
			data = append(bytes.Clone(data), '"')
		}
		keepsPromise(t, format, data, n, width)
	}, "csv")
}

func FuzzCutExpression(f *testing.F) {
	fuzz(f, keepsPromise, `record:^>`, `record:a$`, `recstart:^\[`, `recstart:\n[^\n]`, `recstart:.\b`, `recstart:^a.*b\n`,
		`recend:\n\n`, `recend:;`, `recend:a.*b`, `recend:(?i)x{2,3}$`, `recend:\Bé`)
}

// FuzzCutFASTQ makes well-formed reads of data, so that its bytes are the
// sequences and qualities.
func FuzzCutFASTQ(f *testing.F) {
	fuzz(f, func(t *testing.T, format string, data []byte, n, width uint16) {
		keepsPromise(t, format, wellFormedReads(data, n), n, width)
	}, "fastq")
}

// wellFormedReads turns data into fastq: each of its lines into a name, a sequence
// and qualities of the same length, with what these may not hold replaced.
func wellFormedReads(data []byte, seed uint16) []byte {
	rnd := rand.New(rand.NewPCG(uint64(seed), 1))
	end := []string{"\n", "\r\n"}[rnd.IntN(2)]
	var b bytes.Buffer
	for line := range bytes.SplitSeq(data, []byte("\n")) {
		quality := bytes.Map(func(r rune) rune { return '!' + (r%('~'-'!'+1)+94)%94 }, line)
		length := rnd.IntN(len(quality) + 1)
		sequence := bytes.Map(func(r rune) rune { return rune("ACGTN.-*"[r%8]) }, quality[:length])
		fmt.Fprintf(&b, "@%s%s%s%s+%s%s%s%s", quality, end, sequence, end, []string{"", string(quality)}[rnd.IntN(2)], end, quality[:length], end)
	}
	whole := b.Bytes()
	// Without the last line end, unless nothing but that makes the last line one.
	if cut := bytes.TrimSuffix(whole, []byte(end)); rnd.IntN(2) == 0 && !bytes.HasSuffix(cut, []byte("\n")) {
		return cut
	}
	return whole
}

// FuzzAnyBytes splits any bytes in every format: chunks are the bytes in order, and
// the same from a file and from a stream, or both say the same in one line.
func FuzzAnyBytes(f *testing.F) {
	fuzz(f, func(t *testing.T, format string, data []byte, n, width uint16) {
		fm := mustParse(t, format)
		spec := Spec{By(width % 4), int64(n)%int64(len(data)+1) + 1}
		if spec.By == ByCount {
			spec.By = BySize
		}
		var ends []int
		end := int64(0)
		var planned error
		for c, err := range plan(t.Context(), []Source{newMemSource("stream", data)}, fm, spec, narrow(int64(width)+1)) {
			if planned = err; err != nil {
				break
			}
			if c.Start != end || c.End <= c.Start {
				t.Fatalf("%+v after %d", c, end)
			}
			end = c.End
			ends = append(ends, int(end))
		}
		r := dribble{bytes.NewReader(data), func() int { return int(width%9) + 1 }}
		streamEnds, all, streamed := splitAll(r, fm, spec, int(width)+1)
		var compressed *CompressedError
		switch {
		case planned == nil && streamed == nil:
			if fmt.Sprint(ends) != fmt.Sprint(streamEnds) || !bytes.Equal(all, data) || end != int64(len(data)) {
				t.Fatalf("%s %+v of %q: planned %v, streamed %v, %q", format, spec, data, ends, streamEnds, all)
			}
		case planned == nil || streamed == nil:
			t.Fatalf("%s %+v of %q: planned %v, streamed %v", format, spec, data, planned, streamed)
		case !errors.As(planned, &compressed) && planned.Error() != streamed.Error():
			t.Fatalf("%s %+v of %q: planned %v, streamed %v", format, spec, data, planned, streamed)
		}
	}, append(FormatNames(), `record:^@`, `recstart:@`, `recend:@.`)...)
}
