package storetest

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Trait is a way in which a store, or the server behind it, gives less than the contract. A store that has one says so to
// Run, and the suite asks for the rest.
type Trait int

const (
	// Text is a store over a service that knows text only: it refuses other keys by ErrKey.
	Text Trait = iota
	// Files is a server that keeps objects as files under their keys, and lists them as XML: a key and keys below it
	// exclude each other, a part between slashes is a file's name, and a control character cannot be listed.
	Files
	// Digests is a store whose versions are digests: equal contents have the same.
	Digests
	// Cuts is a store that may lose a body's connection: the rest cannot be read if the object was replaced or deleted
	// by then, and Read fails.
	Cuts
	// Repeats is a server that takes the completion of an upload that was aborted for a repetition of one that succeeded, if
	// there is an object under its key.
	Repeats
)

// traits are those of one store.
type traits []Trait

func (all traits) has(t Trait) bool { return slices.Contains(all, t) }

// fit leaves those of keys that the store can hold together.
func (all traits) fit(keys []string) []string {
	var fit []string
	for _, key := range keys {
		folder := slices.ContainsFunc(keys, func(other string) bool { return strings.HasPrefix(other, key+"/") })
		switch {
		case all.has(Text) && !utf8.ValidString(key):
		case all.has(Files) && (folder || !fileName(key)):
		default:
			fit = append(fit, key)
		}
	}
	return fit
}

// fileName reports whether key can be the name of a file below a folder.
func fileName(key string) bool {
	for name := range strings.SplitSeq(key, "/") {
		if name == "" || name == "." || name == ".." || len(name) > 255 || strings.ContainsFunc(name, func(c rune) bool { return c < ' ' }) {
			return false
		}
	}
	return true
}
