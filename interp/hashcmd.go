package interp

import (
	"fmt"
	"sort"
	"strings"

	"golang.org/x/sys/unix"
)

// hashed is where a program was found, and how often it was looked up since.
type hashed struct {
	path string
	hits int
}

// remember keeps where a program is.
func (sh *Shell) remember(name string, h hashed) {
	if sh.hash == nil {
		sh.hash = make(map[string]hashed)
	}
	sh.hash[name] = h
}

// runHash is hash: it shows and changes what the shell remembers of where programs are.
func runHash(sh *Shell, args []string) int {
	if !sh.opts.hashall {
		sh.Errorf("hash: hashing disabled")
		return 1
	}
	var forget, remove, asCommands, tell bool
	path := ""
	o := readOptions(args, "dlp:rt")
	for o.next() {
		switch o.letter {
		case 'd':
			remove = true
		case 'l':
			asCommands = true
		case 'p':
			path = o.arg
		case 'r':
			forget = true
		case 't':
			tell = true
		}
	}
	if o.failed(sh) {
		return 2
	}
	if forget {
		sh.hash = nil
	}
	switch {
	case len(o.rest) > 0 && tell:
		return sh.tellHashed(o.rest, asCommands)
	case len(o.rest) > 0 && remove:
		return sh.forgetHashed(o.rest)
	case len(o.rest) > 0:
		return sh.rememberPrograms(o.rest, path)
	case tell || remove:
		letter := "-t"
		if remove {
			letter = "-d"
		}
		sh.Errorf("hash: %s: option requires an argument", letter)
		return 1
	case forget:
		return 0
	}
	return sh.listHashed(asCommands)
}

// hashOrder lists the remembered names as bash does, by bucket of its table (FILENAME_HASH_BUCKETS of
// hashcmd.h).
func (sh *Shell) hashOrder() []string {
	const buckets = 256
	names := make([]string, 0, len(sh.hash))
	for name := range sh.hash {
		names = append(names, name)
	}
	sort.Slice(names, func(i, j int) bool {
		a, b := bashHash(names[i])%buckets, bashHash(names[j])%buckets
		return a < b || a == b && names[i] < names[j]
	})
	return names
}

func hashLine(name, path string) string { return "builtin hash -p " + path + " " + name + "\n" }

// listHashed prints all that is remembered.
func (sh *Shell) listHashed(asCommands bool) int {
	if len(sh.hash) == 0 {
		if asCommands {
			return 0
		}
		return boolStatus(sh.Out("hash", []byte("hash: hash table empty\n")))
	}
	var b strings.Builder
	if !asCommands {
		b.WriteString("hits\tcommand\n")
	}
	for _, name := range sh.hashOrder() {
		if asCommands {
			b.WriteString(hashLine(name, sh.hash[name].path))
		} else {
			fmt.Fprintf(&b, "%4d\t%s\n", sh.hash[name].hits, sh.hash[name].path)
		}
	}
	return boolStatus(sh.Out("hash", []byte(b.String())))
}

// tellHashed is hash -t.
func (sh *Shell) tellHashed(names []string, asCommands bool) int {
	var b strings.Builder
	status := 0
	for _, name := range names {
		h, ok := sh.hash[name]
		path := h.path
		switch {
		case !ok:
			sh.Errorf("hash: %s: not found", name)
			status = 1
		case asCommands:
			b.WriteString(hashLine(name, path))
		case len(names) > 1:
			b.WriteString(name + "\t" + path + "\n")
		default:
			b.WriteString(path + "\n")
		}
	}
	sh.Out("hash", []byte(b.String()))
	return status
}

// forgetHashed is hash -d.
func (sh *Shell) forgetHashed(names []string) int {
	status := 0
	for _, name := range names {
		if _, ok := sh.hash[name]; !ok {
			sh.Errorf("hash: %s: not found", name)
			status = 1
		}
		delete(sh.hash, name)
	}
	return status
}

// rememberPrograms looks programs up, or takes path for them.
func (sh *Shell) rememberPrograms(names []string, path string) int {
	status := 0
	for _, name := range names {
		switch {
		case strings.IndexByte(name, '/') >= 0:
		case path != "":
			if isDir(path) {
				sh.Errorf("hash: %s: Is a directory", path)
				status = 1
				continue
			}
			sh.remember(name, hashed{path: path})
		case sh.isBuiltin(name) || sh.funcs[name] != nil:
		default:
			delete(sh.hash, name)
			path, err := sh.findProgram(name)
			if err != nil {
				sh.Errorf("hash: %s: not found", name)
				status = 1
			} else if _, ok := sh.hash[name]; ok {
				sh.remember(name, hashed{path: path})
			}
		}
	}
	return status
}

func isDir(path string) bool {
	var st unix.Stat_t
	return unix.Stat(path, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFDIR
}
