package interp

// runUnset is unset.
func runUnset(sh *Shell, args []string) int {
	var funcs, vars, refs bool
	o := readOptions(args, "fnv")
	for o.next() {
		switch o.letter {
		case 'f':
			funcs = true
		case 'n':
			refs = true
		case 'v':
			vars = true
		}
	}
	if o.failed(sh) {
		return sh.specialFailed(2)
	}
	if funcs && vars {
		sh.Errorf("unset: cannot simultaneously unset a function and a variable")
		return 1
	}
	status := 0
	for _, word := range o.rest {
		if err := sh.unset(word, funcs, vars || refs, refs); err != nil {
			if e, ok := err.(*expansionError); ok && e.arith {
				sh.fail(err)
				return 1
			}
			if msg := err.Error(); msg != "" {
				sh.Errorf("unset: %s", msg)
			}
			status = 1
		}
	}
	if status != 0 {
		return sh.specialFailed(status)
	}
	return 0
}
