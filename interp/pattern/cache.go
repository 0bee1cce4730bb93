package pattern

import (
	"strings"
	"sync"
)

// Bounds of the cache. A script has few patterns; what exceeds the bounds is
// made at run time, and starting afresh now and then is as good for it as any
// order of eviction.
const (
	cacheEntries = 1024
	cacheText    = 1024 // bytes; longer patterns are not worth keeping
)

type cacheKey struct {
	pat   string
	flags Flags
}

var cache struct {
	sync.RWMutex
	patterns map[cacheKey]*Pattern
}

// Cached is Compile with the result kept for the next caller with the same
// pattern and flags. It is safe for concurrent use, and what it keeps is
// bounded.
func Cached(pat string, flags Flags) (*Pattern, error) {
	cache.RLock()
	p := cache.patterns[cacheKey{pat, flags}]
	cache.RUnlock()
	if p != nil {
		return p, nil
	}
	if len(pat) > cacheText {
		return Compile(pat, flags)
	}
	pat = strings.Clone(pat) // it may be a slice of something large
	p, err := Compile(pat, flags)
	if err != nil {
		return nil, err
	}
	cache.Lock()
	defer cache.Unlock()
	if cache.patterns == nil || len(cache.patterns) >= cacheEntries {
		cache.patterns = make(map[cacheKey]*Pattern)
	}
	cache.patterns[cacheKey{pat, flags}] = p
	return p, nil
}
