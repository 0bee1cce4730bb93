package interp

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/sys/unix"
	"mvdan.cc/sh/v3/syntax"
)

// source is a text that statements come from. Line numbers within it count from line0.
type source struct {
	name  string
	line0 int    // added to a position's line
	text  string // of the statements that run, as the parser was given it; empty where nobody may ask for it
	base  uint   // the offset in positions at which text begins
}

// The parser takes UTF-8 only, drops carriage returns and knows no other bytes; shell source is bytes. So a
// byte that is not part of a valid character, and a carriage return, stand as the rune byteRune + the byte
// until they are decoded from the tree. A character of the input in that range is taken apart in the same way.
const (
	byteRune     = 0x10FF00
	byteRuneLast = byteRune + 0xFF
)

// encodeSource makes valid UTF-8 of b for the parser. Mostly it is b itself.
func encodeSource(b []byte) []byte {
	if plainSource(b) {
		return b
	}
	out := make([]byte, 0, len(b)+len(b)/4)
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		switch {
		case r == utf8.RuneError && n <= 1, r == '\r':
			out = utf8.AppendRune(out, byteRune+rune(b[i]))
			n = 1
		case r >= byteRune && r <= byteRuneLast:
			for _, c := range b[i : i+n] {
				out = utf8.AppendRune(out, byteRune+rune(c))
			}
		default:
			out = append(out, b[i:i+n]...)
		}
		i += n
	}
	return out
}

func plainSource(b []byte) bool {
	if bytes.IndexByte(b, '\r') >= 0 || bytes.IndexByte(b, 0xF4) >= 0 {
		return false
	}
	return utf8.Valid(b)
}

