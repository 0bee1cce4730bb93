package interp

import (
	"os/user"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// assignmentWord reports whether a word of a command looks like an assignment: NAME=, NAME+= or NAME[…]=.
func assignmentWord(w *syntax.Word) bool {
	if len(w.Parts) == 0 {
		return false
	}
	lit, ok := w.Parts[0].(*syntax.Lit)
	if !ok {
		return false
	}
	text, _ := literalRun(w.Parts, lit)
	return assignmentEnd(text) > 0
}

// assignmentEnd is the length of the NAME= that text begins with, 0 when it does not.
func assignmentEnd(text string) int {
	n := 0
	for n < len(text) && (text[n] == '_' || isAlnum(text[n])) {
		n++
	}
	if n == 0 || text[0]-'0' < 10 {
		return 0
	}
	if n < len(text) && text[n] == '[' {
		end := strings.IndexByte(text[n:], ']')
		if end < 0 {
			return 0
		}
		n += end + 1
	}
	if n < len(text) && text[n] == '+' {
		n++
	}
	if n < len(text) && text[n] == '=' {
		return n + 1
	}
	return 0
}

// tildeLit appends unquoted text in which tildes are expanded. first and last say whether the text begins
// and ends its word: a prefix that something quoted continues is none.
func (s *sink) tildeLit(text string, q quoting, first, last bool) {
	if first && q&tildeAssign != 0 {
		if n := assignmentEnd(text); n > 0 {
			s.bareLit(text[:n], q)
			text = text[n:]
		} else {
			first = false
		}
	}
	for {
		if first && strings.HasPrefix(text, "~") {
			text = s.tilde(text, q, last)
		}
		if q&(tildeValue|tildeAssign) == 0 {
			break
		}
		colon := unescapedColon(text)
		if colon < 0 {
			break
		}
		s.bareLit(text[:colon+1], q)
		text, first = text[colon+1:], true
	}
	s.bareLit(text, q)
}

// unescapedColon finds the first colon of text that no backslash quotes.
func unescapedColon(text string) int {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case ':':
			return i
		}
	}
	return -1
}

// tilde appends what the tilde that text begins with stands for, and gives the rest of text; all of it
// when it stands for itself.
func (s *sink) tilde(text string, q quoting, last bool) (rest string) {
	ends := "/"
	if q&(tildeValue|tildeAssign) != 0 {
		ends = "/:"
	}
	n := strings.IndexAny(text, ends)
	if n < 0 {
		n = len(text)
		if !last {
			return text
		}
	}
	if strings.IndexByte(text[:n], '\\') >= 0 {
		return text
	}
	if colon := strings.IndexByte(text[:n], ':'); colon >= 0 {
		n = colon
	}
	if dir, ok := s.sh.tildeDir(text[1:n]); ok {
		s.quoted(dir)
		return text[n:]
	}
	return text
}

// tildeDir gives the folder that a tilde with name behind it stands for.
func (sh *Shell) tildeDir(name string) (dir string, ok bool) {
	switch name {
	case "":
		if home, set := sh.lookup("HOME").value(sh); set {
			return home, true
		}
		return homeOf("")
	case "+":
		return sh.getVar("PWD")
	case "-":
		return sh.getVar("OLDPWD")
	}
	if n, err := strconv.Atoi(name); err == nil {
		return sh.stackDir(n, name[0] == '-')
	}
	return homeOf(name)
}

// stackDir gives an entry of the stack of folders, of which the working folder is the first, counted from
// the other end if so asked.
func (sh *Shell) stackDir(n int, fromEnd bool) (string, bool) {
	if fromEnd {
		n += len(sh.stack)
	}
	switch {
	case n < 0 || n > len(sh.stack):
		return "", false
	case n == 0:
		return sh.dir, true
	}
	return sh.stack[n-1], true
}

// homeOf gives the home of a user, "" meaning the one that runs the shell.
func homeOf(name string) (string, bool) {
	var u *user.User
	var err error
	if name == "" {
		u, err = user.Current()
	} else {
		u, err = user.Lookup(name)
	}
	if err != nil {
		return "", false
	}
	return u.HomeDir, true
}

// userName is the name of the user that runs the shell.
func userName() (string, bool) {
	u, err := user.Current()
	if err != nil {
		return "", false
	}
	return u.Username, true
}
