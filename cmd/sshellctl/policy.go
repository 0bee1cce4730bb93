package main

import (
	"fmt"
	"io"

	"sshell/lambda/deploy"
)

// printPolicy prints the rights that people need.
func printPolicy(args []string, stdout, stderr io.Writer) int {
	f := newAccountFlags("policy", stderr, "function", "bucket", "region")
	account := f.String("account", "", "`number` of the account (default that of the last deployment, or any)")
	user := f.Bool("user", false, "only what running stages takes, without deploy, undeploy and doctor")
	if status, done := f.parse(args); done {
		return status
	}
	s, err := f.load()
	if err != nil {
		return fault(stderr, "policy", err)
	}
	g := deploy.Grantee{Account: *account, Region: s.Region, Function: s.Function, Bucket: s.Bucket, UserOnly: *user}
	if g.Function == "" {
		g.Function = deploy.DefaultFunction
	}
	if g.Account == "" && s.Deployed != nil {
		g.Account = s.Deployed.Account
	}
	fmt.Fprintf(stdout, "%s\n", deploy.Policy(g))
	return 0
}
