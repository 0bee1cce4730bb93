package chunk

import (
	"fmt"
	"strings"
)

// A Format says where records start. The zero Format is lines. Formats are
// immutable and may be used concurrently.
type Format struct {
	name   string
	finder finder
	demand demand
}

// A demand says when the lack of a record start is an error.
type demand int

const (
	// demandNone: any bytes are records.
	demandNone demand = iota
	// demandFirst: a source holds a record start within searchLimit, since a
	// format that names how records begin was chosen for a source that has some.
	// Later ones may be as far apart as they like: chromosomes are records.
	demandFirst
	// demandEvery: the source begins with a record, and none of its records is
	// longer than searchLimit.
	demandEvery
)

// searchLimit is how many bytes are searched before the lack of a record start is
// an error. The longest read ever sequenced has 4 million bases, twice that in
// bytes; 64 MiB is the largest chunk that is made by default.
const searchLimit = 64 * mib

// The formats with a name.
var (
	Lines = Format{"lines", delimited{'\n'}, demandNone}
	Bytes = Format{"bytes", everywhere{}, demandNone}
	NUL   = Format{"nul", delimited{0}, demandNone}
	FASTA = Format{"fasta", fasta{}, demandFirst}
	FASTQ = Format{"fastq", fastq{}, demandEvery}
	Map   = Format{"map", delimited{'\n'}, demandNone}
	SAM   = Format{"sam", sam{}, demandNone}
	CSV   = Format{"csv", csv{}, demandNone}
	JSONL = Format{"jsonl", delimited{'\n'}, demandNone}
)

// named are those formats, sorted by name.
func named() []Format { return []Format{Bytes, CSV, FASTA, FASTQ, JSONL, Lines, Map, NUL, SAM} }

// FormatNames returns the names that ParseFormat knows, sorted.
func FormatNames() []string {
	var names []string
	for _, f := range named() {
		names = append(names, f.name)
	}
	return names
}

// ParseFormat returns the format that String names: one of FormatNames, or
// record:RE, recstart:RE, recend:RE. The empty name is lines.
func ParseFormat(name string) (Format, error) {
	if name == "" {
		return Lines, nil
	}
	for _, f := range named() {
		if f.name == name {
			return f, nil
		}
	}
	kind, re, _ := strings.Cut(name, ":")
	switch kind + ":" {
	case recordPrefix:
		return Record(re)
	case recStartPrefix:
		return RecStart(re)
	case recEndPrefix:
		return RecEnd(re)
	}
	return Format{}, fmt.Errorf("unknown format: %s (one of: %s)", quoteEmpty(name), strings.Join(FormatNames(), " "))
}

// String returns the name that ParseFormat takes.
func (f Format) String() string {
	if f.name == "" {
		return Lines.name
	}
	return f.name
}

func (f Format) find() finder {
	if f.finder == nil {
		return Lines.finder
	}
	return f.finder
}

// delimiter returns the byte that ends every record, if the format is no more
// than that.
func (f Format) delimiter() (byte, bool) {
	d, ok := f.find().(delimited)
	return d.sep, ok
}

func (f Format) isLines() bool {
	sep, ok := f.delimiter()
	return ok && sep == '\n'
}

// NoRecordError says that a source does not hold what its format names.
type NoRecordError struct {
	Name     string // the source's
	Format   string
	Searched int64 // bytes
}

func (e *NoRecordError) Error() string {
	return fmt.Sprintf("%s: no record start in %s (format %s)", e.Name, FormatSize(e.Searched), e.Format)
}
