# What sshell's words mean to a shell that knows one machine and no tasks: one stage after the other, in a subshell each.

on() (
	shift
	while [[ ${1-} == -* ]]; do
		case $1 in
		-n) exec </dev/null ;;
		--memory | --timeout | --with | --return | --env) shift ;;
		esac
		shift
	done
	if (($# == 1)); then eval "$1"; else "$@"; fi
)

# parmap is GNU parallel's, with the order of the input. Functions are exported to it, and so is what follows set -a.
parmap() {
	local words=()
	while [[ ${1-} == -* ]]; do
		case $1 in
		--on) shift ;;
		--with | --return | --memory | --procs) shift ;;
		*) words+=("$1") ;;
		esac
		shift
	done
	export -f $(compgen -A function)
	parallel --will-cite -k -j2 "${words[@]}" "$@"
}

reduce() (
	while [[ ${1-} == -* ]]; do
		case $1 in
		--on) shift ;;
		esac
		shift
	done
	if (($# == 1)); then eval "$1"; else "$@"; fi
)
