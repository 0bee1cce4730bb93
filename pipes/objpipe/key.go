package objpipe

import (
	"crypto/sha256"
	"fmt"
	"strings"
)

const (
	writerMark = "writer"
	goneMark   = "gone"

	// maxSegment is how long a segment of a name may be to be written as it is: less than the 255 bytes that stores
	// over a file system can name.
	maxSegment = 200
	maxAttempt = 9 // digits
)

// folder is where the objects of a stream are. pipe/attempt stays as it is if pipe is letters, digits and "-_." and
// attempt a number. Any other name is one segment: "!n" and the name, with other bytes as '!' and two hexadecimal
// digits, or "!d" and the name's SHA-256 where that is too long. So a folder of one segment begins with '!', one of two
// does not, and neither is above the other; and every store can name them, whatever bytes the name has.
func folder(name string) string {
	if pipe, attempt, ok := strings.Cut(name, "/"); ok && isPlain(pipe) && isNumber(attempt) {
		return name
	}
	var b strings.Builder
	b.WriteString("!n")
	for i := range len(name) {
		if c := name[i]; plainByte(c) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "!%02x", c)
		}
	}
	if b.Len() > maxSegment {
		return fmt.Sprintf("!d%x", sha256.Sum256([]byte(name)))
	}
	return b.String()
}

func isPlain(s string) bool {
	if s == "" || s == "." || s == ".." || len(s) > maxSegment {
		return false
	}
	for i := range len(s) {
		if !plainByte(s[i]) {
			return false
		}
	}
	return true
}

func plainByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '.'
}

func isNumber(s string) bool {
	return s != "" && len(s) <= maxAttempt && strings.Trim(s, "0123456789") == ""
}
