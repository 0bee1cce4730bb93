package chunk

import (
	"bytes"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// memSource is a Source in memory.
type memSource struct {
	*bytes.Reader
	name string
}

func newMemSource(name string, data []byte) memSource {
	return memSource{bytes.NewReader(data), name}
}

func (s memSource) Name() string { return s.name }

// recordStarts is an oracle: it walks through data from its first byte to its last
// and returns where records start, without any of the package's finders. For fastq
// data must be well-formed.
func recordStarts(format string, data []byte) []int {
	kind, re, _ := strings.Cut(format, ":")
	switch kind {
	case "lines", "map", "jsonl":
		return lineStarts(data, '\n', nil)
	case "nul":
		return lineStarts(data, 0, nil)
	case "bytes":
		starts := make([]int, len(data))
		for i := range starts {
			starts[i] = i
		}
		return starts
	case "fasta":
		return lineStarts(data, '\n', func(line []byte) bool { return bytes.HasPrefix(line, []byte(">")) })
	case "sam":
		return lineStarts(data, '\n', func(line []byte) bool { return !bytes.HasPrefix(line, []byte("@")) })
	case "fastq":
		return everyFourth(lineStarts(data, '\n', nil))
	case "csv":
		return csvStarts(data)
	case "record":
		want := regexp.MustCompile(re)
		return lineStarts(data, '\n', func(line []byte) bool {
			line = bytes.TrimSuffix(line, []byte("\n"))
			return want.Match(bytes.TrimSuffix(line, []byte("\r")))
		})
	case "recstart", "recend":
		return matchBounds(kind == "recend", re, data)
	}
	panic(format)
}

func lineStarts(data []byte, sep byte, want func(line []byte) bool) []int {
	var starts []int
	at := 0
	for _, line := range bytes.SplitAfter(data, []byte{sep}) {
		if len(line) > 0 && (want == nil || want(line)) {
			starts = append(starts, at)
		}
		at += len(line)
	}
	return starts
}

func everyFourth(lines []int) []int {
	var starts []int
	for i := 0; i < len(lines); i += 4 {
		starts = append(starts, lines[i])
	}
	return starts
}

func csvStarts(data []byte) []int {
	var starts []int
	quoted, fresh := false, true
	for i, c := range data {
		if fresh {
			starts = append(starts, i)
		}
		if c == '"' {
			quoted = !quoted
		}
		fresh = c == '\n' && !quoted
	}
	return starts
}

// matchBounds tries the expression at every character of data, with the whole of
// data before and after it.
func matchBounds(ends bool, re string, data []byte) []int {
	found := map[int]bool{}
	first := regexp.MustCompile(`(?m:\A(?:` + re + `))`)
	for i := 0; i <= len(data); {
		if i == 0 {
			if loc := first.FindIndex(data); loc != nil {
				found[pick(ends, loc)] = true
			}
		} else {
			_, size := utf8.DecodeLastRune(data[:i])
			later := regexp.MustCompile(`\A(?s:.)((?m:` + re + `))`)
			if loc := later.FindSubmatchIndex(data[i-size:]); loc != nil {
				found[i-size+pick(ends, loc[2:])] = true
			}
		}
		_, size := utf8.DecodeRune(data[i:])
		i += max(size, 1)
	}
	if ends {
		found[0] = true
	}
	var starts []int
	for i := range data {
		if found[i] {
			starts = append(starts, i)
		}
	}
	return starts
}

func pick(end bool, loc []int) int {
	if end {
		return loc[1]
	}
	return loc[0]
}

// cutIn is the oracle's cut.
func cutIn(starts []int, size, offset int) int {
	if offset == 0 {
		return 0
	}
	i, _ := slices.BinarySearch(starts, offset)
	if i == len(starts) {
		return size
	}
	return starts[i]
}

// endsIn is where the oracle ends chunks.
func endsIn(starts []int, data []byte, spec Spec) []int {
	var targets []int
	n := int(spec.N)
	switch spec.By {
	case BySize:
		for t := n; t < len(data); t += min(n, len(data)) {
			targets = append(targets, t)
		}
	case ByCount:
		if n > 1<<30 {
			n = len(data)
		}
		for k := 1; k < n; k++ {
			targets = append(targets, k*len(data)/n)
		}
	case ByRecords:
		for k := n; k < len(starts); k += min(n, len(starts)) {
			targets = append(targets, starts[k])
		}
	case ByLines:
		lines := lineStarts(data, '\n', nil)
		for k := n; k < len(lines); k += min(n, len(lines)) {
			targets = append(targets, lines[k])
		}
	}
	var ends []int
	last := 0
	for _, t := range append(targets, len(data)) {
		if end := cutIn(starts, len(data), t); end > last {
			ends = append(ends, end)
			last = end
		}
	}
	return ends
}

// dribble reads from r as many bytes as next says.
type dribble struct {
	r    io.Reader
	next func() int
}

func (d dribble) Read(p []byte) (int, error) {
	return d.r.Read(p[:min(len(p), d.next())])
}
