package regex

import (
	"strings"
	"sync"
)

// Bounds of the cache: scripts have few expressions, and starting afresh now
// and then is as good as any order of eviction for those made at run time.
const (
	cacheEntries = 256
	cacheText    = 1024 // bytes; longer expressions are not worth keeping
)

type cacheKey struct {
	re            string
	noCase, bytes bool
}

var cache struct {
	sync.RWMutex
	regexps map[cacheKey]*Regexp
}

// Cached is Compile, or CompileBytes if bytes is set, with the result kept for
// the next caller with the same expression. It is safe for concurrent use, and
// what it keeps is bounded.
func Cached(re string, noCase, bytes bool) (*Regexp, error) {
	cache.RLock()
	r := cache.regexps[cacheKey{re, noCase, bytes}]
	cache.RUnlock()
	if r != nil {
		return r, nil
	}
	re = strings.Clone(re) // it may be a slice of something large
	r, err := compile(re, noCase, bytes)
	if err != nil || len(re) > cacheText {
		return r, err
	}
	cache.Lock()
	defer cache.Unlock()
	if cache.regexps == nil || len(cache.regexps) >= cacheEntries {
		cache.regexps = make(map[cacheKey]*Regexp)
	}
	cache.regexps[cacheKey{re, noCase, bytes}] = r
	return r, nil
}
