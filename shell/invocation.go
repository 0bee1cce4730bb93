package shell

import (
	"fmt"
	"strings"
)

// invocation is what the command line asks for.
type invocation struct {
	command     string // of -c
	hasCommand  bool
	stdin       bool // -s
	interactive bool // -i
	login       bool
	explain     bool
	isolate     bool
	on          string
	norc        bool
	noprofile   bool
	rcfile      string
	help        bool
	version     bool
	set         [][]string // arguments for set, in order
	shopt       [][]string // arguments for shopt
	rest        []string   // script and arguments, or $0 and arguments behind -c
}

// usageError is a command line that means nothing.
type usageError struct{ msg string }

func (e *usageError) Error() string { return e.msg }

func usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// parseArgs reads the command line: bash's options, and ours, which are all long.
func parseArgs(args []string) (*invocation, error) {
	in := &invocation{}
	for len(args) > 0 {
		arg := args[0]
		if arg == "-" || arg == "--" {
			args = args[1:]
			break
		}
		if len(arg) < 2 || arg[0] != '-' && arg[0] != '+' {
			break
		}
		args = args[1:]
		var err error
		if strings.HasPrefix(arg, "--") {
			args, err = in.long(arg, args)
		} else {
			args, err = in.short(arg, args)
		}
		if err != nil {
			return nil, err
		}
	}
	if in.hasCommand {
		if len(args) == 0 {
			return nil, usagef("-c: option requires an argument")
		}
		in.command, args = args[0], args[1:]
	}
	in.rest = args
	return in, nil
}

// long reads one long option.
func (in *invocation) long(arg string, args []string) ([]string, error) {
	name, value, hasValue := strings.Cut(arg, "=")
	need := func() (string, error) {
		if hasValue {
			return value, nil
		}
		if len(args) == 0 {
			return "", usagef("%s: option requires an argument", name)
		}
		value, args = args[0], args[1:]
		return value, nil
	}
	var err error
	switch name {
	case "--explain":
		in.explain = true
	case "--isolate":
		in.isolate = true
	case "--on":
		in.on, err = need()
	case "--help":
		in.help = true
	case "--version":
		in.version = true
	case "--login":
		in.login = true
	case "--norc":
		in.norc = true
	case "--noprofile":
		in.noprofile = true
	case "--noediting":
	case "--rcfile", "--init-file":
		in.rcfile, err = need()
	case "--posix":
		in.set = append(in.set, []string{"-o", "posix"})
	case "--verbose":
		in.set = append(in.set, []string{"-v"})
	default:
		return nil, usagef("%s: invalid option", arg)
	}
	return args, err
}

// short reads a cluster of letters. -c takes its text from what follows all options, -o and -O their name from
// the next word.
func (in *invocation) short(arg string, args []string) ([]string, error) {
	sign := arg[:1]
	for _, c := range arg[1:] {
		switch c {
		case 'c':
			in.hasCommand = true
		case 's':
			in.stdin = true
		case 'i':
			in.interactive = true
		case 'l':
			in.login = true
		case 'o', 'O':
			if len(args) == 0 {
				if c == 'o' {
					in.set = append(in.set, []string{sign + "o"})
				} else {
					in.shopt = append(in.shopt, []string{})
				}
				continue
			}
			name := args[0]
			args = args[1:]
			if c == 'o' {
				in.set = append(in.set, []string{sign + "o", name})
			} else if sign == "-" {
				in.shopt = append(in.shopt, []string{"-s", name})
			} else {
				in.shopt = append(in.shopt, []string{"-u", name})
			}
		case 'a', 'b', 'e', 'f', 'h', 'k', 'm', 'n', 'p', 't', 'u', 'v', 'x', 'B', 'C', 'E', 'H', 'P', 'T':
			in.set = append(in.set, []string{sign + string(c)})
		case 'r', 'D':
			return nil, usagef("%s%c: not supported", sign, c)
		default:
			return nil, usagef("%s%c: invalid option", sign, c)
		}
	}
	return args, nil
}

const usage = `Usage: sshell [option]... [script [argument]...]
       sshell [option]... -c command [name [argument]...]
       command | sshell [option]... [-s [argument]...]

Runs a bash script whose pipelines can leave the machine.

  --explain         print where each stage of a pipeline would run, and why; run nothing
  --on TARGET       place every stage that can leave on TARGET, as SSHELL_ON=TARGET does; targets: local lambda
  --isolate         run tasks in an empty root, with only what they need
  --norc --noprofile --rcfile FILE --login --posix -i -l -s -o OPTION -O OPTION, and the letters of set: as bash
  --help, --version
`
