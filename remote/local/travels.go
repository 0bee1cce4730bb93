package local

import (
	"sshell/remote"
	"sshell/remote/worker"
)

// Travels says what a task sees of this machine's files, a line each, if it is isolated: without that it sees all of them. No
// variable stays behind.
func (r *Runner) Travels(t *remote.Task) (files, left []string, err error) {
	if !r.isolate {
		return nil, nil, nil
	}
	files, err = worker.Travels(t, r.shell)
	return files, nil, err
}
