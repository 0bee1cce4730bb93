package lambda

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"sshell/remote"
	"sshell/remote/ship"
	"sshell/remote/ship/artifact"
)

// cargo is what one task ships.
type cargo struct {
	dir      string // its working directory, without links
	programs Part   // what it has in common with others: an encoded manifest
	own      []byte // the manifest of files that it reads besides, nil for none
}

// ship stores what a task needs. Programs are looked through first, so that one for another processor is refused before
// anything runs.
func (r *Runner) ship(ctx context.Context, t *remote.Task) (*cargo, error) {
	run := r.shipments.of(t)
	dir, err := run.workingDir(t.Dir)
	if err != nil {
		return nil, err
	}
	c := &cargo{dir: dir}
	if c.programs, err = run.programs(ctx, run.keyOf(t, dir), func() (Part, error) { return r.shipPrograms(ctx, run, t, dir) }); err != nil {
		return nil, err
	}
	c.own, err = r.shipWords(ctx, run, t, dir)
	return c, err
}

// shipPrograms stores the programs of a task and its artifacts, and gives their manifest.
func (r *Runner) shipPrograms(ctx context.Context, run *shipment, t *remote.Task, dir string) (Part, error) {
	files, err := r.programs(run, t, dir)
	if err != nil || len(files) == 0 {
		return Part{}, err
	}
	m, err := r.uploader.Upload(ctx, files, dir, r.cfg.Arch)
	if err != nil {
		return Part{}, err
	}
	data, err := artifact.EncodeManifest(m)
	if err != nil || len(data) <= inlineShare {
		return Part{Inline: data}, err
	}
	r.stored.Store(t.Run, true)
	return Store(ctx, r.cfg.Store, t.Run, data)
}

// programs lists what a task runs: the programs of its stages and what it names by a path from the root on, or on the
// PATH, each with what it needs.
func (r *Runner) programs(run *shipment, t *remote.Task, dir string) ([]ship.File, error) {
	var files []ship.File
	add := func(name string, command bool, env []string) error {
		req := ship.Request{Dir: dir, Arch: r.cfg.Arch, Env: env}
		if command {
			req.Commands = []ship.Command{{Argv: []string{name}, Env: env}}
		} else {
			req.Artifacts = []string{name}
		}
		found, err := ship.Gather(req)
		if err != nil {
			if found, err = r.without(name, dir, command, err); err != nil {
				return err
			}
		}
		files = ship.Merge(files, found)
		return nil
	}
	var locale []ship.File
	for _, st := range t.Stages {
		env := slices.Concat(t.Environ, st.Env)
		if len(st.Argv) == 0 {
			locale = ship.Merge(locale, ship.Locale(env, r.cfg.Arch))
			continue
		}
		if err := add(st.Argv[0], true, env); err != nil {
			return nil, err
		}
	}
	for _, name := range t.Artifacts {
		if run.isRead(dir, name) {
			continue
		}
		if err := add(name, false, t.Environ); err != nil {
			return nil, err
		}
	}
	if len(files) == 0 { // the shell itself knows its locales
		locale = slices.DeleteFunc(locale, func(f ship.File) bool { return !isZone(f.Path) })
	}
	files = ship.Merge(files, locale)
	// A loader in a function has no use for the cache of this machine's.
	return slices.DeleteFunc(files, func(f ship.File) bool { return f.Path == ship.LoaderCache }), nil
}

// isZone reports whether a file of ship.Locale is a time zone's, other than UTC, which is everybody's without one.
func isZone(path string) bool {
	if path != "/etc/localtime" && !strings.HasPrefix(path, "/usr/share/zoneinfo/") {
		return false
	}
	target, err := filepath.EvalSymlinks(path)
	return err == nil && filepath.Base(target) != "UTC"
}

// without says what to do about something that could not be listed with all that it needs. What is missing here the function
// may have; what cannot run there is refused.
func (r *Runner) without(name, dir string, command bool, err error) ([]ship.File, error) {
	path := name
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	_, missing := os.Stat(path)
	here := missing == nil && within(dir, path)
	switch {
	case errors.As(err, new(*ship.ArchError)), errors.Is(err, ship.ErrFormat) && here, missing != nil && !command:
		return nil, err
	case missing != nil:
		return nil, nil
	}
	if !here && command {
		return nil, nil
	}
	return []ship.File{{Path: path}}, nil
}

// shipWords stores the files that a task's words name, and gives their manifest.
func (r *Runner) shipWords(ctx context.Context, run *shipment, t *remote.Task, dir string) ([]byte, error) {
	var words []string
	for _, st := range t.Stages {
		if len(st.Argv) > 1 {
			words = append(words, st.Argv[1:]...)
		}
	}
	for _, name := range t.Artifacts {
		if run.isRead(dir, name) {
			words = append(words, name)
		}
	}
	manifests := make([]*artifact.Manifest, len(words))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxWords)
	for i, word := range words {
		if m, ok := run.word(dir, word); ok {
			manifests[i] = m
			continue
		}
		group.Go(func() (err error) {
			manifests[i], err = r.shipWord(ctx, word, dir)
			if err == nil {
				run.keepWord(dir, word, manifests[i])
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	manifests = slices.DeleteFunc(manifests, func(m *artifact.Manifest) bool { return m == nil })
	if len(manifests) == 0 {
		return nil, nil
	}
	return artifact.EncodeManifest(artifact.Merge(manifests...))
}

// maxWords bounds the words of a task whose files are stored at a time: they share the uploader's own bound.
const maxWords = 8

// shipWord stores the file that a word names, nil for none. What else a word may be is not known, so nothing
// about it is an error; but for a file that cannot be read.
func (r *Runner) shipWord(ctx context.Context, word, dir string) (*artifact.Manifest, error) {
	file, ok := wordFile(word, dir)
	if !ok {
		return nil, nil
	}
	return r.uploader.Upload(ctx, []ship.File{file}, dir, r.cfg.Arch)
}

// wordFile gives the file that a word names: below the working directory, or from there.
func wordFile(word, dir string) (ship.File, bool) {
	path := word
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	} else if !within(dir, path) {
		return ship.File{}, false
	}
	st, err := os.Stat(path)
	if word == "" || err != nil || !st.Mode().IsRegular() {
		return ship.File{}, false
	}
	return ship.File{Path: path, Exact: true}, true
}

// within reports whether a path is below a folder.
func within(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(rel) && rel != "."
}

// Travels says what a task would ship, a line for each program, library, folder and file, and refuses what Run would
// refuse. Nothing is stored.
func (r *Runner) Travels(t *remote.Task) ([]string, error) {
	dir, err := workingDir(t.Dir)
	if err != nil {
		return nil, err
	}
	run := new(shipment)
	files, err := r.programs(run, t, dir)
	if err != nil {
		return nil, r.notStarted("%w", err)
	}
	for _, st := range t.Stages {
		if len(st.Argv) == 0 {
			continue
		}
		for _, word := range st.Argv[1:] {
			if f, ok := wordFile(word, dir); ok {
				files = ship.Merge(files, []ship.File{f})
			}
		}
	}
	for _, name := range t.Artifacts {
		if f, ok := wordFile(name, dir); ok && run.isRead(dir, name) {
			files = ship.Merge(files, []ship.File{f})
		}
	}
	return ship.Lines(files), nil
}

// workingDir gives a task's working directory without links.
func workingDir(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		return "", fmt.Errorf("working directory: %s: %w", path.Path, path.Err)
	}
	return dir, err
}
