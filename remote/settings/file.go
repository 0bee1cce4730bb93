package settings

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// ProjectFile is the name of a project's file.
const ProjectFile = ".sshell.toml"

// maxFile is the longest file that is read, in bytes: a thousand times what people write.
const maxFile = 1 << 20

// placed is an error at a place: a file and line, a variable or a flag.
func placed(place string, err error) error { return fmt.Errorf("%s: %w", place, err) }

// readFiles reads the project's file and the user's.
func (s *Settings) readFiles(src Source) error {
	path, data, err := s.project(src.Dir)
	if err != nil {
		return err
	}
	if path != "" {
		if err := s.read(path, data, src.Env("HOME")); err != nil {
			return err
		}
	}
	path = UserFile(src.Env)
	data, err = readFile(path)
	if err != nil || data == nil {
		return err
	}
	return s.read(path, data, src.Env("HOME"))
}

// UserFile is the path of the user's own file, or empty where neither XDG_CONFIG_HOME nor HOME is an absolute path.
func UserFile(env func(string) string) string {
	return xdg(env, "XDG_CONFIG_HOME", ".config", "config.toml")
}

// xdg is a file of ours in a folder of the XDG base directory specification, which tells to ignore relative ones.
func xdg(env func(string) string, variable, below, name string) string {
	dir := env(variable)
	if !filepath.IsAbs(dir) {
		home := env("HOME")
		if !filepath.IsAbs(home) {
			return ""
		}
		dir = filepath.Join(home, below)
	}
	return filepath.Join(dir, "sshell", name)
}

// project finds the nearest project file at or above dir, and reads it. The path is empty where there is none.
func (s *Settings) project(dir string) (string, []byte, error) {
	if !filepath.IsAbs(dir) {
		return "", nil, nil
	}
	for {
		path := filepath.Join(dir, ProjectFile)
		info, err := os.Stat(path)
		switch {
		case err == nil && !info.Mode().IsRegular():
			s.Ignored = append(s.Ignored, path+": not a regular file: ignored")
		case err == nil && !ours(info):
			s.Ignored = append(s.Ignored, path+": belongs to another user: ignored")
		case err == nil:
			data, err := readFile(path)
			return path, data, err
		}
		// A folder that may not be looked into has no file for us.
		above := filepath.Dir(dir)
		if above == dir {
			return "", nil, nil
		}
		dir = above
	}
}

// ours reports whether a file belongs to the user or to root.
func ours(info fs.FileInfo) bool {
	owner, ok := info.Sys().(*syscall.Stat_t)
	return !ok || owner.Uid == 0 || int(owner.Uid) == os.Geteuid()
}

// readFile reads a file whole. A path that is empty, or where there is no file, gives nil.
func readFile(path string) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, nil
	}
	if err != nil {
		return nil, placed(path, cause(err))
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		return nil, placed(path, cause(err))
	case len(data) > maxFile:
		return nil, placed(path, fmt.Errorf("longer than %d bytes", maxFile))
	}
	if data == nil {
		data = []byte{}
	}
	return data, nil
}

// cause strips what messages have already: the operation and the path.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// read takes the settings of a file.
func (s *Settings) read(path string, data []byte, home string) error {
	v := value{dir: filepath.Dir(path), home: home}
	return parse(path, data, func(e entry) error {
		switch {
		case e.table == "":
			k, ok := find(e.name)
			if !ok {
				return errKey
			}
			v.text = e.text
			if err := e.single(); err != nil {
				return err
			}
			return s.set(k, v, e.place)
		case e.table == ruleTable && e.array:
			return s.rule(e)
		}
		return fmt.Errorf("[%s]: no such table: there is [[%s]]", shown(e.table), ruleTable)
	}, s.checkRule)
}

// errKey is the error of a name that is no setting's.
var errKey = errors.New("no such setting")
