package flow

import "slices"

// shellNames are the words that only a shell runs: those of bash 5.2 (enable -a, compgen -k) and those that sshell adds.
var shellNames = []string{
	".", ":", "alias", "bg", "bind", "break", "builtin", "caller", "cd", "command", "compgen", "complete", "compopt",
	"continue", "declare", "dirs", "disown", "enable", "eval", "exec", "exit", "export", "fc", "fg", "getopts", "hash",
	"help", "history", "jobs", "let", "local", "logout", "mapfile", "popd", "pushd", "read", "readarray", "readonly",
	"return", "set", "shift", "shopt", "source", "suspend", "times", "trap", "type", "typeset", "ulimit", "umask",
	"unalias", "unset", "wait",

	"!", "[[", "]]", "case", "coproc", "do", "done", "elif", "else", "esac", "fi", "for", "function", "if", "in",
	"select", "then", "time", "until", "while", "{", "}",

	"on", "parmap", "reduce", "shared",
}

// doubleNames are the words that a shell runs itself and of which every POSIX system has a program too, which does the same
// for a command that stands alone.
var doubleNames = []string{"[", "echo", "false", "kill", "printf", "pwd", "test", "true"}

// isShellName reports whether every shell runs name itself.
func isShellName(name string) bool {
	return slices.Contains(shellNames, name) || slices.Contains(doubleNames, name)
}
