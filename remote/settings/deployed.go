package settings

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Deployed is what deploy made, as it recorded it.
type Deployed struct {
	Endpoint string // of Lambda, where it is not AWS's own
	Region   string
	Profile  string // AWS_PROFILE
	Account  string
	Bucket   string
	Function string
	Arch     string // as GOARCH names it
	RoleARN  string
	Build    string // of the programs in the function
	Timeout  time.Duration
	Memory   int // MB
	Storage  int // MB
}

// deployTable is the name of the tables in the file of records; the latest is last.
const deployTable = "deploy"

// loopbackRecords is how many records of services on this machine are kept: each emulator has an address of its own, and
// those of the past are of no use.
const loopbackRecords = 8

// RecordFile is the path of deploy's records, or empty where neither XDG_STATE_HOME nor HOME is an absolute path.
func RecordFile(env func(string) string) string {
	return xdg(env, "XDG_STATE_HOME", filepath.Join(".local", "state"), "deploy.toml")
}

// Endpoint gives the address of Lambda that variables name, or an empty string for AWS's own.
func Endpoint(env func(string) string) string {
	for _, name := range []string{"AWS_ENDPOINT_URL_LAMBDA", "AWS_ENDPOINT_URL"} {
		if url := env(name); url != "" {
			return strings.TrimRight(url, "/")
		}
	}
	return ""
}

// Record keeps what was deployed, in place of what was recorded for the same endpoint, region and function.
func Record(env func(string) string, d Deployed) error {
	return rewrite(env, func(all []Deployed) []Deployed {
		all = slices.DeleteFunc(all, d.same)
		return thin(append(all, d))
	})
}

// Forget drops what was recorded for the same endpoint, region and function.
func Forget(env func(string) string, d Deployed) error {
	return rewrite(env, func(all []Deployed) []Deployed { return slices.DeleteFunc(all, d.same) })
}

// same reports whether two records are of one function, as seen by one profile.
func (d Deployed) same(o Deployed) bool {
	return d.Endpoint == o.Endpoint && d.Region == o.Region && d.Function == o.Function && d.Profile == o.Profile
}

// thin drops the oldest records of services on this machine.
func thin(all []Deployed) []Deployed {
	spare := -loopbackRecords
	for _, d := range all {
		if d.loopback() {
			spare++
		}
	}
	return slices.DeleteFunc(all, func(d Deployed) bool {
		if spare <= 0 || !d.loopback() {
			return false
		}
		spare--
		return true
	})
}

func (d Deployed) loopback() bool {
	for _, host := range []string{"127.", "localhost", "[::1]"} {
		if strings.HasPrefix(d.Endpoint, "http://"+host) {
			return true
		}
	}
	return false
}

// rewrite changes the file of records. Others that do so at the same time wait.
func rewrite(env func(string) string, change func([]Deployed) []Deployed) error {
	path := RecordFile(env)
	if path == "" {
		return errors.New("record the deployment: neither XDG_STATE_HOME nor HOME is an absolute path")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return placed(path, cause(err))
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return placed(path, cause(err))
	}
	defer folder.Close() // which gives up the lock
	if err := syscall.Flock(int(folder.Fd()), syscall.LOCK_EX); err != nil {
		return placed(path, err)
	}
	all, err := records(env)
	if err != nil {
		return err
	}
	text := "# Written by sshellctl deploy. The last that fits the endpoint and region counts.\n"
	for _, d := range change(all) {
		text += "\n[[" + deployTable + "]]\n"
		for _, f := range d.fields() {
			text += f.line()
		}
	}
	fresh := path + ".new"
	if err := os.WriteFile(fresh, []byte(text), 0o600); err != nil {
		return placed(path, cause(err))
	}
	if err := os.Rename(fresh, path); err != nil {
		return placed(path, cause(err))
	}
	return nil
}

// records reads the file of records.
func records(env func(string) string) ([]Deployed, error) {
	path := RecordFile(env)
	data, err := readFile(path)
	if err != nil || data == nil {
		return nil, err
	}
	var all []Deployed
	err = parse(path, data, func(e entry) error {
		switch {
		case e.table != deployTable || !e.array:
			return errors.New("this file is deploy's: remove it and deploy again")
		case e.name == "":
			all = append(all, Deployed{})
			return nil
		case e.list != nil:
			return e.single()
		}
		for _, f := range all[len(all)-1].fields() {
			if f.name == e.name {
				return f.set(e.text)
			}
		}
		return nil // of a later version
	}, func() error { return nil })
	return all, err
}
