package flow

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// resultsDir lays out outputs in files as GNU parallel's --results does: DIR/1/VALUE/2/VALUE…/{stdout,stderr,seq}. Where the
// name has replacement strings it is NAME, NAME.err and NAME.seq, or a folder if it ends in '/'.
type resultsDir struct {
	name argvTemplate
	root string // relative names are relative to it
}

func newResults(name, root string, t tokens) *resultsDir {
	return &resultsDir{name: parseWords([]string{name}, t, false), root: root}
}

// resultNames are the three files of one task.
type resultNames struct{ stdout, stderr, seq string }

// resultEscapes are what values may not hold in the name of a file.
var resultEscapes = sync.OnceValue(func() *strings.Replacer {
	return strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\x00", `\0`, "/", `\_`)
})

// names returns a task's files. width is how many values one combination has.
func (r *resultsDir) names(v values, width int) resultNames {
	name, fixed := r.name.fixed(0)
	if !fixed {
		name = strings.Join(r.name.fill(v), " ")
		if !strings.HasSuffix(name, "/") {
			name = r.path(name)
			return resultNames{name, name + ".err", name + ".seq"}
		}
	} else {
		for i, value := range v.args {
			if value == ".." {
				value = `\..` // it would lead out of the folder
			}
			name += "/" + strconv.Itoa(i%max(width, 1)+1) + "/" + resultEscapes().Replace(value)
		}
	}
	dir := r.path(name)
	return resultNames{filepath.Join(dir, "stdout"), filepath.Join(dir, "stderr"), filepath.Join(dir, "seq")}
}

func (r *resultsDir) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(r.root, name)
}

// open makes a task's files. An attempt before this one leaves nothing in them.
func (n resultNames) open(seq int64) (stdout, stderr *os.File, err error) {
	if err := os.MkdirAll(filepath.Dir(n.stdout), 0o777); err != nil {
		return nil, nil, fmt.Errorf("make folder for results: %w", err)
	}
	if err := os.WriteFile(n.seq, []byte(strconv.FormatInt(seq, 10)), 0o666); err != nil {
		return nil, nil, fmt.Errorf("write results: %w", err)
	}
	if stdout, err = os.Create(n.stdout); err != nil {
		return nil, nil, fmt.Errorf("write results: %w", err)
	}
	if stderr, err = os.Create(n.stderr); err != nil {
		stdout.Close()
		return nil, nil, fmt.Errorf("write results: %w", err)
	}
	return stdout, stderr, nil
}

// there reports whether a task has results.
func (n resultNames) there() bool {
	_, err := os.Stat(n.stdout)
	return err == nil
}
