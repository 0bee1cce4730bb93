package ship

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Where the C library keeps what depends on the place of its user.
const (
	localeFolder  = "/usr/lib/locale"
	localeArchive = localeFolder + "/locale-archive"
	zoneFolder    = "/usr/share/zoneinfo"
	zoneFile      = "/etc/localtime"
)

// categories are the variables that name a locale, each for its part; LC_ALL goes before, LANG behind them.
var categories = []string{"LC_CTYPE", "LC_COLLATE", "LC_MESSAGES", "LC_MONETARY", "LC_NUMERIC", "LC_TIME",
	"LC_ADDRESS", "LC_IDENTIFICATION", "LC_MEASUREMENT", "LC_NAME", "LC_PAPER", "LC_TELEPHONE"}

// Locale lists the files that any program reads because of its environment, a list of NAME=VALUE: the locales that LC_ALL,
// LC_* and LANG name, the converters of their character sets, and the time zone. What this machine does not have is left
// out: programs do without it here too. Translated messages are not listed.
func Locale(env []string, arch string) []File {
	r := newResolver(env, arch)
	r.locales()
	r.zone()
	return r.files
}

func (r *resolver) locales() {
	var names []string
	for _, category := range categories {
		for _, v := range []string{"LC_ALL", category, "LANG"} {
			if name, _ := r.getenv(v); name != "" {
				names = append(names, name)
				break
			}
		}
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if name != "C" && name != "POSIX" {
			r.locale(name)
		}
	}
}

// locale lists what there is of one locale.
func (r *resolver) locale(name string) {
	if strings.Contains(name, "/") {
		r.addIfThere(name, "")
		return
	}
	list, ok := r.getenv("LOCPATH")
	if !ok || list == "" {
		list = localeFolder
		r.addIfThere(localeArchive, "")
	}
	for dir := range strings.SplitSeq(list, ":") {
		for _, n := range localeNames(name) {
			r.addIfThere(filepath.Join(dir, n), "")
		}
	}
	if charset := codeset(name); charset != "utf8" && !strings.HasPrefix(name, "C.") {
		r.converters("")
	}
}

// localeNames are the folders in which glibc looks for a locale, of the form language[_territory][.codeset][@modifier]:
// any part but the language may be missing, and the code set may be written in more than one way.
func localeNames(name string) []string {
	rest, modifier, hasModifier := strings.Cut(name, "@")
	rest, set, hasSet := strings.Cut(rest, ".")
	language, _, hasTerritory := strings.Cut(rest, "_")
	heads, sets, tails := []string{rest}, []string{""}, []string{""}
	if hasTerritory {
		heads = append(heads, language)
	}
	if hasSet {
		sets = append(sets, "."+set, "."+normal(set))
	}
	if hasModifier {
		tails = append(tails, "@"+modifier)
	}
	var names []string
	for _, h := range heads {
		for _, s := range sets {
			for _, t := range tails {
				names = append(names, h+s+t)
			}
		}
	}
	return names
}

// codeset gives the code set of a locale in its normal form, empty where the name has none.
func codeset(name string) string {
	name, _, _ = strings.Cut(name, "@")
	_, set, _ := strings.Cut(name, ".")
	return normal(set)
}

// normal writes a code set as glibc names folders: letters and digits, in lower case.
func normal(set string) string {
	return strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			return c
		}
		return -1
	}, strings.ToLower(set))
}

// converters lists the folder of glibc's modules that convert between character sets.
func (r *resolver) converters(why string) {
	multiarch := triplet(r.arch)
	for _, dir := range []string{"/usr/lib/" + multiarch + "/gconv", "/usr/lib64/gconv", "/usr/lib/gconv"} {
		r.addIfThere(dir, why)
	}
	if list, _ := r.getenv("GCONV_PATH"); list != "" {
		for dir := range strings.SplitSeq(list, ":") {
			r.addIfThere(dir, why)
		}
	}
}

// zone lists the file of the time zone.
func (r *resolver) zone() {
	zone, ok := r.getenv("TZ")
	if !ok {
		r.addIfThere(zoneFile, "")
		return
	}
	zone = strings.TrimPrefix(zone, ":")
	dir, _ := r.getenv("TZDIR")
	if dir == "" {
		dir = zoneFolder
	}
	if filepath.IsAbs(zone) {
		dir, zone = "/", zone[1:]
	}
	if file := filepath.Join(dir, zone); filepath.IsLocal(zone) && isFile(file) {
		r.add(file, "")
	}
}

func (r *resolver) addIfThere(path, why string) {
	if _, err := os.Stat(path); err == nil && filepath.IsAbs(path) {
		r.add(path, why)
	}
}

func isFile(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.Mode().IsRegular()
}
