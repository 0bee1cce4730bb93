package flow

import (
	"fmt"
	"strconv"

	"sshell/remote/keys"
)

// reduceOptions are the words of reduce.
type reduceOptions struct {
	placing
	tree    bool
	fanIn   int
	by      *keys.Keys
	parts   int // 0 for the default
	procs   int
	roleVar string
	words   []string
}

// defaultFanIn is how many outputs a task of a tree reduces: with eight, a thousand outputs need four levels, and no task waits
// for many others.
const defaultFanIn = 8

func parseReduce(words []string) (*reduceOptions, error) {
	o := &reduceOptions{fanIn: defaultFanIn}
	rest, err := parseOptions(words, append(o.options(), o.onOption(),
		option{names("tree"), optional, o.setTree},
		option{names("by"), required, setParsed(&o.by, keys.Parse)},
		option{names("p parts"), required, setCount(&o.parts, 1)},
		option{names("procs"), required, setCount(&o.procs, 1)},
		option{names("role-var"), required, setParsed(&o.roleVar, parseName)}))
	switch {
	case err != nil:
		return nil, err
	case o.tree && o.by != nil:
		return nil, usage("give either --tree or --by")
	case o.parts > 0 && o.by == nil:
		return nil, usage("-p needs --by")
	case o.parts > maxParts:
		return nil, usage("-p: %d: must be at most %d", o.parts, maxParts)
	case o.procs > 0 && !o.tree && o.by == nil:
		return nil, usage("--procs needs --tree or --by: without them there is one COMMAND")
	case len(rest) == 0:
		return nil, usageError{errNoCommand}
	}
	if o.timeout.Percent != 0 && !o.tree && o.by == nil {
		return nil, usage("--timeout: a percentage needs several tasks")
	}
	o.words = rest
	return o, nil
}

func (o *reduceOptions) setTree(fanIn string) error {
	o.tree = true
	if fanIn == "" {
		return nil
	}
	n, err := strconv.Atoi(fanIn)
	if err != nil || n < 2 {
		return fmt.Errorf("%s: not a number from 2 on", quote(fanIn))
	}
	o.fanIn = n
	return nil
}

// slots is how many tasks of a reduce run at a time where jobs places are: a copy of COMMAND for each of --procs.
func (o *reduceOptions) slots(jobs int) int { return min(jobs*max(o.procs, 1), mostSlots()) }

// maxParts bounds -p: each part has a file while lines are dealt out.
const maxParts = 1000
