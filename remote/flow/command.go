package flow

import (
	"errors"
	"slices"
	"strings"

	"sshell/interp/plan"
	"sshell/pipes/objstore"
	"sshell/remote"
)

// command is the COMMAND of parmap, reduce or on. One word is shell source; several words are an argument vector. Source
// that is no more than a program and its arguments becomes an argument vector as well, so that no shell is started for
// it; and an argument vector whose first word is a function of the script's becomes source.
type command struct {
	source *sourceTemplate
	argv   argvTemplate
	shell  bool     // argv is quoted and run by a shell
	env    []string // NAME=VALUE
}

var errNoCommand = errors.New("COMMAND is missing")

// newCommand reads the words of a COMMAND. Without t there are no replacement strings in it. add appends the values if no
// replacement string says where they belong.
func newCommand(words []string, t *tokens, add bool, snap *plan.Snapshot) (*command, error) {
	if len(words) == 0 || len(words) == 1 && strings.TrimSpace(words[0]) == "" {
		return nil, errNoCommand
	}
	if t == nil {
		t = &tokens{none: true}
	}
	if len(words) > 1 {
		argv := parseWords(words, *t, add)
		name, fixed := argv.fixed(0)
		return &command{argv: argv, shell: fixed && needsShell(name, snap)}, nil
	}
	source, err := parseSource(words[0], *t, add)
	if err != nil {
		return nil, err
	}
	if argv, ok := source.simpleWords(); ok {
		if name, fixed := argv.fixed(0); fixed && !isShells(name, snap) {
			return &command{argv: argv}, nil
		}
	}
	return &command{source: source}, nil
}

// isShells reports whether a shell runs name itself.
func isShells(name string, snap *plan.Snapshot) bool {
	if isShellName(name) || name == "" {
		return true
	}
	if snap == nil {
		return false
	}
	_, alias := snap.Aliases[name]
	return alias || isFunction(name, snap)
}

func isFunction(name string, snap *plan.Snapshot) bool {
	return snap != nil && slices.ContainsFunc(snap.Funcs, func(f plan.Function) bool { return f.Name == name })
}

// needsShell reports whether name can only be run by a shell.
func needsShell(name string, snap *plan.Snapshot) bool {
	return slices.Contains(shellNames, name) || isFunction(name, snap)
}

// same reports whether all tasks start the same program.
func (c *command) same() bool {
	if c.argv == nil || c.shell {
		return false
	}
	_, ok := c.argv.fixed(0)
	return ok
}

// fill returns the stage for values, and the command as shell source.
func (c *command) fill(v values) (remote.Stage, string, error) {
	if c.source != nil {
		text, err := c.source.fill(v)
		return remote.Stage{Source: text, Env: c.env}, text, err
	}
	argv := c.argv.fill(v)
	text := quoteWords(argv)
	if c.shell || len(argv) == 0 || len(plan.Operands(argv, objstore.IsURL)) > 0 {
		return remote.Stage{Source: text, Env: c.env}, text, nil
	}
	return remote.Stage{Argv: argv, Env: c.env}, text, nil
}
