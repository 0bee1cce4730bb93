package pattern

// maxAlternatives bounds how many plain patterns stand for one with groups;
// beyond it the automaton is as quick.
const maxAlternatives = 16

// choice is a pattern with groups as a list of plain ones, for Match: *.@(c|h)
// is *.c or *.h, and !(*.o) is anything but *.o.
type choice struct {
	plain   []*program
	negated bool
}

// match reports whether the whole of s matches.
func (c *choice) match(s string) bool {
	for _, g := range c.plain {
		if (!g.hides(s) || c.negated) && g.match(s) {
			return !c.negated
		}
	}
	return c.negated && !(len(s) > 0 && s[0] == '.' && c.plain[0].period)
}

// choose makes a choice of terms, or returns nil if they are none.
func (g *program) choose(terms []term, flags Flags) *choice {
	c := &choice{}
	if len(terms) == 1 && terms[0].kind == group && terms[0].op == '!' {
		c.negated = true
		terms = []term{{kind: group, op: '@', alts: terms[0].alts}}
	}
	lists, ok := expand(terms)
	if !ok {
		return nil
	}
	for _, list := range lists {
		plain := &program{bytes: g.bytes, period: g.period}
		plain.setSegments(list, flags)
		c.plain = append(c.plain, plain)
	}
	return c
}

// expand multiplies out the groups that stand for a few alternatives.
func expand(terms []term) (lists [][]term, ok bool) {
	lists = [][]term{nil}
	for _, t := range terms {
		alts := [][]term{{t}}
		if t.kind == group {
			if alts, ok = expandGroup(&t); !ok {
				return nil, false
			}
		}
		if len(lists)*len(alts) > maxAlternatives {
			return nil, false
		}
		var longer [][]term
		for _, list := range lists {
			for _, alt := range alts {
				longer = append(longer, append(list[:len(list):len(list)], alt...))
			}
		}
		lists = longer
	}
	return lists, true
}

func expandGroup(t *term) (alts [][]term, ok bool) {
	switch t.op {
	case '?':
		alts = append(alts, nil)
	case '@':
	default:
		return nil, false
	}
	for _, alt := range t.alts {
		lists, ok := expand(alt)
		if !ok || len(alts)+len(lists) > maxAlternatives {
			return nil, false
		}
		alts = append(alts, lists...)
	}
	return alts, true
}
