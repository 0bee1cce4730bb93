package interp

import (
	"sort"
	"strconv"
)

// Attr is the set of attributes that declare and its kin give a variable.
type Attr uint16

// The attributes, each with the letter that declare uses for it.
const (
	Exported  Attr = 1 << iota // -x
	ReadOnly                   // -r
	Integer                    // -i
	Lower                      // -l
	Upper                      // -u
	Capital                    // -c
	NameRef                    // -n
	Traced                     // -t
	ListVar                    // -a, an indexed array
	AssocVar                   // -A, an associative array
	Invisible                  // declared, and hidden until it gets a value
)

// owner says which shell may change a value in place. Values are shared between a shell and its clones
// until one of them writes; a write by anybody but the owner copies first.
type owner struct{ _ byte }

// Var is one variable. The zero value is declared and unset.
type Var struct {
	attr  Attr
	set   bool
	isNum bool // the value is n, not s
	s     string
	n     int64
	list  *Indexed
	assoc *Assoc
	dyn   *dynamic // a variable whose value is made when it is read, such as RANDOM
	own   *owner
	tail  *tail // room behind s
}

// dynamic gives the value of a variable that the shell computes. A nil set means that assignment is
// accepted and ignored.
type dynamic struct {
	get   func(sh *Shell) string
	set   func(sh *Shell, value string)
	array func(sh *Shell) []string // non-nil for an array such as FUNCNAME
}

// is reports whether v has all the attributes in a.
func (v *Var) is(a Attr) bool { return v != nil && v.attr&a == a }

// isArray reports whether v is an array of either kind.
func (v *Var) isArray() bool {
	return v != nil && (v.attr&(ListVar|AssocVar) != 0 || v.dyn != nil && v.dyn.array != nil)
}

// value gives the scalar value, or that of element 0 of an array, and whether it is set.
func (v *Var) value(sh *Shell) (string, bool) {
	switch {
	case v == nil:
		return "", false
	case v.dyn != nil:
		if v.dyn.array != nil {
			if a := v.dyn.array(sh); len(a) > 0 {
				return a[0], true
			}
			return "", false
		}
		return v.dyn.get(sh), true
	case v.attr&(ListVar|AssocVar) != 0:
		if v.list != nil {
			return v.list.Get(0)
		}
		if v.assoc != nil {
			return v.assoc.Get("0")
		}
		return "", false
	case v.isNum: // not kept: another shell may read v at this moment
		return strconv.FormatInt(v.n, 10), true
	}
	return v.s, v.set
}

// elements gives the values of an array in order of their keys; of a scalar, its one value.
func (v *Var) elements(sh *Shell) []string {
	switch {
	case v == nil:
		return nil
	case v.dyn != nil && v.dyn.array != nil:
		return v.dyn.array(sh)
	case v.list != nil:
		return v.list.vals
	case v.assoc != nil:
		return v.assoc.Values()
	case v.attr&(ListVar|AssocVar) != 0:
		return nil
	}
	if s, ok := v.value(sh); ok {
		return []string{s}
	}
	return nil
}

// keys gives the subscripts of an array in the order of elements; of a set scalar, "0".
func (v *Var) keys(sh *Shell) []string {
	switch {
	case v == nil:
		return nil
	case v.dyn != nil && v.dyn.array != nil:
		keys := make([]string, len(v.dyn.array(sh)))
		for i := range keys {
			keys[i] = strconv.Itoa(i)
		}
		return keys
	case v.list != nil:
		return v.list.Keys()
	case v.assoc != nil:
		return v.assoc.Keys()
	case v.attr&(ListVar|AssocVar) != 0:
		return nil
	}
	if _, ok := v.value(sh); ok {
		return []string{"0"}
	}
	return nil
}

// scope holds the variables of the shell itself, of one function call, or of the assignments in front of
// one command. Scopes form a list from the innermost call outwards: scoping is dynamic.
type scope struct {
	vars  map[string]*Var
	outer *scope
	own   *owner
	// temp says that these are assignments in front of a command: local in it does not land here.
	temp bool
	// options, when not nil, are the shell options that `local -` restores when the call returns.
	options *options
}

// lookup finds the variable that name means here, nil when there is none. It follows no reference.
func (sh *Shell) lookup(name string) *Var {
	for s := sh.scope; s != nil; s = s.outer {
		if v, ok := s.vars[name]; ok {
			return v
		}
	}
	return nil
}

