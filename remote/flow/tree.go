package flow

import (
	"sshell/interp/plan"
	"sshell/remote"
)

// tree reduces neighbouring outputs, so many at a time, and then what came of it, until one is left. How tasks are grouped
// depends on the order of the outputs alone, never on the time at which they come.
type tree struct {
	*reducing
	lowest *level
	root   *order
}

// level takes outputs in order and groups them. It is for one goroutine at a time: the one that delivers to it, and then
// whoever has waited for that one's end.
type level struct {
	t       *tree
	pending []*heldOutput
	results *order // puts the results in order for up; nil while there are none
	up      *level
}

func newTree(r *reducing) *tree {
	t := &tree{reducing: r}
	t.lowest = &level{t: t}
	return t
}

func (t *tree) start(runner remote.Runner) { t.begin(runner) }

func (t *tree) add(h *heldOutput) error { return t.lowest.add(h) }

// add takes the next output of a level. Empty ones have nothing to reduce.
func (l *level) add(h *heldOutput) error {
	if h.size() == 0 {
		return nil
	}
	l.pending = append(l.pending, h)
	if len(l.pending) < l.t.o.fanIn {
		return nil
	}
	return l.reduce()
}

// reduce hands what is pending to a task.
func (l *level) reduce() error {
	input := l.pending
	l.pending = nil
	if l.up == nil {
		l.up = &level{t: l.t}
		l.results = l.t.newOrder(l.up.add)
	}
	return l.t.submit(input, l.results.add())
}

// end reduces what is left, level by level.
func (t *tree) end(err error) (plan.Status, error) {
	if err == nil {
		err = t.close()
	}
	if err != nil {
		t.cancel(err)
	}
	for l := t.lowest; l != nil; l = l.up {
		if l.results != nil {
			l.results.close()
		}
		for _, h := range l.pending {
			t.store.drop(h)
		}
	}
	status, runErr := t.finish()
	if t.root != nil {
		if writeErr := t.root.close(); runErr == nil {
			runErr = writeErr
		}
	}
	if err == nil {
		err = runErr
	}
	return status, err
}

// close ends the levels from the lowest on.
func (t *tree) close() error {
	l := t.lowest
	for ; l.up != nil; l = l.up {
		if err := l.rest(); err != nil {
			return err
		}
		if err := l.results.close(); err != nil {
			return err
		}
	}
	return l.finish()
}

// rest sees to what is left on a level that is not the highest: a single output needs no task.
func (l *level) rest() error {
	switch len(l.pending) {
	case 0:
		return nil
	case 1:
		e := l.results.add()
		e.adopt(l.pending[0])
		l.pending = nil
		l.results.end(e, kept)
		return nil
	}
	return l.reduce()
}

// finish makes the result of what is left on the highest level. COMMAND runs at least once.
func (l *level) finish() error {
	t := l.t
	t.root = t.newOrder(nil)
	e := t.root.add()
	input := l.pending
	l.pending = nil
	if l != t.lowest && len(input) == 1 {
		e.adopt(input[0])
		t.root.end(e, kept)
		return nil
	}
	return t.submit(input, e)
}
