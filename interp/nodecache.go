package interp

import (
	"sync"
	"sync/atomic"
)

// nodeCache keeps what was derived from nodes of the syntax tree, or from texts that were parsed at run time.
// All shells of the process share it. It holds a bounded number of entries and then starts afresh: scripts
// have few nodes, and what eval makes in a loop is not asked for again.
type nodeCache[K comparable, V any] struct {
	entries sync.Map
	n       atomic.Int32
}

// nodeCacheEntries bounds a cache: a script of that many expressions is larger than any known.
const nodeCacheEntries = 8192

func (c *nodeCache[K, V]) get(key K) (v V, ok bool) {
	if e, ok := c.entries.Load(key); ok {
		return e.(V), true
	}
	return v, false
}

func (c *nodeCache[K, V]) put(key K, v V) V {
	if c.n.Add(1) > nodeCacheEntries {
		c.entries.Clear()
		c.n.Store(1)
	}
	c.entries.Store(key, v)
	return v
}
