package chunk

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"strings"
)

// sniffLen is how many bytes tell what they are compressed with. The first block
// of a BAM file may need all of them to yield its four bytes of magic.
const sniffLen = 512

// A CompressedError says that a source is compressed. Its bytes hold no records,
// and no part of them can be read without what precedes it.
type CompressedError struct {
	Name    string // the source's
	Kind    string // such as gzip
	Command string // what decompresses standard input to standard output
	stream  bool
}

func (e *CompressedError) Error() string {
	command := e.Command + " " + quoteWord(e.Name)
	switch {
	case e.stream:
		command = "… | " + e.Command
	case strings.Contains(e.Name, "://"):
		command = e.Command + " < " + quoteWord(e.Name) // only redirections open objects for any command
	}
	return fmt.Sprintf("%s: %s data cannot be cut; use: %s | split …", e.Name, e.Kind, command)
}

// quoteWord quotes a name for a shell where it needs it.
func quoteWord(name string) string {
	plain := strings.IndexFunc(name, func(r rune) bool {
		return r <= ' ' || strings.ContainsRune("\"'\\$`*?[]{}()<>|&;!#~^", r)
	}) < 0
	if plain && !strings.HasPrefix(name, "-") {
		return name
	}
	return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
}

// compressions are the formats that are told by their first bytes, from their own
// specifications.
var compressions = []struct{ magic, kind, command string }{
	{"\x1f\x8b", "gzip", "zcat"},
	{"BZh", "bzip2", "bzcat"},
	{"\xfd7zXZ\x00", "xz", "xzcat"},
	{"\x28\xb5\x2f\xfd", "zstd", "zstdcat"},
	{"\x04\x22\x4d\x18", "lz4", "lz4cat"},
	{"\x02\x21\x4c\x18", "lz4", "lz4cat"}, // the frame before version 1
}

// sniff returns a *CompressedError if head, the first bytes of a source, is
// compressed data.
func sniff(name string, head []byte) error {
	for _, c := range compressions {
		if !bytes.HasPrefix(head, []byte(c.magic)) {
			continue
		}
		e := &CompressedError{Name: name, Kind: c.kind, Command: c.command}
		switch {
		case c.kind == "bzip2" && !isBzip2(head):
			return nil // a line may begin with these letters
		case c.kind == "gzip" && isBGZF(head):
			e.Kind = "block gzip"
			if isBAM(head) {
				e.Kind, e.Command = "BAM", "samtools view -h"
			}
		}
		return e
	}
	return nil
}

// mayBeCompressed says whether more bytes could make sniff say that head is
// compressed.
func mayBeCompressed(head []byte) bool {
	for _, c := range compressions {
		n := min(len(head), len(c.magic))
		if string(head[:n]) == c.magic[:n] {
			return true
		}
	}
	return false
}

// isBzip2 looks at what follows the magic: a level, and the mark of a block or of
// the end.
func isBzip2(head []byte) bool {
	if len(head) < 10 || head[3] < '1' || head[3] > '9' {
		return false
	}
	mark := string(head[4:10])
	return mark == "1AY&SY" || mark == "\x17\x72\x45\x38\x50\x90"
}

// isBGZF says whether a gzip header has the extra field BC of block gzip.
func isBGZF(head []byte) bool {
	const extraFlag = 4
	return len(head) >= 14 && head[3]&extraFlag != 0 && head[12] == 'B' && head[13] == 'C'
}

func isBAM(head []byte) bool {
	r, err := gzip.NewReader(bytes.NewReader(head))
	if err != nil {
		return false
	}
	magic := make([]byte, 4)
	_, err = io.ReadFull(r, magic)
	return err == nil && string(magic) == "BAM\x01"
}
