// Package keys owns what makes two lines belong together, in the grammar of sort's -t and -k, and how lines are dealt to parts
// by it: lines with equal keys meet in one part, whichever process deals them.
package keys

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// Keys say what makes two lines belong together.
type Keys struct {
	sep    byte
	hasSep bool // fields end at sep; otherwise where blanks begin
	global ordering
	blanks position // its field blanks is of the orderings that are global
	list   []key
	text   string
}

// key is the part of a line from one position to another.
type key struct {
	from, to position
	how      ordering
}

// position is F.C of -k: a field and a character in it, from 1. As an end, field 0 is the line's and char 0 the field's.
type position struct {
	field, char int
	blanks      bool // leading blanks of the field do not count
}

// ordering says which keys are equal though their bytes are not. How they are ordered does not matter here.
type ordering struct {
	dictionary, fold, printable, numeric bool
	given                                bool
}

// Parse reads options of sort: -t C and -k POS[,POS] and the letters of orderings; or a bare POS[,POS].
func Parse(s string) (*Keys, error) {
	k := &Keys{text: s}
	words := s
	for {
		words = strings.TrimLeft(words, " \n")
		if words == "" {
			break
		}
		if strings.HasPrefix(words, "-t") {
			words = k.separator(words[2:])
			continue
		}
		word, rest := cutWord(words)
		if arg, ok := strings.CutPrefix(word, "-k"); ok {
			if arg == "" {
				arg, rest = cutWord(strings.TrimLeft(rest, " \n"))
			}
			word = arg
		} else if letters, ok := strings.CutPrefix(word, "-"); ok {
			if bad := k.global.letters(letters, &k.blanks, &k.blanks); bad != 0 {
				return nil, fmt.Errorf("%s: not an option of sort that --by knows", word)
			}
			words = rest
			continue
		}
		words = rest
		if err := k.add(word); err != nil {
			return nil, err
		}
	}
	if len(k.list) == 0 {
		return nil, fmt.Errorf("%s: no key (as sort's -k)", quote(s))
	}
	for i := range k.list {
		if key := &k.list[i]; !key.how.given && k.blanks.blanks {
			key.from.blanks, key.to.blanks = true, true
		}
	}
	return k, nil
}

