package agent

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"sshell/interp/plan"
)

// ProgramVar is the variable that names the agent's program in place of the one that is installed.
const ProgramVar = "SSHELL_AGENT"

// exportedAttr is the bit of plan.Variable's Attr that says that commands see the variable (package interp).
const exportedAttr = 1 << 0

// exported gives the environment that the agent is started with for a segment: the shell's exported variables.
func exported(snap *plan.Snapshot) []string {
	if snap == nil {
		return os.Environ()
	}
	values := make(map[string]string, len(snap.Vars))
	add := func(vars []plan.Variable) {
		for _, v := range vars {
			delete(values, v.Name)
			if v.Attr&exportedAttr != 0 && v.Set && v.Keys == nil && v.Elems == nil {
				values[v.Name] = v.Value
			}
		}
	}
	add(snap.Vars)
	for _, s := range snap.Scopes {
		add(s.Vars)
	}
	env := make([]string, 0, len(values))
	for name, value := range values {
		env = append(env, name+"="+value)
	}
	slices.Sort(env)
	return env
}

// isSetting reports whether a variable says where the agent's connections go and as whom: which a running agent cannot
// change. SSHELL_ON is the planner's, and changes from one pipeline to the next.
func isSetting(name string) bool {
	for _, prefix := range []string{"AWS_", "SSHELL_", "XDG_"} {
		if strings.HasPrefix(name, prefix) {
			return name != "SSHELL_ON"
		}
	}
	switch strings.ToLower(name) {
	case "http_proxy", "https_proxy", "all_proxy", "no_proxy", "ssl_cert_file", "ssl_cert_dir", "home", "tmpdir":
		return true
	}
	return false
}

// settings gives the settings of an environment, to be compared.
func settings(env []string) string {
	var b strings.Builder
	for _, entry := range env {
		if name, _, _ := strings.Cut(entry, "="); isSetting(name) {
			b.WriteString(entry)
			b.WriteByte(0)
		}
	}
	return b.String()
}

func lookup(env []string, name string) string {
	for _, entry := range slices.Backward(env) {
		if n, value, ok := strings.Cut(entry, "="); ok && n == name {
			return value
		}
	}
	return ""
}

// find gives the path of the agent's program: what SSHELL_AGENT names, else a file of its name beside the shell's own
// program, else on PATH. dir is where relative names begin.
func (c *Config) find(env []string, dir string) (string, error) {
	if path := lookup(env, ProgramVar); path != "" {
		path = within(dir, path)
		if err := executable(path); err != nil {
			return "", fmt.Errorf("agent: %s: %w; it is what %s names", path, err, ProgramVar)
		}
		return path, nil
	}
	var folders []string
	if c.Beside != "" {
		folders = append(folders, filepath.Dir(c.Beside))
	}
	for folder := range strings.SplitSeq(lookup(env, "PATH"), ":") {
		folders = append(folders, within(dir, folder))
	}
	var refused error
	for _, folder := range folders {
		path := filepath.Join(folder, c.Program)
		err := executable(path)
		if err == nil {
			return path, nil
		}
		if refused == nil && !errors.Is(err, fs.ErrNotExist) {
			refused = fmt.Errorf("agent: %s: %w", path, err)
		}
	}
	if refused != nil {
		return "", refused
	}
	return "", fmt.Errorf("agent: %s: not found beside the shell's program or on PATH: install it there, or name it in %s",
		c.Program, ProgramVar)
}

func within(dir, path string) string {
	if filepath.IsAbs(path) || dir == "" {
		return path
	}
	return filepath.Join(dir, path)
}

// executable says why a path cannot be executed, as far as that can be seen.
func executable(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, unix.ENOTDIR):
		return unix.ENOENT
	case err != nil:
		return cause(err)
	case info.IsDir():
		return unix.EISDIR
	}
	return unix.Access(path, unix.X_OK)
}

// cause strips what messages have already: the operation and the path.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
