package handler

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"sshell/lambda"
	"sshell/remote"
	"sshell/remote/flow"
)

// openCount lets the shells of a task that has a share of a budget count together what tasks they start.
func (i *invocation) openCount() error {
	t := i.task
	if !slices.ContainsFunc(t.Env, func(e string) bool { return strings.HasPrefix(e, flow.TasksVar+"=") }) {
		return nil
	}
	f, err := os.CreateTemp(i.h.cfg.Tmp, ".tasks-") // which is removed with all else
	if err != nil {
		return fmt.Errorf("count tasks: %w", err)
	}
	i.count = f.Name()
	t.Env = append(t.Env, lambda.CountVar+"="+i.count)
	return f.Close()
}

// started notes how many tasks the task has started, so that others may have the rest of its share. What is left of it in the background
// can start no more. Where that cannot be known the share is used up.
func (i *invocation) started(result *remote.Result) {
	if i.count == "" || result.Started != nil {
		return
	}
	if n, err := lambda.SealCount(i.count); err == nil {
		result.Started = &n
	}
}
