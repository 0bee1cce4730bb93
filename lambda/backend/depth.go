package backend

import (
	"os"
	"strconv"

	"sshell/lambda"
)

// depthVar says in the environment of a task how many functions it is below the client.
const depthVar = "SSHELL_DEPTH"

// maxDepth bounds how deep stages in functions may start more of them. A recursion that does not end costs money at every
// level; Lambda's own guard stops loops through its queues only, not functions that invoke each other.
const maxDepth = 8

// deeper gives the entry of the environment for a task that is started here, or refuses to start one.
func deeper() (string, error) {
	depth, err := strconv.Atoi(os.Getenv(depthVar))
	if err != nil {
		depth = 0 // the client's
	}
	if depth >= maxDepth {
		return "", refused("functions start functions %d deep, which is the limit: is there a recursion?", depth)
	}
	return depthVar + "=" + strconv.Itoa(depth+1), nil
}

// taskCount gives what counts the tasks that a task in a function starts, by all its shells together. Elsewhere, where each run has its
// own budget, it is nil.
func taskCount() func(n int64) (int64, error) {
	path := os.Getenv(lambda.CountVar)
	if path == "" {
		return nil
	}
	return func(n int64) (int64, error) { return lambda.CountTasks(path, n) }
}
