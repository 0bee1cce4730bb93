package main

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
)

// readSeed makes every run measure the same bytes.
const readSeed = 20

// readLength is the common length of Illumina's short reads, in bases.
const readLength = 100

// writeReads writes FASTQ records until at least size bytes are written, and returns how many records and bytes those are. Bases
// and qualities are windows into two long random texts; one quality in forty is @, so that quality lines begin with it
// as real ones do.
func writeReads(w io.Writer, size int64) (records, written int64, err error) {
	rng := rand.New(rand.NewPCG(readSeed, readSeed))
	text := func(letters string) []byte {
		b := make([]byte, 1<<20)
		for i := range b {
			b[i] = letters[rng.IntN(len(letters))]
		}
		return b
	}
	bases := text("ACGT")
	qualities := text("!#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHI")

	out := bufio.NewWriterSize(w, 1<<20)
	var record []byte
	for written < size {
		records++
		at := rng.IntN(len(bases) - readLength)
		record = append(record[:0], "@sim."...)
		record = strconv.AppendInt(record, records, 10)
		record = append(record, " length=100\n"...)
		record = append(record, bases[at:at+readLength]...)
		record = append(record, "\n+\n"...)
		record = append(record, qualities[at:at+readLength]...)
		record = append(record, '\n')
		n, err := out.Write(record)
		written += int64(n)
		if err != nil {
			return records, written, err
		}
	}
	return records, written, out.Flush()
}

// createReads makes a file of reads, safe on disk, so that writing it back does not fall into what is measured next.
func createReads(name string, size int64) (records, written int64, err error) {
	f, err := os.Create(name)
	if err != nil {
		return 0, 0, err
	}
	records, written, err = writeReads(f, size)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return 0, 0, fmt.Errorf("write reads: %w", err)
	}
	return records, written, nil
}
