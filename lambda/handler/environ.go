package handler

import (
	"slices"
	"strings"
)

// addEnviron adds to the environment of the task what is this function's, but for what the client has its own of: a
// credential that it sent along is meant.
func (i *invocation) addEnviron() {
	t := i.task
	if i.req.Bucket != "" {
		t.Env = append(t.Env, "SSHELL_BUCKET="+i.req.Bucket)
	}
	for _, entry := range i.h.cfg.Environ {
		name, _, _ := strings.Cut(entry, "=")
		sent := func(e string) bool { return strings.HasPrefix(e, name+"=") }
		if !slices.ContainsFunc(t.Environ, sent) {
			t.Env = append(t.Env, entry)
		}
	}
}
