package arith

// scalar reads a variable.
func (ev *evaluator) scalar(n *node) (int64, error) {
	if ev.skip {
		return 0, nil
	}
	if ev.ints != nil {
		if v, ok := ev.ints.GetInt(n.name); ok {
			return v, nil
		}
	}
	s, _, err := ev.vars.Get(n.name)
	if err != nil {
		return 0, err
	}
	return ev.number(s, n)
}

// number evaluates the value s of the variable n.
func (ev *evaluator) number(s string, n *node) (int64, error) {
	if s == "" {
		return 0, nil
	}
	if ev.depth+1 >= maxDepth {
		return 0, ev.fail("expression recursion level exceeded", n.at)
	}
	if v, ok := decimal(s); ok {
		return v, nil
	}
	e, _ := Cached(s)
	return ev.nested(e)
}

// element reads an element of an array. Where the subscript was evaluated
// here it is stored in *at, if at is not nil, and *at's ok is set.
func (ev *evaluator) element(n *node, at *place) (int64, error) {
	if ev.skip {
		return 0, nil
	}
	var s string
	i, here, err := ev.subscript(n)
	switch {
	case err != nil:
	case here:
		if at != nil {
			*at = place{i: i, ok: true}
		}
		s, _, err = ev.index.GetIndex(n.name, i)
	default:
		s, _, err = ev.vars.GetElem(n.name, n.sub)
	}
	if err != nil {
		return 0, err
	}
	return ev.number(s, n)
}

// place is an element whose subscript has been evaluated.
type place struct {
	i  int64
	ok bool
}

// subscript evaluates n's subscript, if that can be done here.
func (ev *evaluator) subscript(n *node) (i int64, here bool, err error) {
	if ev.index == nil || n.index == nil || !ev.index.Indexed(n.name) {
		return 0, false, nil
	}
	if n.index.root != nil && n.index.root.op == opConst && n.index.err == nil {
		return n.index.root.val, true, nil
	}
	if ev.depth+1 >= maxDepth {
		return 0, false, ev.fail("expression recursion level exceeded", n.at)
	}
	i, err = ev.nested(n.index)
	return i, err == nil, err
}

// store assigns v to the variable or element n; at says where an element that
// has been read before stands.
func (ev *evaluator) store(n *node, at place, v int64) error {
	if ev.skip {
		return nil
	}
	if n.op == opVar {
		if ev.ints != nil {
			return ev.ints.SetInt(n.name, v)
		}
		return ev.vars.Set(n.name, format(v))
	}
	if !at.ok {
		var err error
		if at.i, at.ok, err = ev.subscript(n); err != nil {
			return err
		}
	}
	if at.ok {
		return ev.index.SetIndex(n.name, at.i, v)
	}
	return ev.vars.SetElem(n.name, n.sub, format(v))
}

// assign evaluates x = y: y first, then x's subscript.
func (ev *evaluator) assign(n *node) (int64, error) {
	y, err := ev.eval(n.y)
	if err != nil {
		return 0, err
	}
	return y, ev.store(n.x, place{}, y)
}

// update evaluates what reads a variable and then assigns to it.
func (ev *evaluator) update(n *node) (int64, error) {
	var at place
	var old int64
	var err error
	if n.x.op == opVar {
		old, err = ev.scalar(n.x)
	} else {
		old, err = ev.element(n.x, &at)
	}
	if err != nil {
		return 0, err
	}
	v := old
	switch n.op {
	case opPreInc, opPostInc:
		v++
	case opPreDec, opPostDec:
		v--
	default:
		y, err := ev.eval(n.y)
		if err != nil {
			return 0, err
		}
		if y == 0 && (n.arg == opDiv || n.arg == opMod) {
			if !ev.skip {
				return 0, ev.divisionByZero(n)
			}
			y = 1
		}
		v = operate(n.arg, old, y)
	}
	if err := ev.store(n.x, at, v); err != nil {
		return 0, err
	}
	if n.op == opPostInc || n.op == opPostDec {
		return old, nil
	}
	return v, nil
}
