package dir

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestNamesOfKeys(t *testing.T) {
	n250 := strings.Repeat("n", 250)
	for key, want := range map[string]string{
		"reads.fastq":          "reads.fastq",
		"a/b c/é\xff.txt":      "a/b c/é\xff.txt",
		"50%/x":                "50%25/x",
		"a%25":                 "a%2525",
		"../../etc/passwd":     "%2E./%2E./etc/passwd",
		"./.../.hidden":        "%2E/.../.hidden",
		"a//b/":                "a/%/b/%",
		n250:                   n250,
		n250 + "x/y":           n250 + "%+/x/y",
		n250 + "..":            n250 + "%+/%2E.",
		n250 + n250 + "x":      n250 + "%+/" + n250 + "%+/x",
		n250[:249] + "%":       n250[:249] + "%%+/25",
		".%sshell/lock":        ".%25sshell/lock",
		"a%file":               "a%25file",
		strings.Repeat("%", 2): "%25%25",
	} {
		if got := strings.Join(encode(key), "/"); got != want {
			t.Errorf("key %q is at %q, want %q", key, got, want)
		}
	}
}

// Names that no key has are not read as one, or two names would be one object.
func TestNamesOfNoKey(t *testing.T) {
	for _, names := range [][]string{
		{""}, {"50%.txt"}, {"%2F"}, {"%2e"}, {"a%2E"}, {"%2E%2E"}, {"%25%"}, {"%%"}, {"a%"}, {ownFolder},
		{strings.Repeat("n", 251)}, {"short%+", "x"}, {strings.Repeat("n", 250) + "%+", ""},
		{strings.Repeat("n", 249) + "%+", strings.Repeat("n", 10)}, {strings.Repeat("n", 250) + "%+", "."},
	} {
		if segment, ok := decode(names); ok {
			t.Errorf("%q is read as %q", names, segment)
		}
	}
}

func FuzzNames(f *testing.F) {
	for _, key := range []string{"a", "a/b", "..", "a//", "%", "%25", strings.Repeat("%", 400), strings.Repeat("n", 250) + ".", "a%file"} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		names := encode(key)
		path := filepath.Join(append([]string{"/root"}, names...)...)
		if !strings.HasPrefix(path, "/root/") || strings.Count(path, "/") != len(names)+1 {
			t.Fatalf("key %q leaves its folder, or loses a name: %q", key, path)
		}
		var segments, pieces []string
		for _, name := range names {
			if len(name)+len(fileMark) > 255 && !strings.HasSuffix(name, moreMark) || len(name) > 255 {
				t.Fatalf("key %q has a name of %d bytes", key, len(name))
			}
			if name == ownFolder || strings.HasSuffix(name, fileMark) {
				t.Fatalf("key %q has the reserved name %q", key, name)
			}
			pieces = append(pieces, name)
			if strings.HasSuffix(name, moreMark) {
				continue
			}
			segment, ok := decode(pieces)
			if !ok {
				t.Fatalf("key %q has the names %q, which are not read back", key, pieces)
			}
			segments, pieces = append(segments, segment), nil
		}
		if got := strings.Join(segments, "/"); got != key || pieces != nil {
			t.Fatalf("key %q comes back as %q", key, got)
		}
		if again := encode(key); !slices.Equal(again, names) {
			t.Fatalf("key %q has the names %q and %q", key, names, again)
		}
	})
}
