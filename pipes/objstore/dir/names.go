package dir

import (
	"path/filepath"
	"slices"
	"strings"
)

// The marks of names that are no plain segment. A '%' of a key is written %25, so that no key's segment has them.
const (
	fileMark  = "%file" // ends the name of an object's file where the plain name is a folder's
	moreMark  = "%+"    // ends the name of a folder whose entries go on with the same segment
	emptyMark = "%"     // the whole name of an empty segment
)

// maxName is how long a name gets before it is divided: what file systems allow (NAME_MAX, 255) less the longest mark.
const maxName = 255 - len(fileMark)

// encode gives the names on the way from the bucket's folder to the object's file.
func encode(key string) []string {
	var names []string
	for segment := range strings.SplitSeq(key, "/") {
		if segment == "" {
			names = append(names, emptyMark)
			continue
		}
		rest := strings.ReplaceAll(segment, "%", "%25")
		for len(rest) > maxName {
			names = append(names, rest[:maxName]+moreMark)
			rest = rest[maxName:]
		}
		if rest == "." || rest == ".." {
			rest = "%2E" + rest[1:]
		}
		names = append(names, rest)
	}
	return names
}

// decode gives the segment that encode wrote as names, and false for names that encode does not write.
func decode(names []string) (segment string, ok bool) {
	if len(names) == 1 && !strings.Contains(names[0], "%") {
		return names[0], names[0] != "" && len(names[0]) <= maxName
	}
	last := len(names) - 1
	for _, name := range names[:last] {
		segment += strings.TrimSuffix(name, moreMark)
	}
	segment += names[last]
	if segment == emptyMark {
		return "", true
	}
	segment = strings.ReplaceAll(strings.ReplaceAll(segment, "%2E", "."), "%25", "%")
	return segment, slices.Equal(encode(segment), names)
}

// place is where an object can be. It is at plain, unless a folder of that name was or is there: then it is at beside.
type place struct {
	folders       []string // from the bucket's folder down, without that folder itself
	plain, beside string
}

func (s *Store) place(key string) place {
	var p place
	at := s.folder
	names := encode(key)
	for _, name := range names[:len(names)-1] {
		at = filepath.Join(at, name)
		p.folders = append(p.folders, at)
	}
	p.plain = filepath.Join(at, names[len(names)-1])
	p.beside = p.plain + fileMark
	return p
}
