package plan

import (
	"fmt"
	"slices"
	"strings"
)

// Facts are what the planner must know of the world. The caller gathers them before.
type Facts struct {
	Default   Target   // where every stage goes that names no target: empty for the client
	DefaultBy string   // what named Default: an option, or a file and line
	Named     bool     // the command line named Default, which comes before Rules then
	Rules     []Rule   // of the configuration: the first that names a command counts
	Targets   []Target // the targets that this shell can reach, besides the client
	Sole      bool     // the pipeline is one stage
}

// Rule is where the configuration has a command run.
type Rule struct {
	Commands []string // names as they are written in a script
	On       Target
	Place    string // of the rule: file and line
}

// Rule gives the rule for a command.
func (f *Facts) Rule(command string) (Rule, bool) {
	for _, r := range f.Rules {
		if slices.Contains(r.Commands, command) {
			return r, true
		}
	}
	return Rule{}, false
}

// Placement says where a stage runs and why. With Err the stage cannot run: the user asked for a target that
// cannot be honoured, and it is never silently the client instead.
type Placement struct {
	Target Target
	Reason string
	Err    error
}

// useReasons says why a use keeps a stage on the client, in the order in which they are looked at.
var useReasons = []struct {
	use    Use
	reason string
}{
	{UsesState, "changes the state of this shell"},
	{UsesTerminal, "uses the terminal"},
	{UsesPid, "asks for a process id of this machine"},
	{UsesJobs, "handles jobs or processes of this shell"},
	{UsesCoproc, "uses a coprocess"},
	{UsesProc, "reads /proc"},
	{UsesDescriptor, "uses a descriptor of this shell above 2"},
	{UsesProcSubst, "has a process substitution"},
	{UsesLocale, "needs a collating locale that the target lacks"},
}

// KeptBecause gives the reason why a stage with these uses stays on the client, empty when it may leave.
func KeptBecause(u Use) string {
	for _, r := range useReasons {
		if u&r.use != 0 {
			return r.reason
		}
	}
	return ""
}

// Plan places the stages of a pipeline. It is pure.
func Plan(p Pipeline, f Facts) []Placement {
	placements := make([]Placement, len(p.Stages))
	for i, s := range p.Stages {
		placements[i] = place(s, f)
		if s.Role == Split && i+1 < len(p.Stages) { // split names chunks for the parmap behind it
			next := p.Stages[i+1]
			placements[i] = place(next, f)
			if placements[i].Err == nil {
				placements[i].Reason = "feeds " + stageName(next) + ": " + placements[i].Reason
			}
		}
	}
	return placements
}

func stageName(s Stage) string {
	if s.Name == "" {
		return "the next stage"
	}
	return s.Name
}

// place places one stage by itself.
func place(s Stage, f Facts) Placement {
	kept := KeptBecause(s.Uses)
	asked := s.Asked
	explicit := asked != "" && !s.Wish
	if asked == "" && (s.Role == Parmap || s.Role == Reduce && hasOption(s.Argv, "--tree", "--by", "--on")) {
		asked = Local
		s.By = "no other target is named"
	}
	switch {
	case asked == "" && s.Role == On:
		return Placement{Err: fmt.Errorf("no target: write on TARGET COMMAND; targets: %s", targetList(f))}
	case asked == "" && s.Role == Reduce:
		return Placement{Target: Client, Reason: "reads the ordered outputs here"}
	case asked == "":
		return Placement{Target: Client, Reason: "no target is named"}
	case asked == Client:
		if s.Role == Parmap || s.Role == On {
			return Placement{Err: fmt.Errorf("target client runs no tasks; targets: %s", targetList(f))}
		}
		return Placement{Target: Client, Reason: "asked by " + s.By}
	case !slices.Contains(f.Targets, asked):
		return Placement{Err: fmt.Errorf("no target %s; targets: %s", asked, targetList(f))}
	case kept != "" && explicit:
		return Placement{Err: fmt.Errorf("cannot run on %s: it %s", asked, kept)}
	case kept != "":
		return Placement{Target: Client, Reason: "stays: it " + kept}
	case s.Uses&UsesInput != 0 && s.Wish && s.Role == Plain && asked != Local:
		// Input that is sent ahead is lost to what comes after the stage. Who writes on knows that, as with ssh.
		return Placement{Target: Client, Reason: "stays: its standard input is also that of what comes after it"}
	}
	return Placement{Target: asked, Reason: reasonFor(s)}
}

func reasonFor(s Stage) string {
	if s.By == "no other target is named" {
		return s.By
	}
	return "asked by " + s.By
}

func targetList(f Facts) string {
	names := make([]string, len(f.Targets))
	for i, t := range f.Targets {
		names[i] = string(t)
	}
	return strings.Join(names, " ")
}

// AskedByWords gives the target that the words of a stage of ours name.
func AskedByWords(role Role, argv []string) (Target, string) {
	if role == On {
		words := argv[min(1, len(argv)):]
		for i := 0; i < len(words); i++ {
			if !strings.HasPrefix(words[i], "-") {
				return Target(words[i]), "on"
			}
			if OnTakesValue(words[i]) {
				i++
			}
		}
		return "", ""
	}
	words := argv[min(1, len(argv)):]
	for i := 0; i < len(words); i++ {
		arg := words[i]
		switch {
		case arg == "--" || len(arg) < 2 || arg[0] != '-' || strings.HasPrefix(arg, ":::"):
			return "", "" // the command begins here: what follows is its own
		case arg == "--on" && i+1 < len(words):
			return Target(words[i+1]), "--on"
		case strings.HasPrefix(arg, "--on="):
			return Target(strings.TrimPrefix(arg, "--on=")), "--on"
		case takesValue(arg):
			i++
		}
	}
	return "", ""
}

// valueOptions are the options of parmap and reduce that take the next word as their value, where it does not
// stand in the same.
var valueOptions = []string{
	"-j", "-P", "--jobs", "-n", "-N", "--max-args", "--max-replace-args", "-a", "--arg-file", "-C", "--colsep", "--retries",
	"--timeout", "--halt", "--joblog", "--results", "--tagstring", "-d", "--delimiter", "--env", "--memory", "--with", "--return",
	"--procs", "--max-tasks", "--role-var", "--by", "-p", "-I",
}

// OnTakesValue reports whether an option of on takes the next word as its value.
func OnTakesValue(option string) bool {
	switch option {
	case "--memory", "--timeout", "--with", "--return", "--env":
		return true
	}
	return false
}

func takesValue(option string) bool { return slices.Contains(valueOptions, option) }

// hasOption reports whether one of the options stands among the words, before the command's own.
func hasOption(argv []string, names ...string) bool {
	for _, arg := range argv[min(1, len(argv)):] {
		if !strings.HasPrefix(arg, "-") {
			return false
		}
		name, _, _ := strings.Cut(arg, "=")
		if slices.Contains(names, name) {
			return true
		}
	}
	return false
}
