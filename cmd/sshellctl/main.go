// Command sshellctl is the operator's side of sshell. Its commands are
//
//	sshellctl deploy [FLAG]…
//	sshellctl undeploy [FLAG]…
//	sshellctl doctor [FLAG]…
//	sshellctl policy [FLAG]…
//	sshellctl emulate [FLAG]… [-- COMMAND [ARG…]]
//
// The first four are about an account, see package deploy: make or change what sshell needs there, remove it, say what is wrong,
// and print the rights that people need. Which account, region, bucket and function is settled as package settings says, and
// by the AWS SDK's own chain. deploy records what it made, so that the shell finds it. The function's zip is made of bootstrap and
// sshell, found where deploy.Folders says, or is --zip's.
//
// emulate starts Lambda, IAM, STS and S3 on loopback, see package emulator. COMMAND is run with the AWS_* variables set that lead the
// AWS SDK and the aws command line there; its status is the status, and all is stopped when it ends. Without COMMAND the
// variables are printed as lines to export, and the services stay until SIGINT, SIGTERM or SIGHUP.
// aws before 2.13 takes no endpoint from a variable: see scripts/emulate/awscli. With --faults SEED calls and invocations go
// wrong, by the seed. An emulator that was killed leaves no process, and a folder that the next one removes.
//
// The statuses are the command's, 128 and the number of the signal that ended it, 126 and 127 where it could not be started, 125
// when the services could not be, and 2 for wrong arguments. doctor's is 1 if something is wrong; those of the other
// commands about an account are 0 and 125.
package main

import (
	"fmt"
	"io"
	"os"

	"sshell/lambda/emulator"
)

// The first arguments of this program when it runs a part of the emulator in a process of its own.
const (
	environmentFlag = "--environment"
	storeFlag       = "--store"
)

// The exit statuses that are not a command's.
const (
	statusUsage      = 2
	statusFault      = 125
	statusNotRun     = 126
	statusNotFound   = 127
	statusSignalBase = 128
)

const usage = `usage: sshellctl deploy|undeploy|doctor|policy [FLAG]...
       sshellctl emulate [FLAG]... [-- COMMAND [ARG]...]
sshellctl COMMAND --help lists the flags of each`

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run does what the arguments say and gives the exit status.
func run(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		fmt.Fprintln(stderr, usage)
		return statusUsage
	}
	switch args[0] {
	case "deploy":
		return deployAccount(args[1:], stdout, stderr)
	case "undeploy":
		return undeployAccount(args[1:], stdout, stderr)
	case "doctor":
		return examine(args[1:], stdout, stderr)
	case "policy":
		return printPolicy(args[1:], stdout, stderr)
	case "emulate":
		return emulate(args[1:], stdout, stderr)
	case environmentFlag:
		return emulator.RunEnvironment()
	case storeFlag:
		return serveStore(stderr)
	case "--help", "-h":
		fmt.Fprintln(stdout, usage)
		return 0
	}
	fmt.Fprintf(stderr, "sshellctl: %s: no such command\n%s\n", args[0], usage)
	return statusUsage
}
