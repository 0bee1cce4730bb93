package interp

import (
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"sshell/interp/quote"
)

// trace prints a command that is about to run, under `set -x`.
func (sh *Shell) trace(args []string, _ []*syntax.Assign) {
	if !sh.opts.xtrace {
		return
	}
	var b strings.Builder
	for i, arg := range args {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(quote.TraceWord(arg, sh.utf8Locale()))
	}
	sh.traceLine(b.String())
}

// traceAssign prints an assignment as it will be made.
func (sh *Shell) traceAssign(a *syntax.Assign) {
	if !sh.opts.xtrace {
		return
	}
	op := "="
	if a.Append {
		op = "+="
	}
	name := decodeSource(a.Name.Value)
	if a.Array != nil || a.Index != nil {
		sh.traceLine(printNode(&syntax.CallExpr{Assigns: []*syntax.Assign{a}}))
		return
	}
	value := ""
	if a.Value != nil {
		if !sideEffectFree(a.Value) {
			sh.traceDeferred = append(sh.traceDeferred, name+op)
			return
		}
		value, _ = sh.assignText(a.Value)
	}
	sh.traceLine(name + op + quote.Trace(value, sh.utf8Locale()))
}

// traceDone prints the assignments whose value had to be computed first.
func (sh *Shell) traceDone(a *syntax.Assign) {
	if len(sh.traceDeferred) == 0 {
		return
	}
	text := sh.traceDeferred[len(sh.traceDeferred)-1]
	sh.traceDeferred = sh.traceDeferred[:len(sh.traceDeferred)-1]
	value, _ := sh.getVar(decodeSource(a.Name.Value))
	sh.traceLine(text + quote.Trace(value, sh.utf8Locale()))
}

func (sh *Shell) traceFor(name string, c *syntax.ForClause) {
	if !sh.opts.xtrace {
		return
	}
	words := c.Loop.(*syntax.WordIter).Items
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = printNode(w)
	}
	sh.traceLine("for " + name + " in " + strings.Join(texts, " "))
}

func (sh *Shell) traceCase(word string) {
	if sh.opts.xtrace {
		sh.traceLine("case " + quote.TraceWord(word, sh.utf8Locale()) + " in")
	}
}

func (sh *Shell) traceArith(c *syntax.ArithmCmd) {
	if sh.opts.xtrace {
		sh.traceLine("(( " + arithSource(c.X) + " ))")
	}
}

// traceLine writes a line behind PS4, whose first character stands once per level of indirection.
func (sh *Shell) traceLine(line string) {
	prefix := sh.tracePrefix()
	n := 2
	if s, ok := sh.getVar("BASH_XTRACEFD"); ok {
		if fd, err := strconv.Atoi(s); err == nil && sh.fds.get(fd) != nil {
			n = fd
		}
	}
	if d := sh.fds.get(n); d != nil {
		d.write([]byte(prefix + line + "\n"))
	}
}

// tracePrefix expands PS4.
func (sh *Shell) tracePrefix() string {
	ps4, _ := sh.getVar("PS4")
	if ps4 == "" {
		return ""
	}
	if strings.ContainsAny(ps4, "$`") {
		status := sh.status
		sh.opts.xtrace = false
		if w, err := parseDocument(ps4); err == nil {
			if text, err := sh.document(w, false); err == nil {
				ps4 = text
			}
		}
		sh.opts.xtrace = true
		sh.status = status
	}
	if ps4 == "" {
		return ""
	}
	n := sh.charLen(ps4)
	return strings.Repeat(ps4[:n], sh.traceLevel+1) + ps4[n:]
}

// parseDocument parses a text as the body of a here-document: for prompts.
func parseDocument(text string) (*syntax.Word, error) {
	parser := parsers.Get().(*syntax.Parser)
	defer parsers.Put(parser)
	return parser.Document(strings.NewReader(string(encodeSource([]byte(text)))))
}