// scopeOf finds the scope that holds name: the innermost, or nil.
func (sh *Shell) scopeOf(name string) *scope {
	for s := sh.scope; s != nil; s = s.outer {
		if _, ok := s.vars[name]; ok {
			return s
		}
	}
	return nil
}

// global is the outermost scope.
func (sh *Shell) global() *scope {
	s := sh.scope
	for s.outer != nil {
		s = s.outer
	}
	return s
}

// localScope is the scope that local declares in: that of the innermost function call, nil outside of one.
func (sh *Shell) localScope() *scope {
	for s := sh.scope; s.outer != nil; s = s.outer {
		if !s.temp {
			return s
		}
	}
	return nil
}

// writable gives the innermost chain of scopes that sh may change: those that a clone shares are copied
// once, from the inside to s.
func (sh *Shell) writable(s *scope) *scope {
	if s.own == sh.own {
		return s
	}
	var result *scope
	for at := &sh.scope; *at != nil; at = &(*at).outer {
		shared := *at
		if shared.own == sh.own {
			if shared == s {
				return s
			}
			continue
		}
		c := &scope{vars: make(map[string]*Var, len(shared.vars)+1), outer: shared.outer, own: sh.own,
			temp: shared.temp, options: shared.options}
		for k, v := range shared.vars {
			c.vars[k] = v
		}
		*at = c
		if shared == s {
			result = c
			break
		}
	}
	return result
}

// put stores v as name in s, and gives the scope as it may now be written.
func (sh *Shell) put(s *scope, name string, v *Var) {
	sh.env = nil
	s = sh.writable(s)
	if s.vars == nil {
		s.vars = make(map[string]*Var)
	}
	s.vars[name] = v
}

// mutable gives the variable that an assignment to name changes, made in the global scope when there is
// none, and safe to change in place. It follows no reference and looks at no attribute.
func (sh *Shell) mutable(name string) *Var {
	s := sh.scopeOf(name)
	if s == nil {
		s = sh.global()
	}
	return sh.mutableIn(s, name)
}

// mutableIn is mutable for one scope.
func (sh *Shell) mutableIn(s *scope, name string) *Var {
	v := s.vars[name]
	if v.is(Exported) {
		sh.env = nil
	}
	if v != nil && v.own == sh.own {
		return v
	}
	fresh := &Var{own: sh.own}
	if v != nil {
		*fresh = *v
		fresh.own = sh.own
		if v.list != nil {
			fresh.list = v.list.clone()
		}
		if v.assoc != nil {
			fresh.assoc = v.assoc.clone()
		}
	}
	sh.put(s, name, fresh)
	return fresh
}

// setText gives v a scalar value as it stands, with no regard to attributes.
func (v *Var) setText(value string) {
	v.s, v.isNum, v.set = value, false, true
	v.attr &^= Invisible
}

// setNumber is setText for a number, whose text is made when it is asked for.
func (v *Var) setNumber(n int64) {
	v.n, v.isNum, v.set = n, true, true
	v.attr &^= Invisible
}

// names lists the variables seen from here that keep accepts, sorted by byte order, innermost first for a
// name that several scopes have.
func (sh *Shell) names(keep func(name string, v *Var) bool) []string {
	seen := make(map[string]bool)
	var names []string
	for s := sh.scope; s != nil; s = s.outer {
		for name, v := range s.vars {
			if seen[name] {
				continue
			}
			seen[name] = true
			if keep(name, v) {
				names = append(names, name)
			}
		}
	}
	sort.Strings(names)
	return names
}

// environ gives NAME=VALUE for each exported variable that is set, and each exported function.
func (sh *Shell) environ() []string {
	if sh.env != nil {
		return sh.env
	}
	env := []string{}
	seen := make(map[string]bool)
	for s := sh.scope; s != nil; s = s.outer { // a local variable hides another only where it is exported itself
		for name, v := range s.vars {
			if seen[name] || !v.is(Exported) || v.isArray() {
				continue
			}
			if text, ok := v.value(sh); ok {
				seen[name] = true
				env = append(env, name+"="+text)
			}
		}
	}
	sort.Strings(env)
	sh.env = append(env, sh.exportedFunctions()...)
	return sh.env
}
