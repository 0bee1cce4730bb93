package settings

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"sshell/pipes/objstore"
)

// value is a setting as it was written.
type value struct {
	text      string
	dir, home string // what relative paths and ~ stand for
}

// key is a setting that can be written.
type key struct {
	name string
	set  func(*Settings, value) error
}

func (k key) variable() string { return "SSHELL_" + strings.ToUpper(k.name) }

func (k key) flag() string { return "--" + strings.ReplaceAll(k.name, "_", "-") }

// keys are all settings but the rules.
var keys = [...]key{
	{"on", func(s *Settings, v value) error { return target(&s.On, v) }},
	{"bucket", func(s *Settings, v value) error { s.Bucket = v.text; return objstore.CheckBucket(v.text) }},
	{"function", func(s *Settings, v value) error { return word(&s.Function, v) }},
	{"region", func(s *Settings, v value) error { return word(&s.Region, v) }},
	{"arch", func(s *Settings, v value) (err error) { s.Arch, err = Arch(v.text); return err }},
	{"timeout", func(s *Settings, v value) error { return seconds(&s.Timeout, v) }},
	{"memory", func(s *Settings, v value) error { return number(&s.Memory, v) }},
	{"storage", func(s *Settings, v value) error { return number(&s.Storage, v) }},
	{"role_arn", func(s *Settings, v value) error { return word(&s.RoleARN, v) }},
	{"s3", func(s *Settings, v value) error {
		if v.text != S3AWS && v.text != S3Dir {
			return fmt.Errorf("%q: it is %q or %q", v.text, S3AWS, S3Dir)
		}
		s.S3 = v.text
		return nil
	}},
	{"s3_dir", func(s *Settings, v value) error { return folder(&s.S3Dir, v) }},
}

// find gives the key of a name.
func find(name string) (key, bool) {
	for _, k := range keys {
		if k.name == name {
			return k, true
		}
	}
	return key{}, false
}

// Arch gives a processor's name as GOARCH has it, from that or from Lambda's.
func Arch(name string) (string, error) {
	switch name {
	case "arm64", "amd64":
		return name, nil
	case "x86_64":
		return "amd64", nil
	}
	return "", fmt.Errorf("%q: it is \"arm64\" or \"x86_64\"", name)
}

// target takes the name of a target: which there are is not known here.
func target(to *string, v value) error {
	if strings.Trim(v.text, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
		return fmt.Errorf("%q: no name of a target", v.text)
	}
	return word(to, v)
}

func word(to *string, v value) error {
	if v.text == "" || strings.ContainsAny(v.text, " \t\r\n") {
		return fmt.Errorf("%q: it is one word", v.text)
	}
	*to = v.text
	return nil
}

func number(to *int, v value) error {
	n, err := strconv.Atoi(v.text)
	if err != nil || n <= 0 {
		return fmt.Errorf("%q: it is a number of MB", v.text)
	}
	*to = n
	return nil
}

// maxSeconds keeps a number of seconds a Duration: a day is more than any service grants.
const maxSeconds = 24 * 60 * 60

// seconds takes a time as Go writes it, or a number of seconds.
func seconds(to *time.Duration, v value) error {
	d, err := time.ParseDuration(v.text)
	if n, nerr := strconv.Atoi(v.text); nerr == nil && n <= maxSeconds {
		d, err = time.Duration(n)*time.Second, nil
	}
	if err != nil || d <= 0 || d%time.Second != 0 {
		return fmt.Errorf("%q: it is a number of seconds, or a time such as \"15m\"", v.text)
	}
	*to = d
	return nil
}

// folder takes a path.
func folder(to *string, v value) error {
	path := v.text
	if path == "~" || strings.HasPrefix(path, "~/") {
		path = filepath.Join(v.home, path[1:])
	}
	if path == "" || strings.IndexByte(path, 0) >= 0 {
		return fmt.Errorf("%q: it is a folder", v.text)
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(v.dir, path)
	}
	*to = filepath.Clean(path)
	return nil
}
