package interp

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// forClause runs the loops over words, the arithmetic ones, and select.
func (sh *Shell) forClause(c *syntax.ForClause) {
	sh.setLine(c.Pos())
	sh.loops++
	defer func() { sh.loops-- }()
	switch loop := c.Loop.(type) {
	case *syntax.CStyleLoop:
		sh.arithmLoop(loop, c.Do)
	case *syntax.WordIter:
		words, err := sh.loopWords(loop)
		if err != nil {
			sh.fail(err)
			return
		}
		if c.Select {
			sh.selectLoop(decodeSource(loop.Name.Value), words, c.Do)
			return
		}
		sh.wordLoop(c, decodeSource(loop.Name.Value), words)
	}
}

// loopWords expands the words of a loop, which are the positional parameters where there is no `in`.
func (sh *Shell) loopWords(loop *syntax.WordIter) ([]string, error) {
	if !loop.InPos.IsValid() {
		return sh.params, nil
	}
	return sh.fields(loop.Items...)
}

func (sh *Shell) wordLoop(c *syntax.ForClause, name string, words []string) {
	sh.status = 0
	for _, word := range words {
		sh.setLine(c.Pos())
		sh.runDebugTrap(nil)
		sh.traceFor(name, c)
		if err := sh.setLoopVar(name, word); err != nil {
			sh.fail(err)
			if e := (*expansionError)(nil); errors.As(err, &e) && e.mild {
				sh.flow = flowNone // only the loop is given up
			}
			return
		}
		sh.body(c.Do)
		if sh.leaveLoop() {
			return
		}
	}
}

// setLoopVar sets a loop's variable. A name reference as loop variable is pointed at each word in turn.
func (sh *Shell) setLoopVar(name, word string) error {
	if v := sh.lookup(name); v.is(NameRef) {
		return sh.pointReference(name, word)
	}
	return sh.setVar(name, word)
}

func (sh *Shell) arithmLoop(loop *syntax.CStyleLoop, do []*syntax.Stmt) {
	if _, err := sh.loopArith(loop.Init); err != nil {
		sh.failCommand(err)
		return
	}
	status := 0
	for {
		if loop.Cond != nil {
			n, err := sh.loopArith(loop.Cond)
			if err != nil {
				sh.failCommand(err)
				return
			}
			if n == 0 {
				break
			}
		}
		sh.body(do)
		status = sh.status
		if sh.leaveLoop() {
			return
		}
		if _, err := sh.loopArith(loop.Post); err != nil {
			sh.failCommand(err)
			return
		}
	}
	sh.status = status
}

func (sh *Shell) loopArith(x syntax.ArithmExpr) (int64, error) {
	if x == nil {
		return 1, nil
	}
	sh.runDebugTrap(nil)
	return sh.arithValue(x)
}

// selectLoop prints the words as a menu, reads a choice and runs the body, until the input ends.
func (sh *Shell) selectLoop(name string, words []string, do []*syntax.Stmt) {
	sh.status = 0
	if len(words) == 0 {
		return
	}
	show := true
	for {
		if show {
			sh.writeTo(2, "select", selectMenu(words, sh.columns()))
		}
		ps3, ok := sh.getVar("PS3")
		if !ok {
			ps3 = "#? "
		}
		sh.writeTo(2, "select", []byte(ps3))
		sh.flow = flowNone
		if status := sh.runWords([]string{"read", "-r"}, onlyBuiltins); status != 0 {
			sh.writeTo(1, "select", []byte("\n"))
			sh.status = 1
			return
		}
		reply, _ := sh.getVar("REPLY")
		if show = reply == ""; show {
			continue
		}
		choice := ""
		if n, err := strconv.Atoi(strings.TrimSpace(reply)); err == nil && n >= 1 && n <= len(words) {
			choice = words[n-1]
		}
		if err := sh.setVar(name, choice); err != nil {
			sh.Errorf("%s", err)
			sh.status = 1
			return
		}
		sh.status = 0
		sh.body(do)
		if sh.leaveLoop() {
			return
		}
		if r, _ := sh.getVar("REPLY"); r == "" {
			show = true
		}
	}
}

// columns is the width of a menu: COLUMNS, or bash's default.
func (sh *Shell) columns() int {
	if s, ok := sh.getVar("COLUMNS"); ok {
		if n, err := strconv.Atoi(s); err == nil && n > 0 {
			return n
		}
	}
	return 80 // bash's default_columns where there is no terminal
}

// selectMenu lays the words out in columns, downwards first, as bash does: entries of equal width, two
// columns fewer than fit would need.
func selectMenu(words []string, width int) []byte {
	digits := len(strconv.Itoa(len(words)))
	longest := 0
	for _, w := range words {
		longest = max(longest, displayWidth(w))
	}
	cell := longest + digits + 2 + 2 // ") " after the number, two blanks between columns
	columns := max(width/cell, 1)
	rows := (len(words) + columns - 1) / columns
	columns = (len(words) + rows - 1) / rows
	if rows == 1 { // bash prints a single row as a column
		rows, columns = columns, 1
	}
	var b bytes.Buffer
	for row := range rows {
		at := 0
		for i := row; i < len(words); i += rows {
			entry := fmt.Sprintf("%*d) %s", digits, i+1, words[i])
			b.WriteString(entry)
			at += displayWidth(entry)
			if i+rows < len(words) {
				next := (i/rows + 1) * cell
				for at < next {
					if at/8 != next/8 { // a tab where it does not go too far, as bash writes it
						b.WriteByte('\t')
						at += 8 - at%8
					} else {
						b.WriteByte(' ')
						at++
					}
				}
			}
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}

func displayWidth(s string) int { return len([]rune(s)) }
