package flow

import "strings"

// quote returns s as one word of shell source, as GNU parallel shows it: bare if all its bytes are letters, digits or one of
// -_.+/, in single quotes otherwise.
func quote(s string) string {
	if s != "" && strings.IndexFunc(s, notPlain) < 0 {
		return s
	}
	return single(s)
}

// notPlain also holds for what is no UTF-8.
func notPlain(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
		return false
	}
	return !strings.ContainsRune("-_.+/", r)
}

// single returns s in single quotes.
func single(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'"'"'`) + "'"
}

// double escapes s so that it stands for itself within double quotes or a here-document.
func double(s string, quotes bool) string {
	if !strings.ContainsAny(s, "\\$`\"") {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\\' || c == '$' || c == '`', c == '"' && quotes:
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// ansi escapes s so that it stands for itself within $'…'.
func ansi(s string) string {
	return strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s)
}

// quoteWords returns words as shell source.
func quoteWords(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = quote(w)
	}
	return strings.Join(quoted, " ")
}
