package interp

import (
	"os"
	"path/filepath"
	"time"

	"sshell/interp/format"
)

// rootVariable names the folder in which the files of the client stand under their own paths, where a stage runs that cannot
// have them in the root itself. Programs there find them by themselves, see package relocate; what the shell looks for in
// their stead it looks for there first.
const rootVariable = "SSHELL_ROOT"

// The C library's zone database and file of the local zone.
const (
	zoneFolder = "/usr/share/zoneinfo"
	zoneFile   = "/etc/localtime"
)

// placed gives the path under which a file of the client stands here: its own, if it was not placed elsewhere.
func (sh *Shell) placed(path string) string {
	root, ok := sh.getVar(rootVariable)
	if !ok || !filepath.IsAbs(root) {
		return path
	}
	if _, err := os.Stat(root + path); err != nil {
		return path
	}
	return root + path
}

// zone is the local time zone as a program that is started now would have it: the C library sees variables only where they are
// exported.
func (sh *Shell) zone() *time.Location {
	tz, ok := sh.exportedValue("TZ")
	if !ok {
		if file := sh.placed(zoneFile); file != zoneFile {
			return format.Zone(file, "")
		}
		return time.Local
	}
	dir, _ := sh.exportedValue("TZDIR")
	if dir == "" {
		if dir = sh.placed(zoneFolder); dir == zoneFolder {
			dir = "" // where this system keeps it
		}
	}
	return format.Zone(tz, dir)
}

func (sh *Shell) exportedValue(name string) (string, bool) {
	v := sh.lookup(name)
	if !v.is(Exported) {
		return "", false
	}
	return v.value(sh)
}
