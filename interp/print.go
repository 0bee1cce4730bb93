package interp

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// functionSource writes a function as declare -f does.
func functionSource(f *function) string {
	p := commandPrinter{}
	p.text(f.name + " () \n")
	p.body(f.body)
	return p.b.String()
}

// commandPrinter writes commands in the layout of bash's own printer: four columns a level, a command to a
// line.
type commandPrinter struct {
	b      strings.Builder
	indent int
	docs   []*syntax.Redirect // here-documents whose bodies follow at the end of the line
}

const indentStep = 4

func (p *commandPrinter) text(s string) { p.b.WriteString(s) }

// newline ends a line, writes the here-documents that began on it, and begins the next.
func (p *commandPrinter) newline() {
	p.b.WriteByte('\n')
	p.documents()
	p.text(strings.Repeat(" ", p.indent))
}

func (p *commandPrinter) documents() {
	docs := p.docs
	p.docs = nil
	for _, r := range docs {
		if r.Hdoc != nil {
			p.text(printNode(r.Hdoc))
		}
		p.text(strings.Trim(printNode(r.Word), `'"\`) + "\n")
	}
}

// body writes the body of a function, whose first line is begun. A body that is no group becomes one.
func (p *commandPrinter) body(body *syntax.Stmt) {
	if _, group := body.Cmd.(*syntax.Block); group {
		p.stmt(body)
		return
	}
	p.text("{ ")
	p.block([]*syntax.Stmt{body}, "")
	p.text("}")
}

// list writes statements, a line each; last is what stands behind the last one.
func (p *commandPrinter) list(stmts []*syntax.Stmt, last string) {
	for i, st := range stmts {
		if i > 0 {
			p.newline()
		}
		p.stmt(st)
		switch {
		case st.Background:
			p.text(" &")
		case i < len(stmts)-1:
			p.text(";")
		default:
			p.text(last)
		}
	}
}

// block writes statements one level deeper, between lines.
func (p *commandPrinter) block(stmts []*syntax.Stmt, last string) {
	p.indent += indentStep
	p.newline()
	p.list(stmts, last)
	p.indent -= indentStep
	p.newline()
}

// inline writes statements on one line.
func (p *commandPrinter) inline(stmts []*syntax.Stmt) {
	for i, st := range stmts {
		p.stmt(st)
		switch {
		case st.Background && i < len(stmts)-1:
			p.text(" & ")
		case st.Background:
			p.text(" &")
		case i < len(stmts)-1:
			p.text("; ")
		}
	}
}

func (p *commandPrinter) stmt(st *syntax.Stmt) {
	if st.Negated {
		p.text("! ")
	}
	p.command(st.Cmd)
	for i, r := range st.Redirs {
		if i > 0 || st.Cmd != nil {
			p.text(" ")
		}
		p.redirect(r)
	}
}

func (p *commandPrinter) command(cmd syntax.Command) {
	switch c := cmd.(type) {
	case nil:
	case *syntax.Block:
		p.text("{ ")
		p.block(c.Stmts, "")
		p.text("}")
	case *syntax.Subshell:
		p.text("( ")
		p.list(c.Stmts, "")
		p.text(" )")
	case *syntax.BinaryCmd:
		p.stmt(c.X)
		p.text(" " + c.Op.String() + " ")
		p.stmt(c.Y)
	case *syntax.IfClause:
		p.ifClause(c)
	case *syntax.WhileClause:
		word := "while "
		if c.Until {
			word = "until "
		}
		p.text(word)
		p.inline(c.Cond)
		p.text("; do")
		p.block(c.Do, ";")
		p.text("done")
	case *syntax.ForClause:
		p.forClause(c)
	case *syntax.CaseClause:
		p.caseClause(c)
	case *syntax.FuncDecl:
		p.text("function " + decodeSource(c.Name.Value) + " () ")
		p.newline()
		p.body(c.Body)
	case *syntax.TimeClause:
		p.text("time ")
		if c.PosixFormat {
			p.text("-p ")
		}
		if c.Stmt != nil {
			p.stmt(c.Stmt)
		}
	case *syntax.CoprocClause:
		p.text("coproc ")
		if c.Name != nil {
			p.text(printNode(c.Name) + " ")
		}
		p.stmt(c.Stmt)
	case *syntax.ArithmCmd:
		p.text("(( " + arithSource(c.X) + " ))")
	default:
		p.text(printNode(cmd))
	}
}

// ifClause writes an elif as an if within the else, as bash keeps it.
func (p *commandPrinter) ifClause(c *syntax.IfClause) {
	p.text("if ")
	p.inline(c.Cond)
	p.text("; then")
	p.block(c.Then, ";")
	switch next := c.Else; {
	case next == nil:
	case !next.ThenPos.IsValid():
		p.text("else")
		p.block(next.Then, ";")
	default:
		p.text("else")
		p.indent += indentStep
		p.newline()
		p.ifClause(next)
		p.text(";")
		p.indent -= indentStep
		p.newline()
	}
	p.text("fi")
}

func (p *commandPrinter) forClause(c *syntax.ForClause) {
	switch loop := c.Loop.(type) {
	case *syntax.WordIter:
		word := "for "
		if c.Select {
			word = "select "
		}
		p.text(word + decodeSource(loop.Name.Value) + " in ")
		if loop.InPos.IsValid() {
			p.words(loop.Items)
		} else {
			p.text(`"$@"`)
		}
		p.text(";")
	case *syntax.CStyleLoop:
		p.text("for ((" + loopPart(loop.Init) + "; " + loopPart(loop.Cond) + "; " + loopPart(loop.Post) + "))")
	}
	p.newline()
	p.text("do")
	p.block(c.Do, ";")
	p.text("done")
}

// loopPart is one expression of an arithmetic loop; bash keeps 1 for one that is missing.
func loopPart(x syntax.ArithmExpr) string {
	if x == nil {
		return "1"
	}
	return arithSource(x)
}

func (p *commandPrinter) words(words []*syntax.Word) {
	for i, w := range words {
		if i > 0 {
			p.text(" ")
		}
		p.text(printNode(w))
	}
}

func (p *commandPrinter) caseClause(c *syntax.CaseClause) {
	p.text("case " + printNode(c.Word) + " in ")
	p.indent += indentStep
	for _, item := range c.Items {
		p.newline()
		for i, w := range item.Patterns {
			if i > 0 {
				p.text(" | ")
			}
			p.text(printNode(w))
		}
		p.text(")")
		if len(item.Stmts) == 0 {
			p.b.WriteByte('\n')
		} else {
			p.indent += indentStep
			p.newline()
			p.list(item.Stmts, "")
			p.indent -= indentStep
		}
		p.newline()
		op := item.Op.String()
		if op == "" {
			op = ";;"
		}
		p.text(op)
	}
	p.indent -= indentStep
	p.newline()
	p.text("esac")
}

// redirect writes a redirection with the number that bash knows it by.
func (p *commandPrinter) redirect(r *syntax.Redirect) {
	number := ""
	if r.N != nil {
		number = r.N.Value
	}
	switch r.Op {
	case syntax.DplOut, syntax.DplIn:
		if number == "" {
			number = "1"
			if r.Op == syntax.DplIn {
				number = "0"
			}
		}
		p.text(number + r.Op.String() + printNode(r.Word))
	case syntax.Hdoc, syntax.DashHdoc:
		p.docs = append(p.docs, r)
		p.text(number + r.Op.String() + printNode(r.Word))
	default:
		p.text(number + r.Op.String() + " " + printNode(r.Word))
	}
}
