// Package chunk owns what a record is and where an object may be cut. It turns
// files, objects and streams into chunks: byte ranges of whole records.
//
// # The promise
//
// A chunk holds the records that start in [Cut(a), Cut(b)). Cut is a pure
// function of the source's bytes, the format and the offset, and whoever plans
// the neighbouring chunk computes the same one. So for every format, every
// chunk size and every input: the chunks in order, put one after another, are
// the object; no record is in two chunks; no record is cut. A record longer
// than a chunk leaves empty chunks behind it, which are never yielded. A stream
// that is split by size, records or lines has the same chunks as a file of the
// same bytes.
//
// # Formats
//
// A format is a set of record starts, and whether an index belongs to the set
// is decided by a few bytes around it, so that any part of an object can be
// looked at without the rest. Bytes before the first start belong to the first
// chunk.
//
//	lines   after each newline. The default
//	bytes   every byte: cuts fall where they fall
//	nul     after each NUL, as find -print0 and sort -z write them
//	fasta   a line that begins with '>'. Sequences may span lines of any number
//	fastq   a line that begins with '@' two lines before one that begins with
//	        '+'. '@' alone is not enough: it is also a quality, and a quality
//	        line may begin with it; but the line two after a quality line is a
//	        sequence, and neither a sequence, even an empty one, nor anything
//	        else in its place begins with '+'. This needs four lines a record,
//	        as every sequencer writes them; a file whose sequences span lines is
//	        refused, since its own first record fails the test. A record that
//	        the end of the file breaks off stays with the one before it
//	map     after each newline: read mappers' own tables (GEM's .map, the default
//	        output of the first bowtie) and key<TAB>value files hold one record
//	        a line and have neither header nor quoting
//	sam     a line that does not begin with '@'. The specification keeps '@' from
//	        the first byte of a read's name, so that a header line is known by
//	        itself. The header is not a record: it precedes the first one and so
//	        belongs, as bytes, to the first chunk
//	csv     after each newline outside double quotes (RFC 4180). Whether a newline
//	        is quoted depends on every quote before it, so a seekable source is
//	        counted once, in parallel, before its first cut; a stream knows as it
//	        goes. An odd number of quotes in all is an error, since every cut
//	        after the stray one would be wrong
//	jsonl   after each newline: JSON escapes newlines in its strings
//
// And by regular expression (Go's syntax, ^ and $ at every line's ends):
//
//	record:RE    a line that RE matches; a final CR is not part of the line
//	recstart:RE  an index at which RE matches
//	recend:RE    the index after a match of RE, where matches may overlap
//
// An expression of the last two must be bounded, either in bytes or in lines:
// one such as [^>]*, which can run over any number of newlines, would make a cut
// depend on the whole object, and is refused.
//
// # Memory
//
// Cut reads 8 KiB, and four times as much each time that this was not enough, up
// to 16 MiB; it keeps only what the decision needs, which is a line or two. Plans keep nothing per chunk. See
// [Splitter] for streams.
package chunk
