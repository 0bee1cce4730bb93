package ship

import (
	"bytes"
	"encoding/binary"
	"os"
)

// LoaderCache is the cache of glibc's loader, which ldconfig writes. It tells nothing of another root's libraries.
const LoaderCache = "/etc/ld.so.cache"

// The layout of the cache, from glibc's dl-cache.h: a header, then entries, then strings, whose offsets count from
// the header's first byte. Numbers are in the machine's own byte order.
const (
	ldMagic      = "glibc-ld.so.cache1.1"
	ldHeaderSize = 48
	ldEntrySize  = 24
	ldKeyAt      = 4 // within an entry: the offset of the library's name
	ldValueAt    = 8 // and of its path
)

// ldCache maps names of libraries to their paths, best first.
type ldCache struct{ paths map[string][]string }

func (c *ldCache) lookup(name string) []string { return c.paths[name] }

// ldCache reads the loader's cache, once. A cache that is missing or of another format has no entries: the
// directories that follow it in the search are looked through anyway.
func (r *resolver) ldCache() *ldCache {
	if r.cache == nil {
		data, err := os.ReadFile(LoaderCache)
		if err != nil {
			data = nil
		}
		r.cache = parseLdCache(data)
	}
	return r.cache
}

func parseLdCache(data []byte) *ldCache {
	c := &ldCache{paths: make(map[string][]string)}
	// An older format may stand in front, for older loaders.
	if at := bytes.Index(data, []byte(ldMagic)); at > 0 {
		data = data[at:]
	}
	if !bytes.HasPrefix(data, []byte(ldMagic)) || len(data) < ldHeaderSize {
		return c
	}
	count := binary.NativeEndian.Uint32(data[len(ldMagic):])
	for i := range uint64(count) {
		at := ldHeaderSize + i*ldEntrySize
		if at+ldEntrySize > uint64(len(data)) {
			break
		}
		entry := data[at : at+ldEntrySize]
		name := cString(data, binary.NativeEndian.Uint32(entry[ldKeyAt:]))
		path := cString(data, binary.NativeEndian.Uint32(entry[ldValueAt:]))
		if name != "" && path != "" {
			c.paths[name] = append(c.paths[name], path)
		}
	}
	return c
}

// cString gives the NUL-terminated string at an offset, empty when there is none.
func cString(data []byte, at uint32) string {
	if uint64(at) >= uint64(len(data)) {
		return ""
	}
	end := bytes.IndexByte(data[at:], 0)
	if end < 0 {
		return ""
	}
	return string(data[at:][:end])
}
