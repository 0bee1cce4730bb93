package lambda

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"sshell/remote"
	"sshell/remote/ship"
	"sshell/remote/ship/artifact"
)

// ship stores what a task names of its working directory, and gives the manifest as it travels: nil when that is nothing.
// Programs are looked through first, so that one for another processor is refused before anything runs.
func (r *Runner) ship(ctx context.Context, t *remote.Task) ([]byte, error) {
	names := t.Artifacts
	for _, st := range t.Stages {
		if len(st.Argv) > 0 && strings.Contains(st.Argv[0], "/") {
			names = append(names[:len(names):len(names)], st.Argv[0])
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	dir, err := filepath.Abs(t.Dir)
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return nil, err
	}
	var files []ship.File
	for _, name := range names {
		found, err := r.filesOf(name, dir, t.Environ)
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		return nil, nil
	}
	m, err := r.uploader.Upload(ctx, files, dir, r.cfg.Arch)
	if err != nil {
		return nil, err
	}
	return artifact.EncodeManifest(m)
}

// filesOf lists what is in dir of a file and what it needs. One that is not there, or elsewhere, gives nothing: the
// stage finds the function's own, or says that there is none.
func (r *Runner) filesOf(name, dir string, env []string) ([]ship.File, error) {
	path := name
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	st, err := os.Stat(path)
	if err != nil || !within(dir, path) {
		return nil, nil
	}
	if !st.Mode().IsRegular() || st.Mode()&0o111 == 0 {
		return []ship.File{{Path: path}}, nil
	}
	all, err := ship.Resolve(path, env, r.cfg.Arch)
	if errors.As(err, new(*ship.ArchError)) {
		return nil, err
	}
	files := []ship.File{{Path: path}}
	for _, f := range all { // without those that were not found: the function may have them
		if f.Path != path && within(dir, f.Path) {
			files = append(files, f)
		}
	}
	return files, nil
}

// within reports whether a path is below a folder.
func within(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(rel) && rel != "."
}
