package worker

import (
	"strings"
	"sync"
)

// environ is an environment: each name once, the last value that was given to it.
type environ struct {
	list  []string
	index map[string]int // of the base: where in list a name stands; shared, not changed
}

// environs remembers the last base that was made ready: the tasks of a run share theirs.
type environs struct {
	mu   sync.Mutex
	from []string // as the tasks have it
	base environ
}

// merge gives the environment of a task: base, with what is added to it.
func (e *environs) merge(base, add []string) environ {
	e.mu.Lock()
	if !same(e.from, base) {
		e.from, e.base = base, newEnviron(base)
	}
	b := e.base
	e.mu.Unlock()
	if len(add) == 0 {
		return b
	}
	return b.with(add)
}

// same reports whether two lists are one list, not merely equal.
func same(a, b []string) bool {
	return len(a) == len(b) && len(a) > 0 && &a[0] == &b[0]
}

func newEnviron(list []string) environ {
	e := environ{list: make([]string, 0, len(list)), index: make(map[string]int, len(list))}
	for _, entry := range list {
		name := nameOf(entry)
		if at, ok := e.index[name]; ok {
			e.list[at] = entry
			continue
		}
		e.index[name] = len(e.list)
		e.list = append(e.list, entry)
	}
	return e
}

// with adds entries. Those of the base are found by its index, the few that were added by a look at each.
func (e environ) with(add []string) environ {
	list := make([]string, len(e.list), len(e.list)+len(add))
	copy(list, e.list)
	for _, entry := range add {
		if at := e.find(list, nameOf(entry)); at >= 0 {
			list[at] = entry
		} else {
			list = append(list, entry)
		}
	}
	return environ{list: list, index: e.index}
}

func (e environ) find(list []string, name string) int {
	if at, ok := e.index[name]; ok {
		return at
	}
	for at := len(e.index); at < len(list); at++ {
		if nameOf(list[at]) == name {
			return at
		}
	}
	return -1
}

func nameOf(entry string) string {
	name, _, _ := strings.Cut(entry, "=")
	return name
}

// path is the PATH that programs are looked up on.
func (e environ) path() string {
	if at := e.find(e.list, "PATH"); at >= 0 {
		if _, path, ok := strings.Cut(e.list[at], "="); ok {
			return path
		}
	}
	return defaultPath
}
