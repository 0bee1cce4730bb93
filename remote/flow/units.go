package flow

import (
	"errors"
	"fmt"
	"os"

	"sshell/interp/plan"
	"sshell/remote"
)

// units groups the stages of a segment.
func (s *segment) units() ([]unit, error) {
	var units []unit
	for i := 0; i < len(s.Stages); {
		u, err := s.unitAt(i)
		if err != nil {
			var at *stageError
			if !errors.As(err, &at) {
				err = &stageError{i, err}
			}
			return nil, err
		}
		units = append(units, u)
		i += u.stages()
	}
	return units, nil
}

// unitAt returns the unit that begins with stage i.
func (s *segment) unitAt(i int) (unit, error) {
	switch st := s.Stages[i]; st.Role {
	case plan.Split:
		if i+1 == len(s.Stages) || s.Stages[i+1].Role != plan.Parmap {
			return nil, usage("the next stage must be parmap, on the same target")
		}
		return s.mapUnit(i)
	case plan.Parmap:
		return s.mapUnit(i)
	case plan.Reduce:
		o, err := s.parseReduce(i)
		if err == nil && o.by != nil {
			return s.shuffleUnit(i, o)
		}
		if err != nil {
			return nil, err
		}
	}
	return s.taskUnit(i)
}

var errWords = errors.New("its words cannot be expanded before it runs")

// words are the words behind the name of a stage of ours.
func (s *segment) words(i int) ([]string, error) {
	if len(s.Stages[i].Argv) == 0 {
		return nil, errWords
	}
	return s.Stages[i].Argv[1:], nil
}

func (s *segment) parseReduce(i int) (*reduceOptions, error) {
	words, err := s.words(i)
	if err != nil {
		return nil, err
	}
	return parseReduce(words)
}

// taskUnit returns the task of stage i and of those after it that can be fused with it: their standard errors are one, and
// nothing was asked for one of them alone.
func (s *segment) taskUnit(i int) (unit, error) {
	u := &taskUnit{first: i}
	for ; i < len(s.Stages); i++ {
		st := s.Stages[i]
		if st.Role == plan.Split || st.Role == plan.Parmap {
			break
		}
		f, err := s.fuse(i)
		if err != nil {
			return nil, &stageError{i, err}
		}
		if f == nil || len(u.parts) > 0 && (f.alone || u.parts[0].alone || !sameFile(s.stderr(u.first), s.stderr(i))) {
			break
		}
		u.parts = append(u.parts, f)
	}
	return u, nil
}

func (s *segment) stderr(i int) *os.File {
	if i < len(s.Stderr) {
		return s.Stderr[i]
	}
	return nil // Explain has none
}

// fused is one stage of a task.
type fused struct {
	stage   remote.Stage
	placing placing
	role    string
	roleVar string
	noInput bool
	once    bool
	alone   bool // what was asked for it holds for nothing else
}

// fuse returns stage i as a part of a task; nil if it is none.
func (s *segment) fuse(i int) (*fused, error) {
	st := s.Stages[i]
	if st.Role == plan.Plain {
		return &fused{stage: closing(s.plainStage(st), st.Closed)}, nil
	}
	words, err := s.words(i)
	if err != nil {
		return nil, err
	}
	p := &fused{role: roleWorker}
	if st.Role == plan.Reduce {
		o, err := parseReduce(words)
		if err != nil || o.by != nil {
			return nil, err
		}
		p.placing, p.role, p.roleVar, words = o.placing, roleReducer, o.roleVar, o.words
	} else {
		o, err := parseOn(words)
		if err != nil {
			return nil, err
		}
		p.placing, p.noInput, p.once, words = o.placing, o.noInput, o.once, o.words
	}
	c, err := newCommand(words, nil, false, s.Snapshot)
	if err != nil {
		return nil, err
	}
	c.env = st.Env
	p.stage, _, err = c.fill(values{})
	p.stage.Line = st.Line
	p.stage = closing(p.stage, st.Closed)
	p.alone = p.noInput || p.once || p.roleVar != "" || st.Role == plan.Reduce || p.placing.special()
	return p, err
}

// plainStage returns a stage that has no word of ours. Its words were expanded on the client, if they could be, and are
// not expanded again.
func (s *segment) plainStage(st plan.Stage) remote.Stage {
	switch {
	case len(st.Argv) == 0:
		return remote.Stage{Source: st.Source, Env: st.Env, Line: st.Line}
	case isShells(st.Argv[0], s.Snapshot):
		// Quoted, the name is no alias: those were expanded as well.
		return remote.Stage{Source: single(st.Argv[0]) + " " + quoteWords(st.Argv[1:]), Env: st.Env, Line: st.Line}
	}
	return remote.Stage{Argv: st.Argv, Env: st.Env}
}

// closing lets a stage begin without standard input or output.
func closing(stage remote.Stage, closed []int) remote.Stage {
	if len(closed) == 0 {
		return stage
	}
	text := stage.Source
	if stage.Argv != nil {
		text = single(stage.Argv[0]) + " " + quoteWords(stage.Argv[1:])
	}
	stage.Argv, stage.Source = nil, "{ "+text+"\n}"
	for _, n := range closed {
		stage.Source += fmt.Sprintf(" %d>&-", n)
	}
	return stage
}

// sameFile reports whether what is written to a and b ends in one place.
func sameFile(a, b *os.File) bool {
	if a == b || a == nil || b == nil {
		return a == b
	}
	x, err := a.Stat()
	if err != nil {
		return false
	}
	y, err := b.Stat()
	return err == nil && os.SameFile(x, y)
}
