package interp

// usageOf is the line that shows how a builtin is called, as it stands in bash's own messages.
func usageOf(name string) string {
	if synopsis := builtinSynopsis(name); synopsis != "" {
		return name + " " + synopsis
	}
	return name
}

// builtinSynopsis is usageOf without the name.
func builtinSynopsis(name string) string {
	switch name {
	case ".", "source":
		return "filename [arguments]"
	case "[":
		return "arg... ]"
	case "alias":
		return "[-p] [name[=value] ... ]"
	case "bg":
		return "[job_spec ...]"
	case "break", "continue", "exit", "return", "shift":
		return "[n]"
	case "builtin":
		return "[shell-builtin [arg ...]]"
	case "caller":
		return "[expr]"
	case "cd":
		return "[-L|[-P [-e]] [-@]] [dir]"
	case "command":
		return "[-pVv] command [arg ...]"
	case "declare":
		return "[-aAfFgiIlnrtux] [name[=value] ...] or declare -p [-aAfFilnrtux] [name ...]"
	case "dirs":
		return "[-clpv] [+N] [-N]"
	case "disown":
		return "[-h] [-ar] [jobspec ... | pid ...]"
	case "echo":
		return "[-neE] [arg ...]"
	case "enable":
		return "[-a] [-dnps] [-f filename] [name ...]"
	case "eval":
		return "[arg ...]"
	case "exec":
		return "[-cl] [-a name] [command [argument ...]] [redirection ...]"
	case "export":
		return "[-fn] [name[=value] ...] or export -p"
	case "fg":
		return "[job_spec]"
	case "getopts":
		return "optstring name [arg ...]"
	case "hash":
		return "[-lr] [-p pathname] [-dt] [name ...]"
	case "help":
		return "[-dms] [pattern ...]"
	case "jobs":
		return "[-lnprs] [jobspec ...] or jobs -x command [args]"
	case "kill":
		return "[-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]"
	case "let":
		return "arg [arg ...]"
	case "local":
		return "[option] name[=value] ..."
	}
	return synopsisFromM(name)
}

// synopsisFromM is builtinSynopsis for the names from m on.
func synopsisFromM(name string) string {
	switch name {
	case "mapfile":
		return "[-d delim] [-n count] [-O origin] [-s count] [-t] [-u fd] [-C callback] [-c quantum] [array]"
	case "readarray":
		return "[-d delim] [-n count] [-O origin] [-s count] [-t] [-u fd] [-C callback] [-c quantum] [array]"
	case "popd":
		return "[-n] [+N | -N]"
	case "printf":
		return "[-v var] format [arguments]"
	case "pushd":
		return "[-n] [+N | -N | dir]"
	case "pwd":
		return "[-LP]"
	case "read":
		return "[-ers] [-a array] [-d delim] [-i text] [-n nchars] [-N nchars] [-p prompt] [-t timeout] [-u fd] [name ...]"
	case "readonly":
		return "[-aAf] [name[=value] ...] or readonly -p"
	case "set":
		return "[-abefhkmnptuvxBCEHPT] [-o option-name] [--] [-] [arg ...]"
	case "shopt":
		return "[-pqsu] [-o] [optname ...]"
	case "test":
		return "[expr]"
	case "trap":
		return "[-lp] [[arg] signal_spec ...]"
	case "type":
		return "[-afptP] name [name ...]"
	case "typeset":
		return "[-aAfFgiIlnrtux] name[=value] ... or typeset -p [-aAfFilnrtux] [name ...]"
	case "ulimit":
		return "[-SHabcdefiklmnpqrstuvxPRT] [limit]"
	case "umask":
		return "[-p] [-S] [mode]"
	case "unalias":
		return "[-a] name [name ...]"
	case "unset":
		return "[-f] [-v] [-n] [name ...]"
	case "wait":
		return "[-fn] [-p var] [id ...]"
	}
	return ""
}
