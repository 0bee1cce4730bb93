package interp

import (
	"fmt"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"sshell/interp/plan"
)

// explainCompound goes through a compound command as --explain does: each pipeline in it is explained once, whatever
// would decide whether and how often it runs. It reports whether it knows such commands.
func (sh *Shell) explainCompound(st *syntax.Stmt) bool {
	switch c := st.Cmd.(type) {
	case *syntax.Subshell:
		sh.explainAll(c.Stmts)
	case *syntax.IfClause:
		for ; c != nil; c = c.Else {
			sh.explainAll(c.Cond)
			sh.explainAll(c.Then)
		}
	case *syntax.WhileClause:
		sh.explainAll(c.Cond)
		sh.explainAll(c.Do)
	case *syntax.ForClause:
		if loop, ok := c.Loop.(*syntax.WordIter); ok {
			if words, err := sh.loopWords(loop); err == nil && len(words) > 0 {
				sh.setLoopVar(decodeSource(loop.Name.Value), words[0])
			}
		}
		sh.explainAll(c.Do)
	case *syntax.CaseClause:
		for _, item := range c.Items {
			sh.explainAll(item.Stmts)
		}
	case *syntax.TimeClause:
		if c.Stmt != nil {
			sh.explainAll([]*syntax.Stmt{c.Stmt})
		}
	case *syntax.CoprocClause:
		sh.explainAll([]*syntax.Stmt{c.Stmt})
	default:
		return false
	}
	sh.status = 0
	return true
}

func (sh *Shell) explainAll(stmts []*syntax.Stmt) {
	for _, st := range stmts {
		front := *st
		front.Background = false
		sh.stmt(&front)
		if sh.flow != flowExit {
			sh.flow = flowNone
		}
	}
}

// explain prints where each stage would run and why, and what the segments would do.
func (sh *Shell) explain(p plan.Pipeline, placements []plan.Placement) {
	var b strings.Builder
	sh.status = 0
	for i, s := range p.Stages {
		text := strings.TrimSpace(s.Source)
		if len(s.Argv) > 0 {
			text = strings.Join(s.Argv, " ")
		}
		if err := placements[i].Err; err != nil {
			fmt.Fprintf(&b, "stage %d  %-8s %s\n         error: %s\n", i+1, "-", firstLine(text), err)
			sh.status = plan.StatusMachinery
			continue
		}
		fmt.Fprintf(&b, "stage %d  %-8s %s\n         %s\n", i+1, placements[i].Target, firstLine(text), placements[i].Reason)
	}
	for from := 0; from < len(p.Stages); {
		to := from + 1
		for to < len(p.Stages) && placements[to].Target == placements[from].Target {
			to++
		}
		if placements[from].Target != plan.Client && placements[from].Err == nil {
			seg := plan.Segment{Target: placements[from].Target, Stages: p.Stages[from:to]}
			if len(p.Stages) > 1 {
				seg.First = from + 1
			}
			for _, line := range sh.explainSegment(seg) {
				fmt.Fprintf(&b, "         %s\n", line)
			}
		}
		from = to
	}
	sh.Out("explain", []byte(b.String()))
}

// explainSegment asks what runs segments what it would do with one.
func (sh *Shell) explainSegment(seg plan.Segment) []string {
	explainer, ok := sh.cfg.Segments.(plan.Explainer)
	if !ok {
		return nil
	}
	seg.Snapshot = sh.Snapshot(nil)
	lines, err := explainer.Explain(sh.ctx, seg)
	if err != nil {
		sh.status = plan.StatusMachinery
		return append(lines, sentence(err))
	}
	return lines
}

func firstLine(s string) string {
	line, _, more := strings.Cut(s, "\n")
	if more {
		line += " …"
	}
	return line
}
