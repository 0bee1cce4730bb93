package settings

import (
	"bytes"
	"os"
	"path/filepath"
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
	for _, f := range []struct{ variable, name string }{
		{"AWS_SHARED_CREDENTIALS_FILE", "credentials"},
		{"AWS_CONFIG_FILE", "config"},
	} {
		path := env(f.variable)
		if path == "" && filepath.IsAbs(env("HOME")) {
			path = filepath.Join(env("HOME"), ".aws", f.name)
		}
		if hasCredentials(path) {
			return path, true
		}
	}
	return "", false
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
