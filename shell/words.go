package shell

import (
	"sshell/interp"
	"sshell/interp/plan"
)

// words are the commands that sshell adds, for where they stand alone: in a pipeline the planner has seen
// them before.
func words() map[string]interp.Builtin {
	return map[string]interp.Builtin{"reduce": reduce, "parmap": placedOnly, "on": placedOnly}
}

// reduce runs its command here, on the ordered outputs at its standard input: without --tree and --by it is a plain
// stage.
func reduce(sh *interp.Shell, args []string) int {
	command := args[1:]
	if len(command) > 0 && command[0] == "--" {
		command = command[1:]
	}
	if len(command) == 0 {
		sh.Errorf("reduce: no command: reduce [--tree[=FANIN] | --by KEYS [-p PARTS]] COMMAND [ARG...]")
		return plan.StatusMachinery
	}
	if len(command[0]) > 1 && command[0][0] == '-' {
		sh.Errorf("reduce: %s: unknown option", command[0])
		return plan.StatusMachinery
	}
	if len(command) == 1 {
		return sh.RunString(command[0])
	}
	return sh.RunWords(command)
}

// placedOnly stands for a word that a plan places when it is written in a script. It is reached when the word came
// out of an expansion.
func placedOnly(sh *interp.Shell, args []string) int { return sh.RunPlacedWords(args) }
