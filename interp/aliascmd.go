package interp

import (
	"maps"
	"slices"
	"strings"

	"sshell/interp/quote"
)

// runAlias is alias.
func runAlias(sh *Shell, args []string) int {
	show := false
	o := readOptions(args, "p")
	for o.next() {
		show = true
	}
	if o.failed(sh) {
		return 2
	}
	if show || len(o.rest) == 0 {
		var b strings.Builder
		for _, name := range slices.Sorted(maps.Keys(sh.aliases)) {
			b.WriteString(aliasLine(name, sh.aliases[name]))
		}
		if !sh.Out("alias", []byte(b.String())) {
			return 1
		}
	}
	status := 0
	for _, word := range o.rest {
		if i := strings.IndexByte(word, '='); i > 0 {
			if !validAlias(word[:i]) {
				sh.Errorf("alias: `%s': invalid alias name", word[:i])
				status = 1
				continue
			}
			sh.changeAliases(func(a map[string]string) { a[word[:i]] = word[i+1:] })
			continue
		}
		value, ok := sh.aliases[word]
		if !ok {
			sh.Errorf("alias: %s: not found", word)
			status = 1
			continue
		}
		sh.Out("alias", []byte(aliasLine(word, value)))
	}
	return status
}

func aliasLine(name, value string) string {
	dashes := ""
	if name[0] == '-' {
		dashes = "-- "
	}
	return "alias " + dashes + name + "=" + quote.Single(value) + "\n"
}

// validAlias reports whether a word of that name can be an alias: nothing in it ends or quotes a word.
func validAlias(name string) bool {
	return !strings.ContainsAny(name, " \t\n()<>;&|$`'\"\\/")
}

// changeAliases changes a copy of the aliases: clones share them.
func (sh *Shell) changeAliases(change func(map[string]string)) {
	aliases := make(map[string]string, len(sh.aliases)+1)
	maps.Copy(aliases, sh.aliases)
	change(aliases)
	sh.aliases = aliases
}

// runUnalias is unalias.
func runUnalias(sh *Shell, args []string) int {
	o := readOptions(args, "a")
	all := false
	for o.next() {
		all = true
	}
	if o.failed(sh) {
		return 2
	}
	switch {
	case all:
		sh.aliases = nil
		return 0
	case len(o.rest) == 0:
		sh.usage("unalias")
		return 2
	}
	status := 0
	for _, name := range o.rest {
		if _, ok := sh.aliases[name]; !ok {
			sh.Errorf("unalias: %s: not found", name)
			status = 1
			continue
		}
		sh.changeAliases(func(a map[string]string) { delete(a, name) })
	}
	return status
}
