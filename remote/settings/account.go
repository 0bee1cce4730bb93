package settings

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
)

// accountVars are variables each of which shows that credentials are configured (AWS SDKs and Tools Reference Guide,
// "Environment variables list").
var accountVars = [...]string{
	"AWS_ACCESS_KEY_ID",
	"AWS_PROFILE",
	"AWS_DEFAULT_PROFILE",
	"AWS_WEB_IDENTITY_TOKEN_FILE",
	"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
	"AWS_CONTAINER_CREDENTIALS_FULL_URI",
}

// credentialKeys are the settings of a profile that lead to credentials; a file that only names a region has none of them
// (same guide, "Settings reference").
var credentialKeys = [...]string{
	"aws_access_key_id", "credential_process", "credential_source", "role_arn", "source_profile", "sso_session", "sso_start_url",
	"login_session", "web_identity_token_file",
}

// Account reports whether credentials of AWS are configured, and what shows it: a variable or a file. It asks nobody, so
// the role of a machine in EC2, which only the network knows of, is not seen: there s3 = "aws" says it.
func Account(env func(string) string) (string, bool) {
	for _, name := range accountVars {
		if env(name) != "" {
			return name, true
		}
	}
	for _, path := range profileFiles(env) {
		if hasCredentials(path) {
			return path, true
		}
	}
	return "", false
}

// profileFiles are the files that have the profiles of AWS, the one with credentials first; a path may be empty.
func profileFiles(env func(string) string) [2]string {
	files := [2]string{env("AWS_SHARED_CREDENTIALS_FILE"), env("AWS_CONFIG_FILE")}
	for i, name := range [...]string{"credentials", "config"} {
		if files[i] == "" && filepath.IsAbs(env("HOME")) {
			files[i] = filepath.Join(env("HOME"), ".aws", name)
		}
	}
	return files
}

// setProfileRegion takes the region of the AWS profile that is in force, if it has one.
func (s *Settings) setProfileRegion(env func(string) string) {
	profile := env("AWS_PROFILE")
	if profile == "" {
		profile = env("AWS_DEFAULT_PROFILE")
	}
	if profile == "" {
		profile = "default"
	}
	for _, path := range profileFiles(env) {
		if region := profileRegion(path, profile); region != "" {
			s.Region, s.from["region"] = region, path
			return
		}
	}
}

// profileRegion reads a profile's region. A profile is headed [NAME], or [profile NAME] in the file that has no credentials. A
// file that cannot be read has none: whoever needs the credentials says what is wrong with it.
func profileRegion(path, profile string) string {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return ""
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	in := false
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if head, ok := strings.CutPrefix(line, "["); ok {
			head, _, _ = strings.Cut(head, "]")
			name, _ := strings.CutPrefix(strings.TrimSpace(head), "profile ")
			in = strings.TrimSpace(name) == profile
			continue
		}
		if name, value, ok := strings.Cut(line, "="); in && ok && strings.TrimSpace(name) == "region" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// hasCredentials reports whether a file of profiles has one with credentials.
func hasCredentials(path string) bool {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return true // so that the SDK says what is wrong with it
	}
	for line := range bytes.Lines(data) {
		name, _, ok := bytes.Cut(line, []byte{'='})
		if !ok {
			continue
		}
		name = bytes.ToLower(bytes.TrimSpace(name))
		for _, k := range credentialKeys {
			if string(name) == k {
				return true
			}
		}
	}
	return false
}
