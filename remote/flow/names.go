package flow

// shellNames are the words that bash 5.2 runs itself (enable -a, compgen -k) and those that sshell adds. The value says
// that every POSIX system has a program of the same name, which does the same for a command that stands alone.
var shellNames = map[string]bool{
	".": false, ":": false, "[": true, "alias": false, "bg": false, "bind": false, "break": false, "builtin": false,
	"caller": false, "cd": false, "command": false, "compgen": false, "complete": false, "compopt": false, "continue": false,
	"declare": false, "dirs": false, "disown": false, "echo": true, "enable": false, "eval": false, "exec": false, "exit": false,
	"export": false, "false": true, "fc": false, "fg": false, "getopts": false, "hash": false, "help": false, "history": false,
	"jobs": false, "kill": true, "let": false, "local": false, "logout": false, "mapfile": false, "popd": false, "printf": true,
	"pushd": false, "pwd": true, "read": false, "readarray": false, "readonly": false, "return": false, "set": false,
	"shift": false, "shopt": false, "source": false, "suspend": false, "test": true, "times": false, "trap": false,
	"true": true, "type": false, "typeset": false, "ulimit": false, "umask": false, "unalias": false, "unset": false,
	"wait": false,

	"!": false, "[[": false, "]]": false, "case": false, "coproc": false, "do": false, "done": false, "elif": false,
	"else": false, "esac": false, "fi": false, "for": false, "function": false, "if": false, "in": false, "select": false,
	"then": false, "time": false, "until": false, "while": false, "{": false, "}": false,

	"on": false, "parmap": false, "reduce": false, "shared": false,
}
