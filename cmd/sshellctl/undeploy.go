package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"sshell/lambda/deploy"
	"sshell/remote/settings"
)

// undeployAccount removes what deploy made.
func undeployAccount(args []string, stdout, stderr io.Writer) int {
	f := newAccountFlags("undeploy", stderr, "function", "bucket", "region")
	yes := f.Bool("yes", false, "remove the bucket's objects too, those that are yours")
	if status, done := f.parse(args); done {
		return status
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	a, err := f.open(ctx)
	if err != nil {
		return fault(stderr, "undeploy", err)
	}
	r := deploy.Removal{Function: a.function(), Bucket: a.settings.Bucket, Region: a.config.Region}
	switch {
	case *yes:
		r.Confirm = func(string) bool { return true }
	case isTerminal(os.Stdin):
		r.Confirm = func(question string) bool { return ask(os.Stdin, stderr, question) }
	}
	d := &deploy.Deployer{Clients: a.clients, Out: stdout, OwnBuckets: a.amazon}
	if err := d.Undeploy(ctx, r); err != nil {
		return fault(stderr, "undeploy", err)
	}
	if settings.RecordFile(f.env) == "" {
		return 0
	}
	if err := settings.Forget(f.env, a.deployed()); err != nil {
		return fault(stderr, "undeploy", err)
	}
	return 0
}

// isTerminal reports whether somebody can be asked: only a terminal has a size.
func isTerminal(f *os.File) bool {
	_, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	return err == nil
}

// ask puts a question to somebody at a terminal. All but yes is no.
func ask(in io.Reader, out io.Writer, question string) bool {
	fmt.Fprintf(out, "%s [y/N] ", question)
	line, err := bufio.NewReader(in).ReadString('\n')
	if err != nil {
		return false
	}
	switch strings.ToLower(strings.TrimSpace(line)) {
	case "y", "yes":
		return true
	}
	return false
}
