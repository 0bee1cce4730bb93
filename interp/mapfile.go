package interp

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"sshell/interp/quote"
)

// mapfileCall is one call of mapfile.
type mapfileCall struct {
	sh       *Shell
	name     string // the array
	fd       int
	delim    byte
	trim     bool
	limit    int64 // how many lines are kept, 0 for all
	skip     int64
	origin   int64
	keep     bool // the array is not cleared first
	callback string
	quantum  int64
}

// runMapfile is mapfile and readarray.
func runMapfile(sh *Shell, args []string) int {
	c := mapfileCall{sh: sh, name: "MAPFILE", delim: '\n', quantum: 5000}
	o := readOptions(args, "d:u:n:O:tC:c:s:")
	for o.next() {
		if bad := c.option(o.letter, o.arg); bad != "" {
			sh.Errorf("%s: %s: %s", args[0], o.arg, bad)
			return 1
		}
	}
	if o.failed(sh) {
		return 2
	}
	if len(o.rest) > 0 {
		c.name = o.rest[0]
	}
	return c.run(args[0])
}

// option takes one option; it gives what is wrong with its argument, empty for nothing.
func (c *mapfileCall) option(letter byte, arg string) (bad string) {
	n, err := strconv.ParseInt(strings.TrimSpace(arg), 10, 64)
	negative := err != nil || n < 0
	switch letter {
	case 'd':
		c.delim = 0
		if arg != "" {
			c.delim = arg[0]
		}
	case 't':
		c.trim = true
	case 'C':
		c.callback = arg
	case 'u':
		switch c.fd = int(n); {
		case negative || n > math.MaxInt32:
			return "invalid file descriptor specification"
		case c.sh.fds.get(c.fd) == nil:
			return "invalid file descriptor: Bad file descriptor"
		}
	case 'n', 's':
		if letter == 'n' {
			c.limit = n
		} else {
			c.skip = n
		}
		if negative {
			return "invalid line count"
		}
	case 'O':
		if c.origin, c.keep = n, true; negative {
			return "invalid array origin"
		}
	case 'c':
		if c.quantum = n; negative || n == 0 {
			return "invalid callback quantum"
		}
	}
	return ""
}

func (c *mapfileCall) run(builtin string) int {
	sh := c.sh
	switch {
	case c.name == "":
		sh.Errorf("%s: empty array variable name", builtin)
		return 2
	case !validName(c.name):
		sh.Errorf("%s: `%s': not a valid identifier", builtin, c.name)
		return 1
	}
	name := sh.deref(c.name).name
	v := sh.lookup(name)
	switch {
	case v.is(ReadOnly):
		sh.Errorf("%s: readonly variable", name)
		return 1
	case v.is(AssocVar):
		sh.Errorf("%s: %s: not an indexed array", builtin, name)
		return 1
	}
	in, err := sh.openInput(c.fd, c.limit == 0 && c.callback == "")
	if err != nil {
		sh.Errorf("%s: read error: %d: %s", builtin, c.fd, sysMessage(err))
		return 1
	}
	defer in.release()
	if c.keep {
		sh.makeIndexed(sh.mutable(name))
	}
	lines, status := c.collect(in)
	if c.callback != "" {
		return status
	}
	if !c.keep {
		if err := sh.setList(name, lines); err != nil {
			return sh.refuse(err)
		}
		return 0
	}
	return c.store(name, lines)
}

// store puts lines into the array from the origin on.
func (c *mapfileCall) store(name string, lines []string) int {
	sh := c.sh
	for i, line := range lines {
		if err := sh.setIndex(nil, name, int(c.origin)+i, line, false); err != nil {
			return sh.refuse(err)
		}
	}
	return 0
}

// collect reads the lines. With a callback each is stored as it comes, since the callback may look.
func (c *mapfileCall) collect(in *input) ([]string, int) {
	sh := c.sh
	if c.callback != "" && !c.keep {
		if err := sh.setList(c.name, nil); err != nil {
			return nil, sh.refuse(err)
		}
	}
	var lines []string
	for n := int64(0); c.limit == 0 || n < c.skip+c.limit; n++ {
		line, more := in.line(c.delim)
		if line == "" && !more {
			break
		}
		if n < c.skip {
			continue
		}
		if c.trim && line[len(line)-1] == c.delim {
			line = line[:len(line)-1]
		}
		line = untilNUL(line)
		lines = append(lines, line)
		if c.callback != "" {
			if status := c.took(n-c.skip, line); status != 0 {
				return nil, status
			}
		}
	}
	return lines, 0
}

// took calls the callback where it is due, and stores line n behind it.
func (c *mapfileCall) took(n int64, line string) int {
	sh := c.sh
	at := c.origin + n
	if (n+1)%c.quantum == 0 {
		sh.evalString(fmt.Sprintf("%s %d %s", c.callback, at, quote.Single(line)), "mapfile")
		if sh.flow != flowNone {
			return sh.status
		}
	}
	if err := sh.setIndex(nil, sh.deref(c.name).name, int(at), line, false); err != nil {
		return sh.refuse(err)
	}
	return 0
}
