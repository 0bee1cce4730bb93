package flow

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxScript bounds the scripts that are looked through, in bytes: a shell's scripts are smaller, and what was packed
// into one is no source.
const maxScript = 1 << 20

// script looks through a script of the shell: what it calls is needed where it runs.
func (n *naming) script(file string) {
	if n.entered[file] {
		return
	}
	n.entered[file] = true
	if text, ok := readScript(file); ok {
		n.text(text)
	}
}

// readScript gives the text of a program that a shell runs.
func readScript(file string) (string, bool) {
	f, err := os.Open(file)
	if err != nil {
		return "", false
	}
	defer f.Close()
	head := make([]byte, 256) // what the kernel reads of a first line
	size, _ := io.ReadFull(f, head)
	line, _, _ := strings.Cut(string(head[:size]), "\n")
	if !ofShell(line) {
		return "", false
	}
	rest, err := io.ReadAll(io.LimitReader(f, maxScript))
	if err != nil || len(rest) == maxScript {
		return "", false
	}
	return string(head[:size]) + string(rest), true
}

// ofShell reports whether a file with this first line is run by a shell: one that it names, by itself or through env, or
// any for text that names nothing.
func ofShell(line string) bool {
	words, named := strings.CutPrefix(line, "#!")
	if !named {
		return line != "" && strings.IndexByte(line, 0) < 0
	}
	for i, word := range strings.Fields(words) {
		name := filepath.Base(word)
		switch {
		case slices.Contains(shells, name):
			return true
		case i == 0 && name == "env", strings.HasPrefix(word, "-") && i > 0, strings.Contains(word, "="):
		default:
			return false
		}
	}
	return false
}
