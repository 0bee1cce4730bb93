package relocate

import (
	"bytes"
	"path/filepath"
)

// headSize is how much of a script's first line the kernel reads (BINPRM_BUF_SIZE).
const headSize = 256

// Script gives a script as it starts in the Place: the interpreter of its first line is the one that stands there. there
// reports whether a path of the other machine has something in the Place. What is no script, or has its interpreter from
// elsewhere, is given as it is.
func (p *Place) Script(text []byte, there func(path string) bool) []byte {
	if !IsScript(text) {
		return text
	}
	line, _, _ := bytes.Cut(text[:min(len(text), headSize)], []byte("\n"))
	at := 2
	for at < len(line) && (line[at] == ' ' || line[at] == '\t') {
		at++
	}
	end := at
	for end < len(line) && line[end] != ' ' && line[end] != '\t' && line[end] != '\r' {
		end++
	}
	path := string(line[at:end])
	if !filepath.IsAbs(path) || !there(path) {
		return text
	}
	return append([]byte("#!"+p.Path(path)), text[end:]...)
}

// IsScript reports whether a file, by its first bytes, names its interpreter.
func IsScript(head []byte) bool { return bytes.HasPrefix(head, []byte("#!")) }

// VirtualEnv is the name of the file that makes a folder a virtual environment of Python.
const VirtualEnv = "pyvenv.cfg"

// Config gives the text of a VirtualEnv file as it counts in the Place: the folders that it names are there.
func (p *Place) Config(text []byte, there func(path string) bool) []byte {
	var out []byte
	for line := range bytes.Lines(text) {
		key, value, ok := bytes.Cut(line, []byte("="))
		path := string(bytes.TrimSpace(value))
		if ok && filepath.IsAbs(path) && there(path) {
			line = append(append(key[:len(key):len(key)], "= "...), p.Path(path)+"\n"...)
		}
		out = append(out, line...)
	}
	return out
}
