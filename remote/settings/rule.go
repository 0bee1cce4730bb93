package settings

import (
	"errors"
	"slices"
)

// ruleTable is the name of the tables of rules.
const ruleTable = "rule"

// Rule is a command's placement.
type Rule struct {
	Commands []string // names, as they are written in a script
	On       string
	Place    string // of the rule: file and line
}

// Rule gives the rule for a command, the first that names it.
func (s *Settings) Rule(command string) (Rule, bool) {
	for _, r := range s.Rules {
		if slices.Contains(r.Commands, command) {
			return r, true
		}
	}
	return Rule{}, false
}

// rule takes an entry of a rule. Its head begins a new one.
func (s *Settings) rule(e entry) error {
	if e.name == "" {
		s.Rules = append(s.Rules, Rule{Place: e.place})
		return nil
	}
	r := &s.Rules[len(s.Rules)-1]
	switch e.name {
	case "command":
		if r.Commands = e.list; e.list == nil {
			r.Commands = []string{e.text}
		}
		for _, c := range r.Commands {
			if c == "" {
				return errors.New("it is empty")
			}
		}
		return nil
	case "on":
		if err := e.single(); err != nil {
			return err
		}
		return target(&r.On, value{text: e.text})
	}
	return errors.New("no such key of a rule: there are command and on")
}

// checkRule looks whether the last rule is whole.
func (s *Settings) checkRule() error {
	if len(s.Rules) == 0 {
		return nil
	}
	switch r := s.Rules[len(s.Rules)-1]; {
	case len(r.Commands) == 0:
		return placed(r.Place, errors.New("the rule has no command"))
	case r.On == "":
		return placed(r.Place, errors.New("the rule has no on"))
	}
	return nil
}
