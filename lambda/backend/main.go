package backend

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"sshell/remote/agent"
)

// arguments are what the shell starts the agent with.
type arguments struct {
	socket  string // number of a descriptor
	shell   string // path of the shell's program, which runs the source of tasks on this machine
	dir     string // where its settings are looked for
	isolate bool   // tasks on this machine see an empty root and what they were shipped
	version bool
}

// The exit statuses.
const (
	statusFault = 1
	statusUsage = 2
)

// Main serves the shell that started this program, as its agent: args are what the shell gave it. It returns the exit status.
func Main(args []string) int {
	// The shell may be gone, and standard error with it, while there is still something to remove. What the agent starts has
	// the signal as ever.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	a, err := parse(args)
	if err == nil && a.version {
		fmt.Printf("sshell-agent %s\n", agent.Build())
		return 0
	}
	var socket *os.File
	if err == nil {
		socket, err = agent.Socket(a.socket)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "sshell-agent: %v\n", err)
		return statusUsage
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	b := New(Config{Shell: a.shell, Dir: a.dir, Isolate: a.isolate})
	err = errors.Join(agent.Serve(ctx, socket, b.Segments(), b.Files(), agent.Build()), b.Close(context.Background()))
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintf(os.Stderr, "sshell-agent: %v\n", err)
		return statusFault
	}
	return 0
}

// parse reads the arguments.
func parse(args []string) (*arguments, error) {
	a := new(arguments)
	for len(args) > 0 {
		name := args[0]
		args = args[1:]
		var value *string
		switch name {
		case agent.SocketFlag:
			value = &a.socket
		case shellFlag:
			value = &a.shell
		case dirFlag:
			value = &a.dir
		case isolateFlag:
			a.isolate = true
		case "--version":
			a.version = true
		default:
			return nil, fmt.Errorf("%s: unknown argument", name)
		}
		if value == nil {
			continue
		}
		if len(args) == 0 {
			return nil, fmt.Errorf("%s: needs a value", name)
		}
		*value, args = args[0], args[1:]
	}
	if a.socket == "" && !a.version {
		return nil, errors.New("sshell starts its agent itself, when it needs one")
	}
	return a, nil
}

// The arguments that cmd/sshell gives beside the socket's.
const (
	shellFlag   = "--shell"
	isolateFlag = "--isolate"
	dirFlag     = "--dir"
)
