package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
)

// runCommand runs the command with the variables, hands it the signals that this process gets, and gives its status. When the
// services are lost it is ended.
func runCommand(argv, variables []string, signals <-chan os.Signal, lost <-chan struct{}, stderr io.Writer) int {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = append(withoutAccount(os.Environ()), variables...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		fmt.Fprintf(stderr, "sshellctl: emulate: %v\n", err)
		if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
			return statusNotFound
		}
		return statusNotRun
	}
	ended := make(chan struct{})
	go func() {
		cmd.Wait() // its status is read from the state
		close(ended)
	}()
	for {
		select {
		case sig := <-signals:
			// The terminal sends SIGINT to the command as well. One more of what it is about to die of does no harm.
			cmd.Process.Signal(sig)
		case <-lost:
			fmt.Fprintln(stderr, "sshellctl: emulate: the S3 server ended")
			cmd.Process.Signal(syscall.SIGTERM)
			lost = nil
		case <-ended:
			return statusOf(cmd.ProcessState)
		}
	}
}

func statusOf(state *os.ProcessState) int {
	if ws, ok := state.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return statusSignalBase + int(ws.Signal())
	}
	return state.ExitCode()
}

// withoutAccount leaves out variables that name the user's own account or services.
func withoutAccount(environ []string) []string {
	return slices.DeleteFunc(environ, func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return strings.HasPrefix(name, "AWS_ENDPOINT_URL") ||
			slices.Contains([]string{"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"}, name)
	})
}
