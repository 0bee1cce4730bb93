package arith

import (
	"strings"
	"sync"
)

// Bounds of the cache. A script has some hundred expressions; what exceeds the
// bounds is text made at run time, for which starting afresh now and then is
// as good as any order of eviction.
const (
	cacheEntries = 4096
	cacheText    = 1024 // bytes; longer text is not worth keeping
)

var cache struct {
	sync.RWMutex
	exprs map[string]*Expr
}

// Cached is Parse with the result kept for the next caller with the same text.
// It is safe for concurrent use, and what it keeps is bounded.
func Cached(text string) (*Expr, error) {
	cache.RLock()
	e := cache.exprs[text]
	cache.RUnlock()
	if e == nil {
		e = keep(text)
	}
	if e.err != nil {
		return e, e.err
	}
	return e, nil
}

func keep(text string) *Expr {
	if len(text) > cacheText {
		return parse(text)
	}
	text = strings.Clone(text) // it may be a slice of something large
	e := parse(text)
	cache.Lock()
	defer cache.Unlock()
	if cache.exprs == nil || len(cache.exprs) >= cacheEntries {
		cache.exprs = make(map[string]*Expr)
	}
	cache.exprs[text] = e
	return e
}
