package interp

import (
	"strings"

	"sshell/interp/pattern"
)

// sinkKind is what becomes of expanded words.
type sinkKind uint8

const (
	toFields  sinkKind = iota // words of a command: split, and matched against file names
	toText                    // one string
	toPattern                 // one string in which quoted characters are escaped for a pattern
	toRegex                   // the same for a regular expression
)

// A sink gathers the expansion of words. Text comes quoted or not; in a sink for fields, unquoted text is
// split where it came from an expansion, and a field with an unquoted pattern becomes the names that match.
type sink struct {
	sh    *Shell
	kind  sinkKind
	out   []string
	buf   []byte // the field that is being built
	marks []int  // where quoted text of buf begins and ends, by turns
	some  bool   // the field is there even if it is empty
	space bool   // what came last was blanks that ended a field
	meta  bool   // buf has unquoted text that may be a pattern
	err   error  // what went wrong when a field was made
	// noList says that an empty "$@" or "${a[@]}" was expanded.
	noList bool
	joins  joinMode
}

// sink gives an empty sink, to be handed back with release.
func (sh *Shell) sink(kind sinkKind) *sink {
	pool := &sh.exp.sinks
	n := len(*pool)
	if n == 0 {
		return &sink{sh: sh, kind: kind}
	}
	s := (*pool)[n-1]
	*pool = (*pool)[:n-1]
	s.kind = kind
	return s
}

// maxKeptBuffer is how large a buffer is kept for the next word: most words are far shorter.
const maxKeptBuffer = 64 << 10

func (s *sink) release() {
	keep := s.buf[:0]
	if cap(keep) > maxKeptBuffer {
		keep = nil
	}
	*s = sink{sh: s.sh, buf: keep, marks: s.marks[:0]}
	s.sh.exp.sinks = append(s.sh.exp.sinks, s)
}

// quoted appends text to which nothing further happens. An empty text makes the field be there.
func (s *sink) quoted(text string) {
	s.some, s.space = true, false
	if text == "" {
		return
	}
	if s.kind != toText {
		if n := len(s.marks); n > 0 && s.marks[n-1] == len(s.buf) {
			s.marks[n-1] += len(text)
		} else {
			s.marks = append(s.marks, len(s.buf), len(s.buf)+len(text))
		}
	}
	s.buf = append(s.buf, text...)
}

// bare appends unquoted text that is not split, as words of the source are.
func (s *sink) bare(text string) {
	if text == "" {
		return
	}
	s.space = false
	s.buf = append(s.buf, text...)
	if s.kind == toFields && !s.meta {
		s.meta = strings.ContainsAny(text, "*?[(")
	}
}

// split appends unquoted text that came from an expansion.
func (s *sink) split(text string) {
	if s.kind != toFields {
		s.bare(text)
		return
	}
	t := s.sh.ifs()
	for i := 0; i < len(text); {
		from := i
		for i < len(text) && t.class[text[i]]&ifsAny == 0 {
			if t.class[text[i]] != 0 {
				s.meta = true
			}
			i++
		}
		if i > from {
			s.space = false
			s.buf = append(s.buf, text[from:i]...)
			if i == len(text) {
				return
			}
		}
		i += s.separator(t, text[i:])
	}
}

// separator takes the byte or character that text begins with, which may be one of IFS, and gives its length.
func (s *sink) separator(t *ifsTable, text string) int {
	n := 1
	switch class := t.class[text[0]]; {
	case class&ifsSpace != 0:
		if len(s.buf) > 0 || s.some {
			s.flush()
			s.space = true
		}
		return n
	case class&wideIFS != 0:
		if n = t.wideLen(text); n == 0 {
			s.space = false
			s.buf = append(s.buf, text[0])
			return 1
		}
	}
	if s.space { // the blanks before it and it are one separator
		s.space = false
		return n
	}
	s.some = true
	s.flush()
	return n
}

// value appends what an expansion gave.
func (s *sink) value(text string, quoted bool) {
	if quoted {
		s.quoted(text)
	} else {
		s.split(text)
	}
}

// list appends the elements of $@ or a[@], or, where star is set, of $* or a[*], to a sink for fields.
func (s *sink) list(elems []string, star bool, q quoting) {
	switch {
	case q&inDouble != 0 && star:
		s.quoted(strings.Join(elems, s.sh.ifs().join))
	case q&inDouble != 0:
		s.noList = s.noList || len(elems) == 0
		for i, elem := range elems {
			if i > 0 {
				s.flush()
			}
			s.quoted(elem)
		}
	case q&inOperand != 0 && !star && !s.sh.ifs().null:
		s.split(strings.Join(elems, " "))
	default:
		s.unquotedList(elems)
	}
}

// unquotedList splits the elements as if the first character of IFS stood between them.
func (s *sink) unquotedList(elems []string) {
	t := s.sh.ifs()
	for i, elem := range elems {
		switch {
		case i == 0:
		case t.null:
			s.end()
		default:
			s.separator(t, t.join)
		}
		s.split(elem)
	}
}

// end ends a word.
func (s *sink) end() {
	if len(s.buf) > 0 || s.some {
		s.flush()
	}
	s.space = false
}

// flush makes a field of what was gathered.
func (s *sink) flush() {
	if !s.meta || s.sh.opts.noglob {
		s.out = append(s.out, string(s.buf))
	} else {
		s.globField()
	}
	s.buf, s.marks, s.some, s.meta = s.buf[:0], s.marks[:0], false, false
}

// text is what a sink that is not for fields gathered.
func (s *sink) text() string {
	switch s.kind {
	case toPattern:
		return s.escaped(pattern.Escape)
	case toRegex:
		return s.escaped(escapeRegex)
	}
	return string(s.buf)
}

// escaped is the field with quoted text as escape gives it.
func (s *sink) escaped(escape func(string) string) string {
	if len(s.marks) == 0 {
		return string(s.buf)
	}
	text := string(s.buf)
	var b strings.Builder
	b.Grow(len(text) + 8)
	at := 0
	for i := 0; i < len(s.marks); i += 2 {
		b.WriteString(text[at:s.marks[i]])
		at = s.marks[i+1]
		b.WriteString(escape(text[s.marks[i]:at]))
	}
	b.WriteString(text[at:])
	return b.String()
}

// escapeRegex puts a backslash before what is special in an extended regular expression.
func escapeRegex(s string) string {
	if !strings.ContainsAny(s, `\.[]()*+?{}|^$`) {
		return s
	}
	b := make([]byte, 0, len(s)+8)
	for i := 0; i < len(s); i++ {
		if strings.IndexByte(`\.[]()*+?{}|^$`, s[i]) >= 0 {
			b = append(b, '\\')
		}
		b = append(b, s[i])
	}
	return string(b)
}