// decodeSource gives the bytes that the text of a node stands for.
func decodeSource(s string) string {
	if strings.IndexByte(s, 0xF4) < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r >= byteRune && r <= byteRuneLast {
			b.WriteByte(byte(r - byteRune))
		} else {
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

// parsers are reused: one holds buffers of some KiB.
var parsers = sync.Pool{New: func() any {
	return syntax.NewParser(syntax.Variant(syntax.LangBash))
}}

// lines hands a text to the parser a line at a time, so that no line is parsed, and from a shared
// descriptor none is read, before what stands above it has run.
type lines struct {
	next func() ([]byte, error) // a line with its newline, or the rest without one; io.EOF after the last
	rest []byte
	tail bool // the last byte given was no newline
	echo func(line []byte)
	// recent is what was read since the last complete statement.
	recent []byte
	given  []byte // recent as the parser was given it: encoded, and mended where it could not be parsed
	base   uint   // what the parser was given before that
	count  int    // lines read in all
	begin  int    // lines read before recent
}

// complete is called when all that was read is parsed.
func (l *lines) complete() {
	l.base += uint(len(l.given))
	l.recent, l.given, l.begin = l.recent[:0], l.given[:0], l.count
}

func (l *lines) Read(p []byte) (int, error) {
	for len(l.rest) == 0 {
		line, err := l.next()
		if len(line) == 0 && err != nil {
			if err == io.EOF && l.tail { // the parser ends a statement at a newline only
				l.tail = false
				p[0] = '\n'
				return 1, nil
			}
			return 0, err
		}
		l.tail = len(line) > 0 && line[len(line)-1] != '\n'
		if l.echo != nil {
			l.echo(line)
		}
		l.recent = append(l.recent, line...)
		l.count++
		l.rest = encodeSource(line)
		l.given = append(l.given, l.rest...)
	}
	line := l.rest
	if n := bytes.IndexByte(line, '\n'); n >= 0 { // mended text can be several lines
		line = line[:n+1]
	}
	n := copy(p, line)
	l.rest = l.rest[n:]
	return n, nil
}

// textLines cuts a text that is there as a whole.
func textLines(text []byte) func() ([]byte, error) {
	return func() ([]byte, error) {
		if len(text) == 0 {
			return nil, io.EOF
		}
		n := bytes.IndexByte(text, '\n') + 1
		if n == 0 {
			n = len(text)
		}
		line := text[:n]
		text = text[n:]
		return line, nil
	}
}

// fdLines reads lines from a descriptor and no byte further, so that commands can read what follows. A
// file is read in blocks and its offset set back; anything else a byte at a time.
func fdLines(fd int) func() ([]byte, error) {
	const block = 4096 // a page: most lines of scripts are far shorter
	buf := make([]byte, block)
	return func() ([]byte, error) {
		var line []byte
		seekable := true
		if _, err := unix.Seek(fd, 0, unix.SEEK_CUR); err != nil {
			seekable = false
		}
		for {
			want := buf
			if !seekable {
				want = buf[:1]
			}
			n, err := unix.Read(fd, want)
			switch {
			case err == unix.EINTR:
				continue
			case err == unix.EAGAIN:
				if err := waitReady(fd, unix.POLLIN); err != nil {
					return line, err
				}
				continue
			case err != nil:
				return line, err
			case n == 0:
				return line, io.EOF
			}
			if at := bytes.IndexByte(want[:n], '\n'); at >= 0 {
				if extra := n - at - 1; extra > 0 {
					if _, err := unix.Seek(fd, int64(-extra), unix.SEEK_CUR); err != nil {
						return line, err
					}
				}
				return append(line, want[:at+1]...), nil
			}
			line = append(line, want[:n]...)
		}
	}
}

// RunSource runs a text as a script of that name, to its end or until the shell exits, and gives `$?`. The
// EXIT trap is not run: see Exit.
func (sh *Shell) RunSource(ctx context.Context, name, text string) int {
	sh.setContext(ctx)
	return sh.runLines(&source{name: name}, &lines{next: textLines([]byte(text))})
}

// RunAt is RunSource for a text that begins on a line of a script.
func (sh *Shell) RunAt(ctx context.Context, name, text string, line int) int {
	sh.setContext(ctx)
	return sh.runLines(&source{name: name, line0: max(line-1, 0)}, &lines{next: textLines([]byte(text))})
}

// RunFd is RunSource for what a descriptor of this process holds. It reads no further than it must: commands
// find the rest.
func (sh *Shell) RunFd(ctx context.Context, name string, fd int) int {
	sh.setContext(ctx)
	return sh.runLines(&source{name: name}, &lines{next: fdLines(fd), echo: sh.echoLine})
}

// echoLine prints the lines that are read under `set -v`.
func (sh *Shell) echoLine(line []byte) {
	if sh.opts.verbose {
		if d := sh.fds.get(2); d != nil {
			d.write(line)
		}
	}
}

// statusSyntax is the exit status of a script that could not be parsed.
const statusSyntax = 2

// runLines parses and runs a statement after the other.
func (sh *Shell) runLines(src *source, in *lines) int {
	if in.echo == nil {
		in.echo = sh.echoLine
	}
	outer := sh.src
	sh.src = src
	defer func() { sh.src = outer }()
	parser := parsers.Get().(*syntax.Parser)
	defer parsers.Put(parser)
	for stmts, err := range sh.statements(parser, src, in) {
		if err != nil {
			if stmts, ok := sh.endDocuments(src, in, err); ok {
				sh.topLevel(stmts)
				break
			}
			sh.syntaxError(err)
			sh.compoundHint(string(in.recent))
			break
		}
		if parser.Incomplete() {
			continue
		}
		sh.keep(in)
		in.complete()
		sh.topLevel(stmts)
		if sh.flow != flowNone {
			break
		}
	}
	return sh.status
}

// endDocuments parses again what ends in a here-document without its delimiter: bash takes the end of the input for
// it, with a warning.
func (sh *Shell) endDocuments(src *source, in *lines, err error) ([]*syntax.Stmt, bool) {
	text := string(in.given)
	for range maxDocuments {
		var pe syntax.ParseError
		if !errors.As(err, &pe) {
			return nil, false
		}
		word, ok := strings.CutPrefix(pe.Text, "unclosed here-document `")
		if !ok {
			return nil, false
		}
		word = decodeSource(strings.TrimSuffix(word, "`"))
		sh.line = in.count + src.line0
		sh.Errorf("warning: here-document delimited by end-of-file (wanted `%s')", word)
		if !strings.HasSuffix(text, "\n") {
			text += "\n"
		}
		text += string(encodeSource([]byte(word))) + "\n"
		stmts, again := parseEncoded(text)
		if again == nil {
			sh.src = &source{name: src.name, line0: src.line0 + in.begin}
			return stmts, true
		}
		err = again
	}
	return nil, false
}

// maxDocuments bounds how many here-documents can be open at the end of a script.
const maxDocuments = 16

// topLevel runs the statements of one line. An expansion error ends them, and the next line goes on.
func (sh *Shell) topLevel(stmts []*syntax.Stmt) {
	sh.stmts(stmts)
	switch {
	case sh.flow != flowDiscard || sh.sourcing > 0 || sh.inFunc > 0:
	case sh.subshell > 0:
		sh.flow = flowExit
	default:
		sh.flow = flowNone
	}
}

// syntaxError reports what the parser found, as bash words it.
func (sh *Shell) syntaxError(err error) {
	var pe syntax.ParseError
	var le syntax.LangError
	switch {
	case errors.As(err, &pe):
		sh.line = int(pe.Pos.Line()) + sh.src.line0
		sh.Errorf("syntax error: %s", pe.Text)
	case errors.As(err, &le):
		sh.line = int(le.Pos.Line()) + sh.src.line0
		sh.Errorf("syntax error: %s", strings.TrimPrefix(le.Error(), le.Pos.String()+": "))
	default:
		sh.Errorf("%s", sysMessage(err))
	}
	sh.status = statusSyntax
	if !sh.opts.interactive {
		sh.flow = flowExit
	}
}

// evalString runs a text in this shell, as eval does; what names it in messages.
func (sh *Shell) evalString(text, what string) int {
	src := &source{name: what, line0: max(sh.line-1, 0)}
	interactive := sh.opts.interactive
	sh.status = 0
	outer := sh.src
	sh.src = src
	defer func() { sh.src = outer }()
	parser := parsers.Get().(*syntax.Parser)
	defer parsers.Put(parser)
	in := &lines{next: textLines([]byte(text))}
	for stmts, err := range sh.statements(parser, src, in) {
		if err != nil {
			if stmts, ok := sh.endDocuments(src, in, err); ok {
				sh.stmts(stmts)
				break
			}
			sh.syntaxError(err)
			if ends := sh.opts.posix && what == "eval" && sh.plain == 0; !interactive && sh.flow == flowExit && !ends {
				// As in bash, an eval that cannot be parsed is a failing command, which ends a script in posix mode only.
				sh.flow, sh.status = flowNone, statusSyntax
			}
			break
		}
		if parser.Incomplete() {
			continue
		}
		sh.keep(in)
		in.complete()
		sh.stmts(stmts)
		if sh.flow != flowNone {
			break
		}
	}
	return sh.status
}

// parseStmts parses a whole text.
func parseStmts(text string) ([]*syntax.Stmt, error) {
	stmts, _, err := parseText(text)
	return stmts, err
}

// parseText is parseStmts, and gives the text as it was parsed.
func parseText(text string) (stmts []*syntax.Stmt, parsed string, err error) {
	encoded := string(encodeSource([]byte(text)))
	stmts, err = parseEncoded(encoded)
	if err != nil {
		if mended, ok := repair(encoded); ok {
			stmts, err = parseEncoded(mended)
			return stmts, mended, err
		}
	}
	return stmts, encoded, err
}

// parseEncoded is parseStmts for text that is encoded already.
func parseEncoded(text string) ([]*syntax.Stmt, error) {
	parser := parsers.Get().(*syntax.Parser)
	defer parsers.Put(parser)
	f, err := parser.Parse(strings.NewReader(text), "")
	if err != nil {
		return nil, err
	}
	return f.Stmts, nil
}

// printNode writes a node back as source.
func printNode(n syntax.Node) string {
	var b strings.Builder
	if err := syntax.NewPrinter().Print(&b, n); err != nil {
		return ""
	}
	return decodeSource(b.String())
}
