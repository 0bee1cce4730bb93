package plan

import (
	"path"
	"slices"
	"strings"
)

// Operands gives the indexes of those words of a command that its program is known to open as files to read, as far as is
// says yes to them. Programs that are not known have none, nor have words that are a program's own text, as grep's pattern
// is, and files that are written.
func Operands(argv []string, is func(word string) bool) []int {
	if !slices.ContainsFunc(argv, is) {
		return nil
	}
	name := path.Base(argv[0])
	from, to := 1, len(argv)
	switch {
	case slices.Contains(readers, name):
	case name == "uniq": // its second file is written
		to = 1 + slices.IndexFunc(argv, is)
	case name == "cp": // so is the last one of cp
		to--
	case slices.Contains(filters, name):
		from = behindText(argv)
	default:
		return nil
	}
	var at []int
	for i := from; i < to; i++ {
		if is(argv[i]) && !slices.Contains(outputOptions, argv[i-1]) {
			at = append(at, i)
		}
	}
	return at
}

// readers are programs of which all operands are files to read.
var readers = []string{
	"b2sum", "base32", "base64", "bzcat", "cat", "cksum", "cmp", "column", "comm", "cut", "diff", "diff3", "expand", "fold", "fmt",
	"head", "hexdump", "iconv", "join", "less", "md5sum", "more", "nl", "od", "paste", "pr", "rev", "sdiff", "sha1sum", "sha224sum",
	"sha256sum", "sha384sum", "sha512sum", "shuf", "sort", "split", "strings", "sum", "tac", "tail", "tsort", "unexpand", "wc",
	"xxd", "xzcat", "zcat", "zstdcat",
}

// filters are programs of which the first operand is text of theirs, if no option holds it, and the others are files to read.
var filters = []string{"awk", "egrep", "fgrep", "gawk", "grep", "jq", "mawk", "nawk", "sed", "zgrep"}

// outputOptions are those whose argument is a file that a reader writes.
var outputOptions = []string{"-o", "--output"}

// behindText is where files can begin in a filter's words: behind its first operand, or behind an option that holds its text
// or names its file.
func behindText(argv []string) int {
	for i, w := range argv[1:] {
		long := strings.HasPrefix(w, "--")
		switch {
		case w == "--":
		case long && (strings.HasPrefix(w, "--regexp") || strings.HasPrefix(w, "--expression") || strings.HasPrefix(w, "--file") || w == "--from-file"):
			return i + 2
		case !long && len(w) > 1 && w[0] == '-':
			if strings.ContainsAny(w, "ef") {
				return i + 2
			}
		case !long:
			return i + 2
		}
	}
	return len(argv)
}
