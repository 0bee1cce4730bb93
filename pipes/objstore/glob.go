package objstore

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"slices"
	"strings"
)

// Glob gives the objects of s whose keys Match pattern, in key order. It lists no more than the pattern's literal
// beginning and, up to the first "**", one level at a time make necessary. A pattern without special characters gives
// the object of that key, if there is one. No match is no error. A pattern that no key can match gives nothing.
func Glob(ctx context.Context, s Store, pattern string) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		globLevel(ctx, s, "", segments(pattern), yield)
	}
}

// globLevel yields the objects below base, which is empty or ends in '/', whose rest matches segments. It reports
// whether to go on.
func globLevel(ctx context.Context, s Store, base string, segments []string, yield func(Object, error) bool) bool {
	for len(segments) > 1 && !HasMeta(segments[0]) {
		base += literal(segments[0]) + "/"
		segments = segments[1:]
	}
	prefix := base + literal(segments[0])
	switch rest := strings.Join(segments, "/"); {
	case slices.ContainsFunc(segments, func(seg string) bool { return strings.Contains(seg, "**") }):
		return globTree(s.List(ctx, prefix), base, compile(rest), yield)
	case !HasMeta(rest):
		return globOne(ctx, s, prefix, yield)
	}
	return globNames(ctx, s, base, segments, Level(ctx, s, prefix), yield)
}

// globNames goes on with what one level has.
func globNames(ctx context.Context, s Store, base string, segments []string, level iter.Seq2[Object, error],
	yield func(Object, error) bool) bool {
	match, last := compile(segments[0]), len(segments) == 1
	for o, err := range level {
		if err != nil {
			yield(Object{}, err)
			return false
		}
		name := strings.TrimSuffix(o.Key[len(base):], "/")
		if !match.matches(name) {
			continue
		}
		folder := o.Size == FolderSize
		switch {
		case folder && !last:
			if !globLevel(ctx, s, o.Key, segments[1:], yield) {
				return false
			}
		case !folder && last && name != "":
			if !yield(o, nil) {
				return false
			}
		}
	}
	return true
}

func globTree(list iter.Seq2[Object, error], base string, match pattern, yield func(Object, error) bool) bool {
	for o, err := range list {
		if err != nil {
			yield(Object{}, err)
			return false
		}
		name := o.Key[len(base):]
		if name == "" && !match.endsInSlash() { // base ends in the slash that the key ends in
			continue
		}
		if match.matches(name) && !yield(o, nil) {
			return false
		}
	}
	return true
}

func globOne(ctx context.Context, s Store, key string, yield func(Object, error) bool) bool {
	if CheckKey(key) != nil {
		return true
	}
	o, err := Stat(ctx, s, key)
	if errors.Is(err, fs.ErrNotExist) {
		return true
	}
	return yield(o, err) && err == nil
}

// segments splits a pattern at its slashes, of which a backslash takes nothing away.
func segments(pattern string) []string {
	var all []string
	start := 0
	for i := 0; i < len(pattern); i++ {
		switch {
		case pattern[i] == '/':
			all = append(all, pattern[start:i])
			start = i + 1
		case pattern[i] == '\\' && strings.HasPrefix(pattern[i+1:], "/"):
			all = append(all, pattern[start:i])
			start = i + 2
			i++
		case pattern[i] == '\\':
			i++
		}
	}
	return append(all, pattern[start:])
}
