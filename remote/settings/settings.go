// Package settings says where stages run and where their bytes go, as the user settled it, and from where each value came.
//
// # Where settings come from
//
// The first of these that has a setting counts, for each setting alone:
//
//  1. flags of the command line
//  2. variables: SSHELL_ and the setting's name in capitals, such as SSHELL_S3_DIR. An empty one is not set.
//  3. .sshell.toml in the directory where the shell started, or else in the nearest folder above it: a script that goes elsewhere keeps
//     its settings
//  4. $XDG_CONFIG_HOME/sshell/config.toml; ~/.config stands for a variable that is not set
//  5. what sshellctl deploy recorded in $XDG_STATE_HOME/sshell/deploy.toml; ~/.local/state stands for that variable
//
// Only the nearest .sshell.toml is read. Since it decides where data goes, one that belongs to neither the user nor root is
// passed over, as if it were not there; Settings.Ignored has a line about it. The region is also AWS_REGION's or
// AWS_DEFAULT_REGION's, which come before the files, so that the variables of another account or of an emulator hold, and that
// of the AWS profile, which comes before what was recorded.
//
// # The files
//
// They are TOML. A key that is not in this list, or is there twice, a value that it cannot have, and a table other than
// [[rule]] are errors of one line, with the file and the number of the line.
//
//	on = "lambda"              # target of all stages that can leave
//	bucket = "lab-sshell"      # where pipes, tasks and artifacts are stored
//	function = "sshell"        # name or ARN
//	region = "eu-central-1"
//	arch = "arm64"             # or "x86_64": the function's processor
//	timeout = "15m"            # or seconds: the function's
//	memory = 1769              # MB, the function's
//	storage = 512              # MB, the function's /tmp
//	role_arn = "arn:aws:iam::…:role/…" # an existing role that deploy gives the function
//	s3 = "aws"                 # or "dir": what s3:// is, whether credentials are found or not
//	s3_dir = "~/buckets"       # the folder that s3:// is; relative to the file's own
//
//	[[rule]]                   # as many as needed; the first that matches counts
//	command = "bwa"            # or a list of names, as they are written in a script
//	on = "lambda"              # "client" keeps it from leaving
//
// A rule is about the stages whose command it names and that say no target themselves. It comes before on of the files; the
// command line's --on and SSHELL_ON come before it, but for a rule with "client", which always holds. What cannot leave stays.
//
// Reading costs a system call for each folder where there is no file.
package settings

import "time"

// Settings are the values that count. A zero value is not set.
type Settings struct {
	On       string // the target of stages that can leave
	Bucket   string
	Function string        // name or ARN
	Region   string        // of the bucket and the function
	Arch     string        // the function's processor, as GOARCH names it
	Timeout  time.Duration // the function's, in whole seconds
	Memory   int           // the function's, in MB
	Storage  int           // the function's /tmp, in MB
	RoleARN  string        // an existing role for the function
	S3       string        // what s3:// is: S3AWS or S3Dir, never empty
	S3Dir    string        // absolute path of the folder that s3:// is; empty for the default one
	Rules    []Rule        // those of the project's file before those of the user's

	// Deployed is what deploy recorded for the endpoint and region that are in force, or nil.
	Deployed *Deployed
	// Ignored has a line for each file that was passed over, to be shown by whoever looks for what is wrong.
	Ignored []string

	from map[string]string
}

// What s3:// can be.
const (
	S3AWS = "aws" // S3, or what AWS_ENDPOINT_URL_S3 names
	S3Dir = "dir" // a folder of this machine
)

// From says where a setting's value came from: a flag, a variable, a file and line, or deploy's record; for s3 also what
// shows that there is an account. The name is as in the files. It is empty for a setting that is not set.
func (s *Settings) From(name string) string { return s.from[name] }

// Source is where Load looks.
type Source struct {
	// Env gives a variable's value, or an empty string.
	Env func(name string) string
	// Dir is the working directory, an absolute path.
	Dir string
	// Flags are the values given on the command line, by setting.
	Flags map[string]string
}

// Near finds the settings that flags, variables and files have: what is needed to know where stages run. Where the account is,
// what deploy recorded, and what s3:// is, Load finds too. The error is one line that names the place.
func Near(src Source) (*Settings, error) {
	s := &Settings{from: map[string]string{}}
	for _, k := range keys {
		for _, w := range []struct{ text, place string }{{src.Flags[k.name], k.flag()}, {src.Env(k.variable()), k.variable()}} {
			if w.text == "" {
				continue
			}
			if err := s.set(k, value{text: w.text, dir: src.Dir, home: src.Env("HOME")}, w.place); err != nil {
				return nil, placed(w.place, err)
			}
		}
	}
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION"} {
		if region := src.Env(name); region != "" && s.Region == "" {
			s.Region, s.from["region"] = region, name
		}
	}
	if err := s.readFiles(src); err != nil {
		return nil, err
	}
	return s, nil
}

// Load finds the settings. Its error is one line that names the place.
func Load(src Source) (*Settings, error) {
	s, err := Near(src)
	if err != nil {
		return nil, err
	}
	if s.Region == "" {
		s.setProfileRegion(src.Env)
	}
	if err := s.recall(src.Env); err != nil {
		return nil, err
	}
	s.settleS3(src.Env)
	return s, nil
}

// set gives a setting its value, unless it has one from a place that comes before.
func (s *Settings) set(k key, v value, place string) error {
	if s.from[k.name] != "" {
		return nil
	}
	if err := k.set(s, v); err != nil {
		return err
	}
	s.from[k.name] = place
	return nil
}

// settleS3 decides what s3:// is.
func (s *Settings) settleS3(env func(string) string) {
	switch {
	case s.S3 != "":
	case s.S3Dir != "":
		s.S3, s.from["s3"] = S3Dir, s.from["s3_dir"]
	default:
		s.S3, s.from["s3"] = S3Dir, "no credentials are configured"
		if why, ok := Account(env); ok {
			s.S3, s.from["s3"] = S3AWS, why
		}
	}
}
