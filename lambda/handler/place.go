package handler

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"sshell/lambda"
	"sshell/remote/ship/artifact"
	"sshell/remote/ship/relocate"
)

const (
	// cacheName is the folder of artifacts in Config.Tmp.
	cacheName = ".sshell-artifacts"
	// placeName is the folder there in which programs of the client stand. Paths in programs are replaced by others below it,
	// and cannot grow, so it is short.
	placeName = ".sh"
	// noDir is the working directory of a task that has none.
	noDir = "/task"
)

// openCache opens the cache of artifacts. What an earlier process left in it nobody has watched.
func (h *Handler) openCache() error {
	dir := filepath.Join(h.cfg.Tmp, cacheName)
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := h.tidy(); err != nil {
		return err
	}
	var err error
	if place, ok := relocate.At(filepath.Join(h.cfg.Tmp, placeName)); ok {
		h.place = place
		h.cache, err = artifact.OpenRelocatedCache(dir, cacheSize(h.cfg.Tmp), place)
		return err
	}
	h.cache, err = artifact.OpenCache(dir, cacheSize(h.cfg.Tmp))
	return err
}

// cacheSize bounds the cache, in bytes: half of the function's /tmp, so that tasks have the other.
func cacheSize(tmp string) int64 {
	size := int64(lambda.MinStorage) << 20
	var st unix.Statfs_t
	if unix.Statfs(tmp, &st) == nil {
		size = max(size, min(int64(st.Blocks)*int64(st.Bsize), lambda.MaxStorage<<20))
	}
	return size / 2
}

// place makes the task's working directory, and puts its artifacts where it finds them.
func (i *invocation) place(ctx context.Context, m *artifact.Manifest) error {
	if i.h.place == nil {
		return i.placeHere(ctx, m)
	}
	var err error
	if i.held, err = i.h.cache.Fetch(ctx, i.store, m); err != nil {
		return placeError(err)
	}
	if err := i.held.Install(i.dir()); err != nil {
		return refused(err)
	}
	i.rename()
	return nil
}

// dir is the task's working directory on the client.
func (i *invocation) dir() string {
	if !filepath.IsAbs(i.task.Dir) {
		return noDir
	}
	return i.task.Dir
}

// manifest gives all that the task ships.
func (i *invocation) manifest(ctx context.Context) (*artifact.Manifest, error) {
	h := i.h
	if d := i.req.Programs.Digest; d == "" || d != h.programsDigest {
		data, err := i.req.Programs.Fetch(ctx, i.store, i.req.Run)
		if err != nil {
			return nil, fetchError(err)
		}
		programs := new(artifact.Manifest)
		if len(data) > 0 {
			programs, err = artifact.DecodeManifest(data)
		}
		if err != nil {
			return nil, refused(err)
		}
		h.programsDigest, h.programs = d, programs
	}
	if len(i.req.Manifest) == 0 {
		return h.programs, nil
	}
	own, err := artifact.DecodeManifest(i.req.Manifest)
	if err != nil {
		return nil, refused(err)
	}
	return artifact.Merge(h.programs, own), nil
}

// placeHere is place where this machine's own programs are the client's: what stands in the working directory is all
// that is needed.
func (i *invocation) placeHere(ctx context.Context, m *artifact.Manifest) error {
	var err error
	if i.task.Dir, err = os.MkdirTemp(i.h.cfg.Tmp, "task-"); err != nil {
		return refused(err)
	}
	here := &artifact.Manifest{Arch: m.Arch}
	for _, a := range m.Artifacts {
		if strings.HasPrefix(a.Path, "./") {
			here.Artifacts = append(here.Artifacts, a)
		}
	}
	if i.held, err = i.h.cache.Fetch(ctx, i.store, here); err != nil {
		return placeError(err)
	}
	if err := i.held.Place(i.h.cfg.Tmp, "/"+filepath.Base(i.task.Dir), artifact.HardLinks); err != nil {
		return refused(err)
	}
	return nil
}

// placeError is why artifacts cannot be had. A larger task needs a larger function.
func placeError(err error) error {
	switch {
	case errors.Is(err, artifact.ErrNoRoom):
		return refused(fmt.Errorf("%w: half of the function's /tmp is for what tasks ship: deploy it with more storage", err))
	case errors.Is(err, relocate.ErrLoader):
		return refused(err)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: %w", lambda.ErrMissing, err)
	}
	return fetchError(err)
}

// rootVariable tells the shell, and whoever asks, where the client's files stand under their own paths.
const rootVariable = "SSHELL_ROOT"

// listVariables are lists of folders that programs look through.
var listVariables = []string{"LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHOME", "PERL5LIB", "LOCPATH", "GCONV_PATH", "TZDIR"}

// rename lets the task's words and variables name what was placed.
func (i *invocation) rename() {
	t := i.task
	t.Dir = i.h.place.Path(i.dir())
	t.Env = append(append(t.Env, i.renamed(t.Environ)...), rootVariable+"="+i.h.place.Root())
	for n := range t.Stages {
		st := &t.Stages[n]
		if len(st.Argv) > 0 && filepath.IsAbs(st.Argv[0]) && i.there(st.Argv[0]) {
			st.Argv = slices.Clone(st.Argv)
			st.Argv[0] = i.h.place.Path(st.Argv[0])
		}
		st.Env = append(slices.Clip(st.Env), i.renamed(st.Env)...)
	}
}

// renamed gives the variables of a list that name folders, as those are named here.
func (i *invocation) renamed(environ []string) (list []string) {
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		switch {
		case name == "PATH":
			list = append(list, "PATH="+i.path(value))
		case slices.Contains(listVariables, name):
			var dirs []string
			for dir := range strings.SplitSeq(value, ":") {
				if filepath.IsAbs(dir) && i.there(dir) {
					dir = i.h.place.Path(dir)
				}
				dirs = append(dirs, dir)
			}
			list = append(list, name+"="+strings.Join(dirs, ":"))
		}
	}
	return list
}

// path gives the PATH of a task: the client's folders as far as they were placed, and then the function's own.
func (i *invocation) path(value string) string {
	var dirs []string
	for dir := range strings.SplitSeq(value, ":") {
		switch {
		case !filepath.IsAbs(dir):
			dirs = append(dirs, dir)
		case i.there(dir):
			dirs = append(dirs, i.h.place.Path(dir))
		}
	}
	if own := os.Getenv("PATH"); own != "" {
		dirs = append(dirs, own)
	}
	return strings.Join(dirs, ":")
}

// there reports whether a path of the client was placed.
func (i *invocation) there(path string) bool {
	_, err := os.Stat(i.h.place.Path(path))
	return err == nil
}
