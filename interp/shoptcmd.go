package interp

import "strings"

// shoptCall is one call of shopt.
type shoptCall struct {
	sh                  *Shell
	on, off, quiet      bool
	asCommands, setOpts bool
}

// runShopt is shopt.
func runShopt(sh *Shell, args []string) int {
	c := shoptCall{sh: sh}
	o := readOptions(args, "psuoq")
	for o.next() {
		switch o.letter {
		case 'p':
			c.asCommands = true
		case 's':
			c.on = true
		case 'u':
			c.off = true
		case 'o':
			c.setOpts = true
		case 'q':
			c.quiet = true
		}
	}
	switch {
	case o.failed(sh):
		return 2
	case c.on && c.off:
		sh.Errorf("shopt: cannot set and unset shell options simultaneously")
		return 1
	case len(o.rest) == 0:
		return c.list()
	case c.on || c.off:
		return c.set(o.rest)
	}
	return c.show(o.rest)
}

func (c *shoptCall) table() []option {
	if c.setOpts {
		return setOptions()
	}
	return shoptOptions()
}

// find looks an option up and reports a name that is none.
func (c *shoptCall) find(name string) *option {
	o := findOption(c.table(), name)
	if o == nil {
		kind := "shell option"
		if c.setOpts {
			kind = "option"
		}
		c.sh.Errorf("shopt: %s: invalid %s name", name, kind)
	}
	return o
}

func (c *shoptCall) line(o option) string {
	on := *o.at(&c.sh.opts)
	switch {
	case c.setOpts:
		return c.sh.setOptionLine(o, c.asCommands)
	case !c.asCommands:
		return stateLine(o.name, on)
	case on:
		return "shopt -s " + o.name + "\n"
	}
	return "shopt -u " + o.name + "\n"
}

// list prints all options, or those that are on, or off.
func (c *shoptCall) list() int {
	if c.quiet {
		return 0
	}
	var b strings.Builder
	for _, o := range c.table() {
		on := *o.at(&c.sh.opts)
		if o.name == "s3glob" && !on && !c.off {
			continue // bash has no such option: scripts that compare listings see it only where it is used
		}
		if c.on && !on || c.off && on {
			continue
		}
		b.WriteString(c.line(o))
	}
	return boolStatus(c.sh.Out("shopt", []byte(b.String())))
}

// show prints options by name; the status says whether all are on.
func (c *shoptCall) show(names []string) int {
	var b strings.Builder
	status := 0
	for _, name := range names {
		o := c.find(name)
		if o == nil {
			status = 1
			continue
		}
		if !*o.at(&c.sh.opts) {
			status = 1
		}
		b.WriteString(c.line(*o))
	}
	if !c.quiet {
		c.sh.Out("shopt", []byte(b.String()))
	}
	return status
}

func (c *shoptCall) set(names []string) int {
	status := 0
	for _, name := range names {
		o := c.find(name)
		switch {
		case o == nil:
			if !c.setOpts {
				status = 1
			}
		case c.setOpts:
			c.sh.setOption(o, c.on)
		case name == "login_shell" || name == "restricted_shell": // what the invocation said stays
		default:
			c.sh.setShopt(o, c.on)
		}
	}
	return status
}

// setShopt turns an option of shopt on or off. At most one of the levels of compatibility is on.
func (sh *Shell) setShopt(o *option, on bool) {
	if strings.HasPrefix(o.name, "compat") {
		for _, other := range shoptOptions() {
			if strings.HasPrefix(other.name, "compat") {
				*other.at(&sh.opts) = false
			}
		}
	}
	*o.at(&sh.opts) = on
}
