// Command sshell-agent runs the segments of a shell that need connections or SDKs which the shell does not carry. The shell
// starts it when the first of them leaves, see package agent; this file only wires.
package main

import (
	"os"

	"sshell/lambda/backend"
)

func main() { os.Exit(backend.Main(os.Args[1:])) }
