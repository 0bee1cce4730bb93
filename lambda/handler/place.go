package handler

import (
	"context"
	"os"
	"path/filepath"

	"sshell/remote/ship/artifact"
)

// place makes the task's working directory, and puts its artifacts there.
func (i *invocation) place(ctx context.Context) error {
	var err error
	if i.task.Dir, err = os.MkdirTemp(i.h.cfg.Tmp, "task-"); err != nil {
		return refused(err)
	}
	if len(i.req.Manifest) == 0 {
		return nil
	}
	m, err := artifact.DecodeManifest(i.req.Manifest)
	if err != nil {
		return refused(err)
	}
	if i.held, err = i.h.cache.Fetch(ctx, i.store, m); err != nil {
		return fetchError(err)
	}
	if err := i.held.Place(i.h.cfg.Tmp, "/"+filepath.Base(i.task.Dir), artifact.HardLinks); err != nil {
		return refused(err)
	}
	return nil
}
