package interp

import (
	"maps"
	"strings"
)

// runEnable is enable: it turns builtins off and on, and lists them.
func runEnable(sh *Shell, args []string) int {
	var all, off, show, special, load, unload bool
	var file string
	o := readOptions(args, "adnpsf:")
	for o.next() {
		switch o.letter {
		case 'a':
			all = true
		case 'd':
			unload = true
		case 'n':
			off = true
		case 'p':
			show = true
		case 's':
			special = true
		case 'f':
			load, file = true, o.arg
		}
	}
	if o.failed(sh) {
		return 2
	}
	if len(o.rest) == 0 || show {
		return sh.listBuiltins(all, off, special)
	}
	status := 0
	for _, name := range o.rest {
		_, known := lookupBuiltin(name)
		switch {
		case load:
			sh.Errorf("enable: cannot open shared object %s: builtins cannot be loaded", file)
			return 1
		case unload && known:
			sh.Errorf("enable: %s: not dynamically loaded", name)
			status = 1
		case !known:
			sh.Errorf("enable: %s: not a shell builtin", name)
			status = 1
		default:
			sh.turnBuiltin(name, !off)
		}
	}
	return status
}

// turnBuiltin turns a builtin on or off, in a map of its own: clones share the old one.
func (sh *Shell) turnBuiltin(name string, on bool) {
	off := maps.Clone(sh.turnedOff)
	if off == nil {
		off = make(map[string]bool)
	}
	off[name] = !on
	sh.turnedOff = off
}

// disabled reports whether enable -n turned a builtin off.
func (sh *Shell) disabled(name string) bool { return sh.turnedOff != nil && sh.turnedOff[name] }

// listBuiltins prints the builtins as commands that enable or disable them.
func (sh *Shell) listBuiltins(all, off, special bool) int {
	var b strings.Builder
	for _, name := range builtinNames() {
		entry, _ := lookupBuiltin(name)
		disabled := sh.disabled(name)
		switch {
		case special && !entry.special, !all && disabled != off:
		case disabled:
			b.WriteString("enable -n " + name + "\n")
		default:
			b.WriteString("enable " + name + "\n")
		}
	}
	return boolStatus(sh.Out("enable", []byte(b.String())))
}