// quote shows what the user wrote: in quotes unless it is plain.
func quote(s string) string {
	plain := func(c rune) bool {
		return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.ContainsRune("-_.+/", c)
	}
	if s != "" && strings.IndexFunc(s, func(c rune) bool { return !plain(c) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'"'"'`) + "'"
}

func cutWord(s string) (word, rest string) {
	if i := strings.IndexAny(s, " \n"); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}

// separator reads the argument of -t: the byte that follows, or follows after one blank.
func (k *Keys) separator(s string) string {
	if len(s) > 1 && s[0] == ' ' && s[1] != ' ' && (len(s) == 2 || s[2] == ' ') {
		s = s[1:]
	}
	k.hasSep = true
	if rest, ok := strings.CutPrefix(s, `\0`); ok {
		k.sep = 0
		return rest
	}
	if s == "" {
		k.sep = ' '
		return ""
	}
	k.sep = s[0]
	return s[1:]
}

// add reads POS[,POS].
func (k *Keys) add(s string) error {
	from, to, ranged := strings.Cut(s, ",")
	key := key{}
	err := key.position(from, &key.from)
	if err == nil && ranged {
		err = key.position(to, &key.to)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", quote(s), err)
	}
	if key.from.char == 0 {
		key.from.char = 1
	}
	k.list = append(k.list, key)
	return nil
}

func (k *key) position(s string, p *position) error {
	rest, err := leadingNumber(s, &p.field)
	if err != nil || p.field < 1 {
		return fmt.Errorf("a key is FIELD[.CHAR][LETTERS], numbers from 1")
	}
	if after, ok := strings.CutPrefix(rest, "."); ok {
		if rest, err = leadingNumber(after, &p.char); err != nil {
			return fmt.Errorf("a key is FIELD[.CHAR][LETTERS], numbers from 1")
		}
	}
	if bad := k.how.letters(rest, p, p); bad != 0 {
		return fmt.Errorf("%c: an ordering that --by does not know", bad)
	}
	return nil
}

func leadingNumber(s string, to *int) (rest string, err error) {
	digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
	*to, err = strconv.Atoi(s[:digits])
	return s[digits:], err
}

// letters reads the letters of an ordering and returns the first that it does not know.
func (o *ordering) letters(s string, from, to *position) byte {
	for i := range len(s) {
		switch s[i] {
		case 'b':
			from.blanks, to.blanks = true, true
		case 'd':
			o.dictionary = true
		case 'f':
			o.fold = true
		case 'i':
			o.printable = true
		case 'n':
			o.numeric = true
		case 'r', 's', 'u': // how lines are ordered and which are shown is COMMAND's
		default:
			return s[i]
		}
		o.given = true
	}
	return 0
}

// String is what Parse read.
func (k *Keys) String() string { return k.text }

// Of appends to out what must be the same in lines that belong together.
func (k *Keys) Of(line, out []byte) []byte {
	for _, key := range k.list {
		how := key.how
		if !how.given {
			how = k.global
		}
		begin := k.begin(line, key.from)
		part := line[begin:max(begin, k.end(line, key.to))]
		out = append(how.normal(out, part), 0)
	}
	return out
}

// begin returns the index at which a key begins.
func (k *Keys) begin(line []byte, p position) int {
	i := k.skip(line, p.field-1, true)
	if p.blanks {
		i = skipBlanks(line, i)
	}
	return min(i+p.char-1, len(line))
}

// end returns the index at which a key ends.
func (k *Keys) end(line []byte, p position) int {
	switch {
	case p.field == 0:
		return len(line)
	case p.char == 0:
		return k.skip(line, p.field, false)
	}
	i := k.skip(line, p.field-1, true)
	if p.blanks {
		i = skipBlanks(line, i)
	}
	return min(i+p.char, len(line))
}

// skip returns the index after n fields, and after the separator that follows them if past is set.
func (k *Keys) skip(line []byte, n int, past bool) int {
	i := 0
	for ; n > 0 && i < len(line); n-- {
		if !k.hasSep {
			i = skipBlanks(line, i)
			for i < len(line) && !isBlank(line[i]) {
				i++
			}
			continue
		}
		at := bytes.IndexByte(line[i:], k.sep)
		if at < 0 {
			return len(line)
		}
		i += at
		if n > 1 || past {
			i++
		}
	}
	return i
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

func skipBlanks(line []byte, i int) int {
	for i < len(line) && isBlank(line[i]) {
		i++
	}
	return i
}

// normal appends part in the form that is the same for equal keys.
func (o ordering) normal(out, part []byte) []byte {
	if o.numeric {
		return appendNumber(out, part)
	}
	for _, c := range part {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if o.dictionary && !letter && !isBlank(c) || o.printable && (c < ' ' || c > '~') {
			continue
		}
		if o.fold && 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		out = append(out, c)
	}
	return out
}

// appendNumber appends the number that part begins with, as sort -n reads it: 0 if there is none.
func appendNumber(out, part []byte) []byte {
	part = part[skipBlanks(part, 0):]
	negative := len(part) > 0 && part[0] == '-'
	if negative {
		part = part[1:]
	}
	digits := func() []byte {
		n := 0
		for n < len(part) && '0' <= part[n] && part[n] <= '9' {
			n++
		}
		run := part[:n]
		part = part[n:]
		return run
	}
	units := bytes.TrimLeft(digits(), "0")
	var fraction []byte
	if len(part) > 0 && part[0] == '.' {
		part = part[1:]
		fraction = bytes.TrimRight(digits(), "0")
	}
	if negative && len(units)+len(fraction) > 0 {
		out = append(out, '-')
	}
	out = append(out, units...)
	out = append(out, '.')
	return append(out, fraction...)
}
