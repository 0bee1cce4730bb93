package flow

import (
	"testing"

	"sshell/remote/files"
)

// A prefix that ends in a slash is split as the objects below it are.
func TestSplitOfPrefix(t *testing.T) {
	b := newStoreBench(t)
	b.files = files.New(b.store)
	for name, text := range map[string]string{
		"in/":      "", // what some programs make for a folder
		"in/b":     "b\n",
		"in/a/z":   "z\n",
		"in/.h":    "h\n",
		"in/a-":    "minus\n",
		"inside":   "no\n",
		"i*/x":     "star\n",
		"ix/x":     "no\n",
		`back\/x`:  "slash\n",
		"marker/":  "",
		"deep/a/b": "deep\n",
		"deep/a/":  "its own\n",
	} {
		b.put("s3://data/"+name, text)
	}
	for _, c := range []struct{ sources, want, err string }{
		{"s3://data/in/", "h\nminus\nz\nb\n", ""},
		{"s3://data/deep/ s3://data/in/b", "its own\ndeep\nb\n", ""},
		{"'s3://data/i*/'", "star\n", ""},
		{`'s3://data/back\/'`, "slash\n", ""},
		{"s3://data/none/", "", "sshell: split: s3://data/none/: no objects are below it\n"},
		{"s3://data/marker/", "", "sshell: split: s3://data/marker/: no objects are below it\n"},
		{"s3://empty/", "", "sshell: split: s3://empty/: no objects are below it\n"},
		{"s3://data/in", "", "sshell: split: s3://data/in: is a directory\n"},
	} {
		a := b.run("split -l 1 " + c.sources + " | parmap cat")
		if a.out != c.want || a.err != c.err || (a.last() == 0) != (c.err == "") {
			t.Errorf("%s: %q, %q, %v, want %q, %q", c.sources, a.out, a.err, a.statuses, c.want, c.err)
		}
	}
}
