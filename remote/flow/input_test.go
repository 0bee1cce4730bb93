package flow

import (
	"fmt"
	"strings"
	"testing"

	"sshell/interp/plan"
	"sshell/remote/files"
)

// A segment whose standard input is an object reads it by its name, here and where tasks read the store.
func TestObjectInput(t *testing.T) {
	text := strings.Repeat("alpha 1\nbeta 2\n", 100)
	for _, c := range []struct {
		line, want string
		moves      bool // values go through the client
	}{
		{"on local wc -l", "200\n", false},
		{"on local --memory 512 cat | on local --memory 1024 wc -c", "1500\n", false},
		{"on local -n cat", "", false},
		{"parmap --pipe --block 1k cat | on local cat", text, false},
		{"split -l 50 | parmap wc -l", "50\n50\n50\n50\n", false},
		{"parmap -N200 'echo $#; :'", "0\n", true},
		{"reduce --by 1,1 -p 1 uniq -c | on local --memory 512 wc -l", "200\n", true},
	} {
		targets := []plan.Target{target, plan.Local}
		if strings.Contains(c.line, "--pipe") || strings.HasPrefix(c.line, "split") {
			targets = targets[:1] // the runner of this machine has no objects here
		}
		for _, where := range targets {
			t.Run(fmt.Sprint(where, ": ", c.line), func(t *testing.T) {
				b := newStoreBench(t)
				defer checkLeaks(t, b.bench)()
				b.put("s3://data/in", text)
				b.files, b.object, b.target = files.New(b.store), "s3://data/in", where
				if where == plan.Local {
					b.wrap = nil
				}
				if !b.flow().ReadsObjects(where) {
					t.Error("reads no objects")
				}
				a := b.run(c.line)
				if a.out != c.want || a.last() != 0 || a.err != "" {
					t.Errorf("%q, %q, %v", a.out, a.err, a.statuses)
				}
				if moved := b.store.moved; moved > int64(len(c.want)) && !c.moves {
					t.Errorf("%d bytes went through the client", moved)
				}
				if keys := b.left(); len(keys) > 0 {
					t.Errorf("left: %q", keys)
				}
			})
		}
	}
	b := newStoreBench(t)
	b.files, b.object = files.New(b.store), "s3://data/missing"
	if a := b.run("on local cat"); a.last() != 125 || !strings.Contains(a.err, "missing") {
		t.Errorf("an object that is missing: %q, %v", a.err, a.statuses)
	}
}
